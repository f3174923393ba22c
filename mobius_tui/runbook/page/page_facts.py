"""What a page says of itself: version, owners, revision, and whom to call."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mobius_tui.runbook.page.lead_sentences import is_to_do
from mobius_tui.runbook.page.page_blocks import PageTable

_FACT = re.compile(r"[ \t]*([A-Za-z][\w -]{0,40}?)[ \t]*[:=][ \t]*(.*?)[ \t]*")
_NAMES = {
    "title": "title",
    "version": "version",
    "document version": "version",
    "review cycle": "review_cycle",
    "last updated": "updated",
    "updated": "updated",
    "last reviewed": "updated",
    "date": "updated",
    "owner": "owners",
    "owners": "owners",
    "maintainer": "owners",
    "maintainers": "owners",
}
"""What people call it, and the key of `[runbook]` that it becomes."""
_MOST_LINES = 20
"""A paragraph of more lines tells more than facts."""
_VERB = re.compile(
    r"\b(?:is|are|was|be|will|should|must|can|may|has|have|does|do|owns?|looks?|"
    r"responsible|maintain\w*|please|if|when|who|which|this|it|we|you|they)\b",
    re.IGNORECASE,
)
"""What makes a sentence of some words."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(kw_only=True, slots=True)
class PageFacts:
    """What was found; the first word on each counts."""

    title: str = ""
    version: str = ""
    review_cycle: str = ""
    updated: datetime.date | None = None
    owners: list[str] = field(default_factory=list)

    def take(self, lines: Sequence[str]) -> list[str]:
        """Take what is known from lines such as `Version: 1.0`; return the others."""
        return [line for line in lines if not self._take(line)]

    def _take(self, line: str) -> bool:
        match = _FACT.fullmatch(line)
        name = _NAMES.get(match[1].lower()) if match is not None else None
        if match is None or name is None:
            return False
        value = match[2].strip("\"'")
        if not value or getattr(self, name):
            return False
        if name == "updated":
            return self._date(value)
        if name == "owners":
            self.owners = owners(value)
            return bool(self.owners)
        setattr(self, name, value)
        return True

    def _date(self, value: str) -> bool:
        if not _DATE.fullmatch(value):
            return False
        try:
            self.updated = datetime.date.fromisoformat(value)
        except ValueError:
            return False
        return True


def owners(said: str) -> list[str]:
    """Who owns a page: handles, addresses, names; nobody where it is a sentence."""
    bare = said.strip().strip("[]")
    handles = re.split(r"[,;\s]+", bare.strip(",; "))
    if all("@" in each or each.startswith("#") for each in handles):
        return handles
    names = [each.strip(" \"'") for each in re.split(r"[,;/]|\band\b|&", bare)]
    names = [name for name in names if name]
    return names if all(map(is_name, names)) else []


def is_name(text: str) -> bool:
    """Whether a text names somebody, and says nothing of them."""
    words = text.split()
    return len(words) <= 5 and text[-1:] != "." and _VERB.search(text) is None


def are_facts(lines: Sequence[str]) -> bool:
    """Whether a paragraph only tells facts of the page, at least one that is known."""
    if len(lines) > _MOST_LINES:
        return False
    matches = [_FACT.fullmatch(line) for line in lines]
    known = [match for match in matches if match and match[1].lower() in _NAMES]
    return bool(known) and all(matches)


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
class PageContact:
    """Somebody to call."""

    role: str
    handle: str
    reason: str
    """When to call them; may be empty."""


def contact_of_item(item: str) -> PageContact | None:
    """Who a list's item means, such as `SRE: @sre (any time)`; `None` for no one."""
    match = _BEHIND.fullmatch(item)
    if match is not None and is_name(match[1]):
        return PageContact(
            role=match[1].strip(), handle=match[2], reason=match[3] or ""
        )
    match = _ENTRY.fullmatch(item)
    if match is None or match[2].endswith(":"):
        return None
    if not is_name(match[1]) or not _can_be_reached(match[2]):
        return None
    return PageContact(role=match[1].strip(), handle=match[2], reason=match[3] or "")


def with_address(item: str) -> PageContact | None:
    """Who an item means that has a handle, a number or an address in it."""
    found = contact_of_item(item)
    return found if found is not None and _ADDRESS.search(found.handle) else None


def _can_be_reached(handle: str) -> bool:
    """Whether a text is a handle, a number, an address or a name, and no sentence."""
    if _ADDRESS.search(handle) is not None:
        return len(handle.split()) <= 8
    return is_name(handle) and not is_to_do(handle)


def contacts_of_table(grid: PageTable) -> tuple[PageContact, ...]:
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
        found.append(PageContact(role=who, handle=handle, reason=reason))
    return tuple(found)


def _column(
    head: Sequence[str], pattern: re.Pattern[str], taken: Sequence[int]
) -> int | None:
    """The first column whose name says what it is, if it is not taken."""
    columns = (at for at, name in enumerate(head) if pattern.search(name))
    return next((at for at in columns if at not in taken), None)
