"""Keys that a table does not have, and where they were meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from mobius_tui.runbook.foreign import called_here
from mobius_tui.runbook.names import did_you_mean
from mobius_tui.runbook.reader import Table


def report_strays(tables: Iterable[Table]) -> None:
    """Report each key that nobody asked for; tables that nobody read are left out.

    Raises:
        EnoughError: there are too many problems now.
    """
    for table in tuple(tables):
        if not table.asked:
            continue
        for key in table.node:
            if key not in table.asked:
                table.report(
                    f"unknown key `{key}` in {table.name()}{_hint(table, key)}", key
                )


def _hint(table: Table, key: str) -> str:
    """Where the key belongs, or which one was meant."""
    below = table
    while below.parent is not None:
        if key in below.parent.asked:
            return f"; it belongs {_in_parent(below, table)}"
        below = below.parent
    for child in table.children.values():
        if key in child.asked:
            return f"; it belongs in {child.name()}"
    here = called_here(table.dotted(), key)
    return f"; here that is {here}" if here else did_you_mean(key, sorted(table.asked))


def _in_parent(below: Table, table: Table) -> str:
    """Above the header that took the key in, or in the table around."""
    for header in (below, table):
        if header.path in header.document.positions.headers:
            return f"above {header.name()}"
    return f"to {below.parent.name()}" if below.parent is not None else ""
