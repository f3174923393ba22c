"""What is declared of keys is what the decoder reads, and the reference has it."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from mobius_tui.runbook.decode.assemble import RunbookDraft, assemble
from mobius_tui.runbook.decode.decode_files import RunbookFiles
from mobius_tui.runbook.decode.include import IncludedFiles
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.model.key_table import DECLARED, KEYS, SECTIONS, place_of
from mobius_tui.runbook.model.keys import Counted, Kind, Limited
from mobius_tui.runbook.model.runbook import SourceFile
from mobius_tui.runbook.toml.positions import KeyPath
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml
from mobius_tui.runbook.toml.unknown_keys import report_unknown_keys
from tests.paths import ROOT
from tests.reference import reference_text, sections
from tests.runbook.schema_refusals import as_json, validator

REFERENCE = (ROOT / "runbooks" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^```toml\n(format = .*?)^```$", REFERENCE, re.MULTILINE | re.DOTALL
)
REST = """format = 2
[runbook]
title = 'Tables that no example of the reference has'
[[step]]
run = 'true'
retry = { attempts = 2 }
links = [{ title = 'x', url = 'http://x' }]
check = { run = 'true', attempts = 3 }
[targets.db]
hosts = ["db"]
inventory = "hosts.ini"
[[step]]
title = "Play"
hosts = "db"
playbook = "release.yml"
vars = []
engine = "ansible"
"""
STEP = {"id": "s", "title": "S", "run": "true"}
NEVER = {("phase.step.check.output", key) for key in ("attempts", "consecutive", "for")}
"""Keys that the decoder asks for to say that they have no sense there."""
OF_ANY_NAMES = (
    *("var", "profile", "targets", "profile.NAME", "commands", "phase.step.when"),
)
"""Tables whose keys are the author's own."""
LINE = "mobius_tui.runbook.model.key_table.py"


def drafted(data: bytes) -> tuple[RunbookDraft, Findings]:
    """What the decoder makes of a file, before lint."""
    findings = Findings()

    def read(name: str) -> tuple[str, bytes]:
        return name, (bundled_folder() / name).read_bytes()

    root = TomlTable(parse_toml("x.toml", data, findings))
    root.present_keys("format")
    root.document.check_format()
    includes = IncludedFiles("x.toml", read, findings, root.registry)
    draft = assemble(
        root,
        Path("x.toml"),
        SourceFile(name="x.toml", data=data),
        includes,
        RunbookFiles(lambda _: b""),
    )
    report_unknown_keys(root.registry.tables)
    return draft, findings


@pytest.fixture(scope="module")
def read_keys() -> Mapping[str, set[str]]:
    """The keys that the decoder asks for, by table."""
    found: dict[str, set[str]] = {}
    for text in (*EXAMPLES, REST):
        draft, findings = drafted(text.encode())
        assert not findings.has_errors
        for table in draft.root.registry.tables:
            place = place_of(table.path)
            if table.read_keys and not place.startswith(OF_ANY_NAMES[3:]):
                found.setdefault(place, set()).update(table.read_keys)
    return found


def test_the_decoder_reads_the_keys_of_the_table(
    read_keys: Mapping[str, set[str]],
) -> None:
    tables = {place: keys for place, keys in read_keys.items() if place in KEYS}
    lacks = [
        f'KEYS["{place}"] in {LINE} wants a line: "{key}": SHAPE'
        for place, keys in read_keys.items()
        if place not in OF_ANY_NAMES
        for key in sorted(keys - set(KEYS.get(place, ())))
        if (place, key) not in NEVER
    ]
    unread = [
        f'KEYS["{place}"]["{key}"] in {LINE}: the decoder never asks for it'
        for place, keys in tables.items()
        for key in sorted(set(KEYS[place]) - keys)
    ]
    unseen = [
        f'KEYS["{place}"]: no example has such a table; give `REST` one'
        for place in KEYS
        if place not in read_keys
    ]
    assert [*lacks, *unread, *unseen] == []


def test_the_tables_of_the_reference_are_those_of_the_keys() -> None:
    """`python -m tests.reference` writes them."""
    assert reference_text(REFERENCE) == REFERENCE
    assert {*SECTIONS, "phase.step.check"} <= {*sections(REFERENCE)}
    told = [each for keys in KEYS.values() for each in keys.values()]
    assert [each.name for each in told if len(each.says) <= 5] == []


def test_a_key_has_the_same_limits_wherever_it_stands() -> None:
    """They are held to by the name of the key alone, where values are filled in."""
    found: dict[str, set[Kind]] = {}
    for key in DECLARED:
        if isinstance(key.kind, Limited | Counted):
            found.setdefault(key.limited_as or key.name, set()).add(key.kind)
    assert {name: each for name, each in found.items() if len(each) > 1} == {}


