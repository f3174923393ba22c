"""Reading what is required of a JSON document: equal values, comparisons by pointer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mobius_tui.runbook.model.check_kinds import Comparisons, Json
from mobius_tui.runbook.model.guard_comparison import (
    comparison_problem,
    parse_comparison,
)
from mobius_tui.runbook.model.templates import is_template
from mobius_tui.runbook.toml.table_reader import TomlTable, kind_in_words

_COMPARISON = 'a comparison, such as "> 3", "ok" or 5, or a list of them'


def read_comparisons(table: TomlTable, key: str) -> Comparisons:
    """Comparisons as in `when`; several are a list, of which one is enough."""
    if not table.has(key):
        return ()
    return _comparisons(table, table.owner(key).node[key], key)


def read_pointers(table: TomlTable, key: str) -> Mapping[str, Comparisons]:
    """What a JSON document must have at some pointers: comparisons as in `when`."""
    node = table.value(key, (dict,), 'a table, such as { "/queue/depth" = "< 100" }')
    if node == {}:
        table.report(f"`{key}` is empty: nothing would be compared", key)
    for name in node or {}:
        if not name.startswith("/"):
            remedy = f'write a JSON pointer, such as "/{name.replace(".", "/")}"'
            table.report(f"`{name}` is none: {remedy}", key, name)
    return _at_pointers(table, node or {}, key)


def read_json_body(
    table: TomlTable, key: str
) -> tuple[Mapping[str, Json], Mapping[str, Comparisons]]:
    """What a JSON answer must have: equal values by name, comparisons by pointer.

    A pointer begins with `/`; in format 1 that is a name like any other.
    """
    node = table.value(key, (dict,), 'a table, such as { status = "ok" }') or {}
    compared = {}
    if table.owner(key).format >= 2:
        compared = {name: node[name] for name in node if name.startswith("/")}
    equal = {
        name: _frozen(table, value, key, name)
        for name, value in node.items()
        if name not in compared
    }
    return MappingProxyType(equal), _at_pointers(table, compared, key)


def _at_pointers(
    table: TomlTable, node: Mapping[str, Any], key: str
) -> Mapping[str, Comparisons]:
    found = {
        pointer: _comparisons(table, value, key, pointer)
        for pointer, value in node.items()
    }
    return MappingProxyType(found)


def _comparisons(table: TomlTable, value: Any, *path: str | int) -> Comparisons:
    """The comparisons of one value or of a list; reports values that are none."""
    if value == []:
        table.report("an empty list compares nothing", *path)
    if isinstance(value, list):
        return tuple(
            text
            for index, each in enumerate(value)
            for text in _comparison(table, each, *path, index)
        )
    return _comparison(table, value, *path)


def _comparison(table: TomlTable, value: Any, *path: str | int) -> Comparisons:
    match value:
        case str():
            table.check_text(value, *path, lines=False, filled=True)
        case bool() | int():
            return (f"= {json.dumps(value)}",)
        case float() if math.isfinite(value):
            return (f"= {json.dumps(value)}",)
        case _:
            words = f"{_COMPARISON}, not {kind_in_words(value)}"
            table.report(f"this is {words}", *path)
            return ()
    if is_template(value):
        # Whatever is filled in is the value itself, also if it looks like `> 3`.
        return (f"= {value}" if parse_comparison(value).is_plain else value,)
    problem = comparison_problem(value)
    if problem:
        table.report(problem, *path)
    return (value,)


def _frozen(table: TomlTable, value: Any, *path: str | int) -> Json:
    """A TOML value as JSON; reports types that JSON does not have."""
    match value:
        case dict():
            return MappingProxyType(
                {key: _frozen(table, inner, *path, key) for key, inner in value.items()}
            )
        case list():
            return tuple(
                _frozen(table, inner, *path, index) for index, inner in enumerate(value)
            )
        case str():
            table.check_text(value, *path, lines=True, filled=True)
            return value
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            table.report("JSON has no dates, times, inf or nan", *path)
            return None
