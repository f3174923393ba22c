"""What a page says of itself: version, owners, when it was revised."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

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
class Facts:
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
