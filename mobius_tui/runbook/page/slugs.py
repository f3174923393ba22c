"""Ids and names of variables, made of titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mobius_tui.runbook.names import is_reserved


class Ids:
    """Ids made of titles, each once."""

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._kind = kind
        self._counts = dict.fromkeys(taken, 1)

    def made_of(self, title: str) -> str:
        """The next id for a title."""
        base = slug(title) or self._kind
        found = base
        while found in self._counts:
            self._counts[base] = self._counts.get(base, 1) + 1
            found = f"{base}-{self._counts[base]}"
        self._counts[found] = 1
        return found


def slug(text: str) -> str:
    """An id made of a text: a-z, 0-9 and `-`; empty where nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "")))
    if len(words) <= 40:
        return words
    return words[: max(words.rfind("-", 0, 41), 0) or 40]


def variable_name(text: str, kind: str, taken: Iterable[str]) -> str:
    """A name for a variable that is not taken, made of what it is called."""
    base = slug(text).replace("-", "_") or kind
    if base[0].isdigit() or is_reserved(base):
        base = f"{kind}_{base}"
    found, number, names = base, 1, set(taken)
    while found in names:
        number += 1
        found = f"{base}_{number}"
    return found
