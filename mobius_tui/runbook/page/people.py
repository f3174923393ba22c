"""Whom a page says to call: from its lists and its tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mobius_tui.runbook.page.blocks import Grid
from mobius_tui.runbook.page.facts import is_name
from mobius_tui.runbook.page.leads import is_to_do

_ENTRY = re.compile(
    r"([^:–—\n]{2,80}?)[ \t]*(?::|–|—|[ \t]-[ \t])[ \t]*"
    r"([^()\n]{1,120}?)[ \t]*(?:\(([^()\n]{1,200})\))?[ \t]*"
)
_BEHIND = re.compile(
    r"([^():\n]{2,60}?)[ \t]*\(([@#][^()\s]{1,60}|[^()\s]{1,60}@[^()\s]{1,60})\)"
    r"[ \t:,–—-]*([^\n]{0,200})"
)
"""Somebody with the handle in brackets: `The lead (@lead): after 15 minutes`."""
_ADDRESS = re.compile(r"[@#]\w|\+?\d[\d ()-]{5,}|https?://")
_ROLE = re.compile(r"role|who|team|name|person|position|function", re.IGNORECASE)
_HANDLE = re.compile(
    r"handle|contact|slack|teams|phone|tel|mobile|pager|mail|number|reach",
    re.IGNORECASE,
)
_WHEN = re.compile(r"when|for|purpose|responsib|note|escalat|reason", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody to call."""

    role: str
    handle: str
    reason: str
    """When to call them; may be empty."""


def person(item: str) -> Person | None:
    """Who a list's item means, such as `SRE: @sre (any time)`; `None` for no one."""
    match = _BEHIND.fullmatch(item)
    if match is not None and is_name(match[1]):
        return Person(role=match[1].strip(), handle=match[2], reason=match[3] or "")
    match = _ENTRY.fullmatch(item)
    if match is None or match[2].endswith(":"):
        return None
    if not is_name(match[1]) or not _can_be_reached(match[2]):
        return None
    return Person(role=match[1].strip(), handle=match[2], reason=match[3] or "")


def with_address(item: str) -> Person | None:
    """Who an item means that has a handle, a number or an address in it."""
    found = person(item)
    return found if found is not None and _ADDRESS.search(found.handle) else None


def _can_be_reached(handle: str) -> bool:
    """Whether a text is a handle, a number, an address or a name, and no sentence."""
    if _ADDRESS.search(handle) is not None:
        return len(handle.split()) <= 8
    return is_name(handle) and not is_to_do(handle)


def people(grid: Grid) -> tuple[Person, ...]:
    """Whom the rows of a table mean; nobody where its columns do not tell."""
    role = _column(grid.head, _ROLE, ())
    handles = [
        index
        for index, name in enumerate(grid.head)
        if index != role and _HANDLE.search(name)
    ]
    if role is None or not handles:
        return ()
    when = _column(grid.head, _WHEN, (role, *handles))
    found = []
    for row in grid.rows:
        cells = dict(enumerate(row))
        handle = ", ".join(filter(None, (cells.pop(each, "") for each in handles)))
        who = cells.pop(role, "")
        reasons = [cells.pop(when, "")] if when is not None else []
        names = (*grid.head, *("Also" for _ in row))
        reasons += [f"{names[at]}: {cell}" for at, cell in cells.items() if cell]
        if not who or not handle:
            return ()
        reason = "; ".join(filter(None, reasons))
        found.append(Person(role=who, handle=handle, reason=reason))
    return tuple(found)


def _column(
    head: Sequence[str], pattern: re.Pattern[str], taken: Sequence[int]
) -> int | None:
    """The first column whose name says what it is, if it is not taken."""
    columns = (at for at, name in enumerate(head) if pattern.search(name))
    return next((at for at in columns if at not in taken), None)
