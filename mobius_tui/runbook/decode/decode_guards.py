"""Decoding `when` of a step: comparisons of variables, and checks."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from mobius_tui.runbook.decode.decode_checks import read_checks
from mobius_tui.runbook.model.check_kinds import Check, Repeat
from mobius_tui.runbook.model.guards import Guard, Part
from mobius_tui.runbook.toml.table_reader import TomlTable, kind_in_words

GUARD_CHECK_KEY = "check"
"""The key of a guard that has checks; with a text, it is the name of a variable."""
_OF_AN_ATTEMPT = ("output", "log")
"""Kinds of checks that look at what an attempt has brought about."""
_BY_PERSON = ("manual", "message", "choose")
"""The actions that a person begins."""
_OPERATORS = ("any", "all")
"""Keys that are operators over a list of guards.

Before a text or a list of texts such a key is the name of a variable.
"""
_EXAMPLES = 'a text in quotes, such as "> 1000", or a list of them'


def read_guard(table: TomlTable | None) -> Guard:
    """The comparisons of a guard; an empty one always holds."""
    found: dict[str, Part] = {}
    if table is None:
        return MappingProxyType(found)
    for name in table.keys():  # noqa: SIM118 - a Table is no mapping
        if _is_check(table, name) and table.path[-1:] == ("when",):
            continue
        part = _part(table, name, table.node[name])
        if part:
            found[name] = part
    return MappingProxyType(found)


def _part(table: TomlTable, name: str, value: Any) -> Part:
    if name == "not" and isinstance(value, dict):
        return _read_nonempty_guard(table.table(name))
    if name in _OPERATORS and isinstance(value, list) and _is_of_tables(value):
        return tuple(map(_read_nonempty_guard, table.tables(name)))
    if isinstance(value, str):
        return (table.text(name),)
    if isinstance(value, list) and value:
        return table.text_list(name)
    if _is_check(table, name):
        table.report("a check stands beside what `when` compares, not in it", name)
        return ()
    if isinstance(value, dict):
        words = "`not` takes a table, `any` and `all` lists of tables; "
        table.report(f"{words}`{name}` is compared with {_EXAMPLES}", name)
    else:
        kind = "an empty list" if value == [] else kind_in_words(value)
        table.report(f"`{name}` is compared with {_EXAMPLES}, not with {kind}", name)
    return ()


def _is_of_tables(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(each, dict) for each in value)


def _read_nonempty_guard(table: TomlTable | None) -> Guard:
    found = read_guard(table)
    if table is not None and not table.node:
        table.report("an empty table compares nothing")
    return found


def _is_check(guard: TomlTable, name: str) -> bool:
    """Whether a key of a guard has checks, and is not the name of a variable."""
    return name == GUARD_CHECK_KEY and isinstance(guard.node[name], dict)


def read_guard_checks(step: TomlTable, guard: TomlTable | None) -> tuple[Check, ...]:
    """The checks of a step's guard, each of which is looked at once.

    Args:
        step: the step's table.
        guard: its `when`, if it has one.
    """
    if (
        guard is None
        or GUARD_CHECK_KEY not in guard.node
        or not _is_check(guard, GUARD_CHECK_KEY)
    ):
        return ()
    if not guard.has_since(2, GUARD_CHECK_KEY, "a table"):
        return ()
    key = next(iter(step.present_keys(*_BY_PERSON)), None)
    if key is not None:
        words = f"nobody looks before a person begins a `{key}` step"
        remedy = "let a step before it look and give a variable, and compare that"
        guard.report(f"{words}: {remedy}", GUARD_CHECK_KEY)
    table = guard.table(GUARD_CHECK_KEY)
    assert table is not None
    for kind in table.present_keys(*_OF_AN_ATTEMPT):
        words = f"`{kind}` is about an attempt, and a guard is looked at before it"
        table.report(words, kind)
    found = read_checks(table)
    if any(each.repeat != Repeat(timeout=each.repeat.timeout) for each in found):
        table.report("the check of a guard is looked at once, for its `timeout`")
    return tuple(found)
