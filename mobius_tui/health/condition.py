"""What a trigger waits for, and counting checks in a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mobius_tui.health.record import Check
from mobius_tui.health.window import BLIND_ROW


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a condition is from holding."""

    count: int
    of: int
    """The count at which it holds."""
    words: str


class Condition(Protocol):
    """What has to be so for a trigger to fire."""

    @property
    def holds(self) -> bool | None:
        """Whether it is so; `None` while that cannot be told."""

    @property
    def unreported(self) -> bool:
        """Whether the figure that it is about is no longer reported."""

    def take(self, check: Check) -> None:
        """Take in the next check that has data."""

    def break_row(self) -> None:
        """Begin every count of checks in a row anew."""

    def begin_epoch(self) -> None:
        """Begin every count anew."""

    def why(self, probe: str) -> str:
        """Why it holds, in words."""

    def progress(self) -> Progress:
        """How far it is from holding."""


class Row:
    """Checks in a row that speak against the service."""

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: how many make the condition hold.
        """
        self.limit = limit
        self.count = 0
        self.holds: bool | None = None
        self._lacking = 0

    def take(self, bad: bool | None) -> None:
        """Count the next check.

        Args:
            bad: whether it speaks against the service; `None` if it has no figure, and
                so neither adds nor begins anew.
        """
        if bad is None:
            self._lacking += 1
            if self.unreported:
                self.begin()
            return
        self._lacking = 0
        if not bad:
            self.count = 0
            self.holds = False
            return
        self.count += 1
        if self.count >= self.limit:
            self.holds = True

    @property
    def unreported(self) -> bool:
        """Whether so many checks in a row had no figure that nothing is known."""
        return self._lacking >= BLIND_ROW

    def begin(self) -> None:
        """Begin anew, with nothing decided."""
        self.count = 0
        self.holds = None

    def progress(self, before: str, after: str = "") -> Progress:
        """How far it is, between words."""
        count = min(self.count, self.limit)
        words = f"{before}{count} of {self.limit}{after}"
        if self.unreported:
            words = f"{before}not reported"
        return Progress(count=count, of=self.limit, words=words)


class InARow:
    """What the conditions about checks in a row have in common."""

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: how many make it hold.
        """
        self._row = Row(limit)

    @property
    def holds(self) -> bool | None:
        """Whether it is so; `None` while that cannot be told."""
        return self._row.holds

    @property
    def unreported(self) -> bool:
        """Whether the figure that it is about is no longer reported."""
        return self._row.unreported

    def break_row(self) -> None:
        """Begin the count anew."""
        self._row.begin()

    def begin_epoch(self) -> None:
        """Begin the count anew."""
        self._row.begin()
