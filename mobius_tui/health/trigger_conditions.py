"""The conditions under which the checks of a probe fire a trigger. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

from msgspec import Struct

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.probe_window import Latencies, ReportedFigure
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.probes import ErrorRate, P95Latency, SuccessRate


class Progress(Struct, frozen=True, kw_only=True):
    """How far a condition is from holding."""

    count: int
    of: int
    """The count at which it holds."""
    words: str


class Condition(Protocol):
    """The condition under which a trigger fires."""

    @property
    def holds(self) -> bool | None:
        """Whether it holds; `None` while that is undecided."""

    def add(self, check: ProbeResult) -> None:
        """Add the next check that has data."""

    def reset_streaks(self) -> None:
        """Restart the counts of checks in a row."""

    def begin_epoch(self) -> None:
        """Restart every count."""

    def why(self, probe: str) -> str:
        """Why it holds, as text for a person."""

    def progress(self) -> Progress:
        """How far it is from holding."""


class CheckStreak:
    """Counts bad checks in a row.

    `holds` once there are `limit` of them, None while that is undecided.
    """

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: how many make the condition hold.
        """
        self.limit = limit
        self.count = 0
        self.holds: bool | None = None

    def add(self, bad: bool | None) -> None:
        """Count the next check.

        Args:
            bad: whether it counts against the service; `None` if it counts neither way,
                and leaves the streak as it is.
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

    def reset(self) -> None:
        """Restart the count, undecided."""
        self.count = 0
        self.holds = None

    def progress(self, before: str, after: str = "") -> Progress:
        """The progress, with text before and after the count."""
        count = min(self.count, self.limit)
        words = f"{before}{count} of {self.limit}{after}"
        return Progress(count=count, of=self.limit, words=words)


class StreakCondition:
    """Base of the conditions about checks in a row."""

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: the number of checks with which it holds.
        """
        self._streak = CheckStreak(limit)

    @property
    def holds(self) -> bool | None:
        """Whether it holds; `None` while that is undecided."""
        return self._streak.holds

    def reset_streaks(self) -> None:
        """Restart the count."""
        self._streak.reset()

    def begin_epoch(self) -> None:
        """Restart the count."""
        self._streak.reset()


class FigureCondition(StreakCondition):
    """Base of the conditions about a figure: reported by the service, or measured.

    A reported figure counts if there is one. An answer without it counts neither way;
    if the service never reported it, or no longer does, our own measurements count.
    """

    def __init__(self, limit: int, *, reported: bool) -> None:
        """Begin with none.

        Args:
            limit: the number of checks with which it holds.
            reported: whether the runbook names a pointer to it in the service's answer.
        """
        super().__init__(limit)
        self._may_be_reported = reported
        self._reported = ReportedFigure()

    @property
    def is_measured(self) -> bool:
        """Whether the figure is measured, since the service does not report it."""
        return self._reported.value is None

    def _judge(self, reported: float | None, limit: float, *, own: bool | None) -> None:
        """Add one answer to the streak.

        By the reported figure, or by the measured one if none is reported.

        Args:
            reported: the figure in the answer, if any.
            limit: a higher figure counts against the service.
            own: whether the measured figure does, if none is reported.
        """
        was_measured = self.is_measured
        self._reported = self._reported.after(
            reported if self._may_be_reported else None
        )
        if self._may_be_reported and reported is not None:
            self._streak.add(reported > limit)
        elif self.is_measured:
            if not was_measured:
                self._streak.reset()
            self._streak.add(own)


class ConsecutiveFailures(StreakCondition):
    """The last checks all failed."""

    def add(self, check: ProbeResult) -> None:
        """Add the next check that has data."""
        self._streak.add(check.state == "failed")

    def why(self, probe: str) -> str:
        """Why it holds, as text for a person."""
        count = self._streak.count
        if count == 1:
            return f"a check of {probe} failed"
        return f"{count} checks of {probe} failed in a row"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._streak.progress("", " failures")


class SuccessRateTooLow:
    """Too few of the last `window` checks since the epoch began were ok."""

    def __init__(self, rule: SuccessRate) -> None:
        """Begin with no check."""
        self._rule = rule
        self._checks: deque[bool] = deque()
        self._oks = 0
        self.holds: bool | None = None

    def add(self, check: ProbeResult) -> None:
        """Add the next check that has data."""
        ok = check.state == "ok"
        self._checks.append(ok)
        self._oks += ok
        if len(self._checks) > self._rule.window:
            self._oks -= self._checks.popleft()
        if len(self._checks) >= self._rule.min_checks:
            # Divided, not multiplied: 7 of 100 is 0.07, but 0.07 · 100 is more than 7.
            self.holds = self._oks / len(self._checks) < self._rule.below

    def reset_streaks(self) -> None:
        """Do nothing: this is about a share, not about checks in a row."""

    def begin_epoch(self) -> None:
        """Restart every count."""
        self._checks.clear()
        self._oks = 0
        self.holds = None

    def why(self, probe: str) -> str:
        """Why it holds, as text for a person."""
        count, limit = len(self._checks), 100 * self._rule.below
        share = _unlike_limit(100 * self._oks / count, limit)
        last = f"the last {count} checks" if count > 1 else "the last check"
        return f"{share} % of {last} of {probe} were ok, below {_number(limit)} %"

    def progress(self) -> Progress:
        """How far it is from holding, in failed checks."""
        count = len(self._checks)
        whole = max(count, self._rule.min_checks)
        decisive = next(
            (n for n in range(whole + 1) if (whole - n) / whole < self._rule.below),
            whole,
        )
        failed = min(count - self._oks, decisive)
        return Progress(count=failed, of=decisive, words=self._words(count))

    def _words(self, count: int) -> str:
        if not count:
            return "success of no check yet"
        limit = 100 * self._rule.below
        share = _unlike_limit(100 * self._oks / count, limit)
        if count < self._rule.min_checks:
            return f"success {share} %, check {count} of {self._rule.min_checks}"
        return f"success {share} % {'<' if self.holds else '≥'} {_number(limit)} %"


