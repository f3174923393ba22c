"""The conditions under which the checks of a probe fire a trigger. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.probe_window import Latencies, ReportedFigure
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.probes import ErrorRate, P95Latency, SuccessRate


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

    def take(self, check: ProbeResult) -> None:
        """Take in the next check that has data."""

    def break_row(self) -> None:
        """Begin every count of checks in a row anew."""

    def begin_epoch(self) -> None:
        """Begin every count anew."""

    def why(self, probe: str) -> str:
        """Why it holds, in words."""

    def progress(self) -> Progress:
        """How far it is from holding."""


class CheckStreak:
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


class StreakCondition:
    """What the conditions about checks in a row have in common."""

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: how many make it hold.
        """
        self._row = CheckStreak(limit)

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


class FigureCondition(StreakCondition):
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
        self._reported = ReportedFigure()

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


class ConsecutiveFailures(StreakCondition):
    """The last checks all failed."""

    def take(self, check: ProbeResult) -> None:
        """Take in the next check that has data."""
        self._row.take(check.state == "failed")

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        count = self._row.count
        if count == 1:
            return f"a check of {probe} failed"
        return f"{count} checks of {probe} failed in a row"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._row.progress("", " failures")


class SuccessRateTooLow:
    """Too few of the checks since the epoch were ok."""

    def __init__(self, rule: SuccessRate) -> None:
        """Begin with no check."""
        self._rule = rule
        self._checks: deque[bool] = deque()
        self._oks = 0
        self.holds: bool | None = None

    def take(self, check: ProbeResult) -> None:
        """Take in the next check that has data."""
        ok = check.state == "ok"
        self._checks.append(ok)
        self._oks += ok
        if len(self._checks) > self._rule.window:
            self._oks -= self._checks.popleft()
        if len(self._checks) >= self._rule.min_checks:
            # Divided, not multiplied: 7 of 100 is 0.07, but 0.07 · 100 is more than 7.
            self.holds = self._oks / len(self._checks) < self._rule.below

    def break_row(self) -> None:
        """Nothing: it is about a share, not about checks in a row."""

    def begin_epoch(self) -> None:
        """Begin every count anew."""
        self._checks.clear()
        self._oks = 0
        self.holds = None

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        count, limit = len(self._checks), 100 * self._rule.below
        share = _apart(100 * self._oks / count, limit)
        last = f"the last {count} checks" if count > 1 else "the last check"
        return f"{share} % of {last} of {probe} were ok, below {_number(limit)} %"

    def progress(self) -> Progress:
        """How far it is from holding, counted in checks that failed."""
        count = len(self._checks)
        whole = max(count, self._rule.min_checks)
        enough = next(
            (n for n in range(whole + 1) if (whole - n) / whole < self._rule.below),
            whole,
        )
        failed = min(count - self._oks, enough)
        return Progress(count=failed, of=enough, words=self._words(count))

    def _words(self, count: int) -> str:
        if not count:
            return "success of no check yet"
        limit = 100 * self._rule.below
        share = _apart(100 * self._oks / count, limit)
        if count < self._rule.min_checks:
            return f"success {share} %, check {count} of {self._rule.min_checks}"
        return f"success {share} % {'<' if self.holds else '≥'} {_number(limit)} %"


class P95TooHigh(FigureCondition):
    """P95 was above the limit at so many checks in a row.

    That of our own checks is of the answers since the last one that was not above it:
    what was slow before counts no more, and what was quick hides nothing that is slow.
    """

    def __init__(self, rule: P95Latency, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits, filled in.
            reported: whether the runbook says where the service reports its P95.

        Raises:
            ValueError: the limit is no duration.
        """
        super().__init__(rule.for_checks, reported=reported)
        self._limit = round(bounded_duration(rule.above, "above") * 1000, 6)
        self._latencies = Latencies(rule.window)

    def take(self, check: ProbeResult) -> None:
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
        """Begin every count anew, and the window of latencies."""
        super().begin_epoch()
        self._latencies.clear()

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        whose = f"our checks of {probe}" if self.is_own else probe
        p95 = self._latencies.percentile(95) if self.is_own else self._reported.value
        assert p95 is not None
        words = f"P95 of {whose} above {_number(self._limit)} ms"
        return f"{words} {_at_checks(self._row.count)}: {_apart(p95, self._limit)} ms"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._row.progress("P95 of our checks " if self.is_own else "P95 ")


def _in_range(p95: float | None) -> float | None:
    """A P95 that is one; without the noise of its last bits.

    What was told in seconds has been multiplied: 16.1 s is 16100.000000000002 ms.
    """
    return round(p95, 6) if p95 is not None and 0 <= p95 < math.inf else None


class ErrorRateTooHigh(FigureCondition):
    """The error rate was above the limit at so many checks in a row.

    That of our own checks is the share of them that failed since the last good one.
    """

    def __init__(self, rule: ErrorRate, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits.
            reported: whether the runbook says where the service reports its error rate.
        """
        super().__init__(rule.for_checks, reported=reported)
        self._above = rule.above
        self._failed = False

    def take(self, check: ProbeResult) -> None:
        """Take in the next check that has data."""
        self._failed = check.state == "failed"
        if self._failed:
            # Of a service that reports it, too: there is nothing worse to report.
            self._row.take(not self.is_own or self._above < 1)
            return
        rate = check.error_rate
        told = rate if rate is not None and 0 <= rate <= 1 else None
        self._judge(told, self._above, own=False)

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        limit = 100 * self._above
        whose = f"our checks of {probe}" if self.is_own else probe
        words = f"error rate of {whose} above {_number(limit)} %"
        words = f"{words} {_at_checks(self._row.count)}"
        rate = self._reported.value
        if self._failed or rate is None:
            return f"{words}; the last one failed"
        return f"{words}: {_apart(100 * rate, limit)} %"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._row.progress("errors of our checks " if self.is_own else "errors ")


def _at_checks(count: int) -> str:
    return "at a check" if count == 1 else f"at {count} checks in a row"


def _number(value: float) -> str:
    """A number without the noise of its last bits: `5`, `12.5`."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _apart(value: float, limit: float) -> str:
    """A number, with as few decimals as leave it on its side of a limit."""
    limit = round(limit, 6)
    side = _side(round(value, 6), limit)
    texts = (f"{value:.{digits}f}" for digits in range(6))
    return next((t for t in texts if _side(float(t), limit) == side), _number(value))


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)
