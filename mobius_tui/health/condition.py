"""What a trigger waits for, and counting checks in a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mobius_tui.health.record import Check
from mobius_tui.health.reported import Reported


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

    def take(self, bad: bool | None) -> None:
        """Count the next check.

        Args:
            bad: whether it speaks against the service; `None` if it says nothing, and
                so neither adds nor begins anew.
        """
        if bad is None:
            return
        if not bad:
            self.count = 0
            self.holds = False
            return
        self.count += 1
        if self.count >= self.limit:
            self.holds = True

    def begin(self) -> None:
        """Begin anew, with nothing decided."""
        self.count = 0
        self.holds = None

    def progress(self, before: str, after: str = "") -> Progress:
        """How far it is, between words."""
        count = min(self.count, self.limit)
        words = f"{before}{count} of {self.limit}{after}"
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

    def break_row(self) -> None:
        """Begin the count anew."""
        self._row.begin()

    def begin_epoch(self) -> None:
        """Begin the count anew."""
        self._row.begin()


class Figured(InARow):
    """The conditions about a figure: the service's own, or else that of our checks.

    What the service reports counts where it is there. One that lacks it now and then
    is not judged by that answer; one that never had it, or has it no more, is judged
    by our own checks.
    """

    def __init__(self, limit: int, *, reported: bool) -> None:
        """Begin with none.

        Args:
            limit: how many make it hold.
            reported: whether the runbook says where the service reports it.
        """
        super().__init__(limit)
        self._named = reported
        self._reported = Reported()

    @property
    def is_own(self) -> bool:
        """Whether our own checks tell it, since the service does not report it."""
        return self._reported.value is None

    def _judge(self, told: float | None, limit: float, *, own: bool | None) -> None:
        """Count an answer.

        Args:
            told: the figure that it reports, if any.
            limit: above which it speaks against the service.
            own: whether the check itself does, where nothing is reported.
        """
        was_own = self.is_own
        self._reported = self._reported.after(told if self._named else None)
        if self._named and told is not None:
            self._row.take(told > limit)
        elif self.is_own:
            if not was_own:
                self._row.begin()
            self._row.take(own)