class P95TooHigh(FigureCondition):
    """P95 was above the limit at `for_checks` checks in a row.

    The measured P95 is that of the answers since the last one that was not above the
    limit: earlier slow answers do not count, and quick ones do not hide slow ones.
    """

    def __init__(self, rule: P95Latency, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits, filled in.
            reported: whether the runbook names a pointer to it in the service's answer.

        Raises:
            ValueError: the limit is no duration.
        """
        super().__init__(rule.for_checks, reported=reported)
        self._limit = round(bounded_duration(rule.above, "above") * 1000, 6)
        self._latencies = Latencies(rule.window)

    def add(self, check: ProbeResult) -> None:
        """Take in the next check that has data; one that failed counts neither way."""
        if check.state != "ok":
            return
        self._judge(_in_range(check.p95_ms), self._limit, own=self._measured(check.ms))

    def _measured(self, ms: float | None) -> bool | None:
        if ms is None:
            return None
        if ms <= self._limit:
            self._latencies.clear()
            return False
        self._latencies.add(ms)
        return True

    def begin_epoch(self) -> None:
        """Restart every count, and the window of latencies."""
        super().begin_epoch()
        self._latencies.clear()

    def why(self, probe: str) -> str:
        """Why it holds, as text for a person."""
        source = f"our checks of {probe}" if self.is_measured else probe
        p95 = (
            self._latencies.percentile(95) if self.is_measured else self._reported.value
        )
        assert p95 is not None
        words = f"P95 of {source} above {_number(self._limit)} ms"
        words = f"{words} {_at_checks(self._streak.count)}"
        return f"{words}: {_unlike_limit(p95, self._limit)} ms"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._streak.progress(
            "P95 of our checks " if self.is_measured else "P95 "
        )


def _in_range(p95: float | None) -> float | None:
    """A reported P95, rounded to remove floating point noise.

    One reported in seconds was multiplied: 16.1 s is 16100.000000000002 ms.
    """
    return round(p95, 6) if p95 is not None and 0 <= p95 < math.inf else None


class ErrorRateTooHigh(FigureCondition):
    """The error rate was above the limit at `for_checks` checks in a row.

    The measured error rate is the share of failed checks since the last good one.
    """

    def __init__(self, rule: ErrorRate, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits.
            reported: whether the runbook names a pointer to it in the service's answer.
        """
        super().__init__(rule.for_checks, reported=reported)
        self._above = rule.above
        self._failed = False

    def add(self, check: ProbeResult) -> None:
        """Add the next check that has data."""
        self._failed = check.state == "failed"
        if self._failed:
            # Also for a service that reports it: a failed check is the worst of rates.
            self._streak.add(not self.is_measured or self._above < 1)
            return
        rate = check.error_rate
        reported = rate if rate is not None and 0 <= rate <= 1 else None
        self._judge(reported, self._above, own=False)

    def why(self, probe: str) -> str:
        """Why it holds, as text for a person."""
        limit = 100 * self._above
        source = f"our checks of {probe}" if self.is_measured else probe
        words = f"error rate of {source} above {_number(limit)} %"
        words = f"{words} {_at_checks(self._streak.count)}"
        rate = self._reported.value
        if self._failed or rate is None:
            return f"{words}; the last one failed"
        return f"{words}: {_unlike_limit(100 * rate, limit)} %"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._streak.progress(
            "errors of our checks " if self.is_measured else "errors "
        )


def _at_checks(count: int) -> str:
    return "at a check" if count == 1 else f"at {count} checks in a row"


def _number(value: float) -> str:
    """A number without floating point noise: `5`, `12.5`."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _unlike_limit(value: float, limit: float) -> str:
    """A number with the fewest decimals that show its side of a limit."""
    limit = round(limit, 6)
    side = _compare(round(value, 6), limit)
    texts = (f"{value:.{digits}f}" for digits in range(6))
    return next((t for t in texts if _compare(float(t), limit) == side), _number(value))


def _compare(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)
