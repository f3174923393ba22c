"""`when`: which texts and tables a guard may have, each mistake in its place."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from mobius_tui.runbook.guards import Guard, Part
from mobius_tui.runbook.reader import Table, kind_in_words

_LISTS = ("any", "all")
"""What takes a list of guards; with texts, any of them names a variable."""
_EXAMPLES = 'a text in quotes, such as "> 1000", or a list of them'


def guard(table: Table | None) -> Guard:
    """A guard; without one, a step applies always."""
    found: dict[str, Part] = {}
    if table is None:
        return MappingProxyType(found)
    for name in table.keys():  # noqa: SIM118 - a Table is no mapping
        part = _part(table, name, table.node[name])
        if part:
            found[name] = part
    return MappingProxyType(found)


def _part(table: Table, name: str, value: Any) -> Part:
    if name == "not" and isinstance(value, dict):
        return _filled(table.table(name))
    if name in _LISTS and isinstance(value, list) and _is_of_tables(value):
        return tuple(map(_filled, table.tables(name)))
    if isinstance(value, str):
        return (table.text(name),)
    if isinstance(value, list) and value:
        return table.words(name)
    if isinstance(value, dict):
        words = "`not` takes a table, `any` and `all` lists of tables; "
        table.report(f"{words}`{name}` is compared with {_EXAMPLES}", name)
    else:
        kind = "an empty list" if value == [] else kind_in_words(value)
        table.report(f"`{name}` is compared with {_EXAMPLES}, not with {kind}", name)
    return ()


def _is_of_tables(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(each, dict) for each in value)


def _filled(table: Table | None) -> Guard:
    found = guard(table)
    if table is not None and not table.node:
        table.report("an empty table compares nothing")
    return found
