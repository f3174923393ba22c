"""Facts that a page states about itself (version, owners, date), and its contacts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from msgspec import Struct, field

from mobius_tui.runbook.page.lead_sentences import is_instruction
from mobius_tui.runbook.page.page_blocks import PageTable

_FACT = re.compile(r"[ \t]*([A-Za-z][\w -]{0,40}?)[ \t]*[:=][ \t]*(.*?)[ \t]*")
_KEYS = {
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
"""The names of facts on pages, and the keys of `[runbook]` that they become."""
_MAX_FACT_LINES = 20
"""A paragraph with more lines contains more than facts."""
_VERB = re.compile(
    r"\b(?:is|are|was|be|will|should|must|can|may|has|have|does|do|owns?|looks?|"
    r"responsible|maintain\w*|please|if|when|who|which|this|it|we|you|they)\b",
    re.IGNORECASE,
)
"""Words that make a text a sentence, and no name."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class PageFacts(Struct, kw_only=True):
    """The facts of a page; the first statement of each counts."""

    title: str = ""
    version: str = ""
    review_cycle: str = ""
    updated: datetime.date | None = None
    owners: list[str] = field(default_factory=list)

    def take_facts(self, lines: Sequence[str]) -> list[str]:
        """Take facts from lines such as `Version: 1.0`; return the other lines."""
        return [line for line in lines if not self._take_fact(line)]

    def _take_fact(self, line: str) -> bool:
        match = _FACT.fullmatch(line)
        name = _KEYS.get(match[1].lower()) if match is not None else None
        if match is None or name is None:
            return False
        value = match[2].strip("\"'")
        if not value or getattr(self, name):
            return False
        if name == "updated":
            return self._date(value)
        if name == "owners":
            self.owners = parse_owners(value)
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


def parse_owners(value: str) -> list[str]:
    """The owners of a page: handles, addresses, names; empty for a sentence."""
    bare = value.strip().strip("[]")
    handles = re.split(r"[,;\s]+", bare.strip(",; "))
    if all("@" in each or each.startswith("#") for each in handles):
        return handles
    names = [each.strip(" \"'") for each in re.split(r"[,;/]|\band\b|&", bare)]
    names = [name for name in names if name]
    return names if all(map(is_name, names)) else []


def is_name(text: str) -> bool:
    """Whether a text is a name, and no sentence."""
    words = text.split()
    return len(words) <= 5 and text[-1:] != "." and _VERB.search(text) is None


def are_facts(lines: Sequence[str]) -> bool:
    """Whether a paragraph consists of facts, at least one of them known."""
    if len(lines) > _MAX_FACT_LINES:
        return False
    matches = [_FACT.fullmatch(line) for line in lines]
    known_facts = [match for match in matches if match and match[1].lower() in _KEYS]
    return bool(known_facts) and all(matches)


_ENTRY = re.compile(
    r"([^:–—\n]{2,80}?)[ \t]*(?::|–|—|[ \t]-[ \t])[ \t]*"
    r"([^()\n]{1,120}?)[ \t]*(?:\(([^()\n]{1,200})\))?[ \t]*"
)
_ROLE_WITH_HANDLE = re.compile(
    r"([^():\n]{2,60}?)[ \t]*\(([@#][^()\s]{1,60}|[^()\s]{1,60}@[^()\s]{1,60})\)"
    r"[ \t:,–—-]*([^\n]{0,200})"
)
"""A role with a handle in brackets: `The lead (@lead): after 15 minutes`."""
_ADDRESS = re.compile(r"[@#]\w|\+?\d[\d ()-]{5,}|https?://")
_ROLE = re.compile(r"role|who|team|name|person|position|function", re.IGNORECASE)
_HANDLE = re.compile(
    r"handle|contact|slack|teams|phone|tel|mobile|pager|mail|number|reach",
    re.IGNORECASE,
)
_WHEN = re.compile(r"when|for|purpose|responsib|note|escalat|reason", re.IGNORECASE)


class PageContact(Struct, frozen=True, kw_only=True):
    """A contact."""

    role: str
    handle: str
    reason: str
    """When to call them; may be empty."""


def contact_of_item(item: str) -> PageContact | None:
    """The contact in a list item such as `SRE: @sre (any time)`, or `None`."""
    match = _ROLE_WITH_HANDLE.fullmatch(item)
    if match is not None and is_name(match[1]):
        return PageContact(
            role=match[1].strip(), handle=match[2], reason=match[3] or ""
        )
    match = _ENTRY.fullmatch(item)
    if match is None or match[2].endswith(":"):
        return None
    if not is_name(match[1]) or not _is_handle(match[2]):
        return None
    return PageContact(role=match[1].strip(), handle=match[2], reason=match[3] or "")


def contact_with_address(item: str) -> PageContact | None:
    """The contact in a list item with a handle, a phone number or an address."""
    found = contact_of_item(item)
    return found if found is not None and _ADDRESS.search(found.handle) else None


def _is_handle(handle: str) -> bool:
    """Whether a text is a handle, a number, an address or a name, and no sentence."""
    if _ADDRESS.search(handle) is not None:
        return len(handle.split()) <= 8
    return is_name(handle) and not is_instruction(handle)


def contacts_of_table(grid: PageTable) -> tuple[PageContact, ...]:
    """The contacts in the rows of a table; empty if its columns name none."""
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
        role_name = cells.pop(role, "")
        reasons = [cells.pop(when, "")] if when is not None else []
        names = (*grid.head, *("Also" for _ in row))
        reasons += [f"{names[at]}: {cell}" for at, cell in cells.items() if cell]
        if not role_name or not handle:
            return ()
        reason = "; ".join(filter(None, reasons))
        found.append(PageContact(role=role_name, handle=handle, reason=reason))
    return tuple(found)


def _column(
    head: Sequence[str], pattern: re.Pattern[str], taken: Sequence[int]
) -> int | None:
    """The first column whose name matches, apart from those in `taken`."""
    columns = (at for at, name in enumerate(head) if pattern.search(name))
    return next((at for at in columns if at not in taken), None)