SIMPLE: tuple[Any, ...] = (True, 1, "x", ["x"], {"a": "x"}, datetime.date(2026, 11, 24))
"""A value of each kind."""
KINDS: tuple[Any, ...] = (
    *(0.5, [1], [["x"]], {}, {"a": 1}, [{"a": "x"}]),
    *({"a": {"a": "x"}}, {"any": [{"a": "x"}]}),
)
"""More, for a key that is no mere text, and no `true` or `false`."""
TEXTS: tuple[Any, ...] = (
    *("", " ", "${v}", "5s", "1GiB", "10%", "http://x/", "h:1", "0755", "/p", "a b"),
    *(
        ">=1",
        "a" * 64,
        "read",
        "fraction",
        "a.toml",
        "a.toml#p",
        "x\ny",
        "X-1",
        [""],
        [],
    ),
)
"""Texts of many forms, and lists that hold no text or an empty one."""


def tried(place: str, key: str) -> Iterator[Any]:
    """The values that a key is given, right or wrong."""
    shape = KEYS[place][key].kind.schema
    yield from SIMPLE
    if shape not in ({"type": "string"}, {"type": "boolean"}):
        yield from (*KINDS, *TEXTS)
    if "minimum" in shape:
        least, most = shape["minimum"], shape["maximum"]
        yield from (least, most, least - 1, most + 1)


def tables(node: Any, path: KeyPath = ()) -> Iterator[tuple[str, KeyPath]]:
    """Each table of a runbook by its place, and where it stands."""
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from tables(inner, (*path, index))
    elif isinstance(node, dict):
        yield place_of(path), path
        for key, inner in node.items():
            yield from tables(inner, (*path, key))


def alone(node: Any, path: KeyPath) -> tuple[Any, dict[str, Any]]:
    """A copy of a runbook with the tables on a path alone, and the last of them."""
    if not path:
        return (copy := dict(node)), copy
    inner, last = alone(node[path[0]], path[1:])
    if isinstance(node, list):
        return [inner], last
    if "format" in node:  # keys of format 2 are tried, too
        kept = {"format": 2, "runbook": node["runbook"]}
        if path[0] not in ("phase", "step"):
            kept["phase"] = [{"id": "p", "title": "P", "step": [STEP]}]
    else:
        kept = {name: other for name, other in node.items() if name != "step"}
    return {**kept, path[0]: inner}, last


@pytest.fixture(scope="module")
def examples() -> Mapping[str, list[tuple[Any, KeyPath]]]:
    """For each place the runbooks that have such a table, and where it stands."""
    found: dict[str, list[tuple[Any, KeyPath]]] = {}
    for text in (REST, *EXAMPLES):
        tree = tomllib.loads(text)
        for place, path in tables(tree):
            found.setdefault(place, []).append((tree, path))
    return found


def example_of(
    examples: list[tuple[Any, KeyPath]], key: str
) -> tuple[Any, Any, KeyPath]:
    """A small runbook, a table in it that may have a key, and where the key stands."""
    whole = [(*alone(tree, path), path) for tree, path in examples]
    tree, table, path = next((one for one in whole if key in one[1]), whole[0])
    return tree, table, (*(0 if isinstance(part, int) else part for part in path), key)


def is_refused(tree: Any, path: KeyPath) -> bool:
    """Whether the schema refuses what stands at a path; not what stands elsewhere."""
    errors = validator().iter_errors(as_json(tree))
    return any(tuple(each.absolute_path)[: len(path)] == path for each in errors)


def test_a_shape_offers_no_effect_that_the_decoder_refuses() -> None:
    step: dict[str, Any] = {**STEP, "undo": {"run": "true", "effect": ""}}
    tree = {
        "format": 2,
        "runbook": {"id": "x", "title": "X"},
        "phase": [{"id": "p", "title": "P", "step": [step]}],
    }
    for effect in KEYS["phase.step.undo"]["effect"].kind.schema["enum"]:
        step["undo"]["effect"] = effect
        assert not drafted(tomli_w.dumps(tree).encode())[1].has_errors, effect


@pytest.mark.parametrize("place", KEYS)
def test_a_shape_refuses_nothing_that_the_decoder_takes(
    place: str, examples: Mapping[str, list[tuple[Any, KeyPath]]]
) -> None:
    """Each key is given values of every kind, and such as are just beyond its limits.

    A thousand files are decoded for it, which takes some seconds in all.
    """
    wrong = []
    for key in KEYS[place]:
        tree, table, path = example_of(examples[place], key)
        own = [table[key]] if key in table else []
        for value in (*own, *tried(place, key)):
            table[key] = value
            if is_refused(tree, path):
                data = tomli_w.dumps(tree).encode()
                if not drafted(data)[1].has_errors:
                    wrong.append(f'KEYS["{place}"]["{key}"] in {LINE}: not {value!r}')
    assert wrong == []
