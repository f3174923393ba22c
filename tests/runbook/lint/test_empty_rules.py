"""A key that is given an empty text or list: an error, a warning, or what it says."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.lint.empty_rules import EMPTY_VALUE, may_be_empty
from mobius_tui.runbook.model.key_table import KEYS, place_of
from tests.runbook.model.test_key_table import EXAMPLES, REST
from tests.table import each_row

Path_ = tuple[str | int, ...]


def _keys(node: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Each key of a file: where it stands, and its value."""
    inner = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in inner:
        if isinstance(key, str):
            yield (*path, key), value
        if isinstance(value, list | dict):
            yield from _keys(value, (*path, key))


def _given(tree: Any, path: Path_, value: Any) -> Any:
    changed = copy.deepcopy(tree)
    table = changed
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    return changed


def _codes(tree: Any) -> set[str]:
    def read(name: str) -> tuple[str, bytes]:
        return name, (bundled_folder() / name).read_bytes()

    data = tomli_w.dumps(tree).encode()
    _, problems = decode_runbook(Path("x.toml"), data, read, thorough=True)
    return {each.code or "error" for each in problems}


@cache
def _cases() -> list[tuple[str, str, Any, Path_, Any]]:
    """Each key that some example gives a text or a list, once, with an empty one."""
    cases: list[tuple[str, str, Any, Path_, Any]] = []
    seen: set[tuple[str, str]] = set()
    for text in (REST, *EXAMPLES):
        tree = tomllib.loads(text)
        if "error" in _codes(tree):
            continue  # an error would hide what an empty value comes to
        for path, value in _keys(tree):
            place, key = place_of(path[:-1]), path[-1]
            case = (place, str(key))
            if isinstance(value, str | list) and key in KEYS.get(place, ()):
                if case not in seen:
                    cases.append((*case, tree, path, type(value)()))
                seen.add(case)
    return cases


@each_row(
    ("place", "key", "tree", "path", "empty"),
    _cases,
)
def test_an_empty_value_is_refused_warned_of_or_means_what_it_says(
    place: str, key: str, tree: Any, path: Path_, empty: Any
) -> None:
    codes = _codes(_given(tree, path, empty))
    assert may_be_empty(place, key) or codes & {"error", EMPTY_VALUE.code}


def test_the_examples_have_many_of_them() -> None:
    assert len(_cases()) > 100
    assert {("var.NAME", "choices"), ("phase.step", "become")} <= {
        (place, key) for place, key, *_ in _cases()
    }
