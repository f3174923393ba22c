"""The four rules by which one probe's checks call for a rollback. Pure.

Each is given every check that has data, and says whether its condition holds: `True`,
`False`, or `None` while too few checks have been seen to tell.
"""

from __future__ import annotations

import math
from collections import deque

from mobius_tui.health.condition import InARow, Progress
from mobius_tui.health.latencies import Latencies
from mobius_tui.health.record import Check
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model_health import ErrorRate, P95Latency, SuccessRate


class ConsecutiveFailures(InARow):
    """The last checks all failed."""

    def take(self, check: Check) -> None:
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


class LowSuccess:
    """Too few of the checks since the epoch were ok."""

    unreported = False

    def __init__(self, rule: SuccessRate) -> None:
        """Begin with no check."""
        self._rule = rule
        self._checks: deque[bool] = deque()
        self._oks = 0
        self.holds: bool | None = None

    def take(self, check: Check) -> None:
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


class SlowAnswers(InARow):
    """P95 was above the limit at so many checks in a row."""

    def __init__(self, rule: P95Latency, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits, filled in.
            reported: whether the service reports its P95.

        Raises:
            ValueError: the limit is no duration.
        """
        super().__init__(rule.for_checks)
        self._limit = round(seconds(rule.above, "above") * 1000, 6)
        self._reported = reported
        self._latencies = Latencies(rule.window)
        self._p95 = 0.0

    def take(self, check: Check) -> None:
        """Take in the next check that has data; one that failed counts neither way."""
        if self._reported:
            if check.state == "ok":
                self._row.take(self._told(check.p95_ms))
        elif check.ms is not None:
            self._latencies.add(check.ms)
            if check.state == "ok":
                self._row.take(self._measured(check.ms))

    def _told(self, p95: float | None) -> bool | None:
        if p95 is None or not 0 <= p95 < math.inf:
            return None
        # What was told in seconds has been multiplied: 16.1 s is 16100.000000000002 ms.
        self._p95 = round(p95, 6)
        return self._p95 > self._limit

    def _measured(self, ms: float) -> bool:
        p95 = self._latencies.percentile(95)
        assert p95 is not None
        self._p95 = p95
        # Its own latency too: else one slow answer would count for a whole window.
        return p95 > self._limit and ms > self._limit

    def begin_epoch(self) -> None:
        """Begin every count anew, and the window of latencies."""
        super().begin_epoch()
        self._latencies.clear()

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        limit = f"P95 of {probe} above {_number(self._limit)} ms"
        now = f"{_apart(self._p95, self._limit)} ms"
        return f"{limit} {_at_checks(self._row.count)}: {now}"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._row.progress("P95 ")


class Errors(InARow):
    """The error rate was above the limit at so many checks in a row."""

    def __init__(self, rule: ErrorRate, *, reported: bool) -> None:
        """Begin with no check.

        Args:
            rule: the limits.
            reported: whether the service reports its error rate.
        """
        super().__init__(rule.for_checks)
        self._above = rule.above
        self._reported = reported
        self._now: float | None = None

    def take(self, check: Check) -> None:
        """Take in the next check that has data."""
        failed = check.state == "failed"
        if not self._reported:
            self._row.take(failed and self._above < 1)
        elif failed:
            self._now = None
            self._row.take(bad=True)
        else:
            self._row.take(self._told(check.error_rate))

    def _told(self, rate: float | None) -> bool | None:
        if rate is None or not 0 <= rate <= 1:
            return None
        self._now = rate
        return rate > self._above

    def why(self, probe: str) -> str:
        """Why it holds, in words."""
        limit = 100 * self._above
        words = f"error rate of {probe} above {_number(limit)} %"
        words = f"{words} {_at_checks(self._row.count)}"
        if self._now is None:
            return f"{words}; the last one failed"
        return f"{words}: {_apart(100 * self._now, limit)} %"

    def progress(self) -> Progress:
        """How far it is from holding."""
        return self._row.progress("errors ")


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
