"""One finding of `mobius-tui doctor`. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FindingVerdict = Literal["ok", "note", "trouble"]
"""`trouble`: a run may fail or be lost; `note`: good to know, and no fault."""


class Finding(Struct, frozen=True, kw_only=True):
    """What was found about one subject."""

    about: str
    """In a word or two."""
    verdict: FindingVerdict
    words: str
    """What was found."""
    remedy: str = ""
    """What to do about it; empty where there is nothing to do."""
