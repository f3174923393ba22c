"""Counting the looks of a check: so many in a row must hold. Pure."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["more", "held", "failed"]


class Tally:
    """The looks of one check so far."""

    def __init__(self, limit: int, consecutive: int) -> None:
        """Begin with none.

        Args:
            limit: looks in all.
            consecutive: looks in a row that must hold.
        """
        self._left = limit
        self._consecutive = consecutive
        self._row = 0

    @property
    def row(self) -> int:
        """How many looks in a row have held by now."""
        return self._row

    def saw(self, held: bool) -> Verdict:
        """Count a look; whether it takes more, or is decided.

        It has failed as soon as the looks that are left are too few.
        """
        self._left -= 1
        self._row = self._row + 1 if held else 0
        if self._row >= self._consecutive:
            return "held"
        return "failed" if self._left < self._consecutive - self._row else "more"
