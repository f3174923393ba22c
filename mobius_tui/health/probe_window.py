"""Latest results of each probe: latencies, reported figures, status. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mobius_tui.health.health_record import MachineSample, ProbeResult, State
from mobius_tui.runbook.text.units import clock_duration


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile: one of the values, and never one between two.

    `statistics.quantiles` would tell one between: a latency that no check had, and a
    trigger that compares it would fire otherwise than the runbook's author counts.

    Args:
        ordered: in ascending order.
        percent: from 0, the least, to 100, the greatest.

    Returns:
        `None` of no values.
    """
    if not ordered:
        return None
    rank = math.ceil(percent * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]


class Latencies:
    """The latencies of the last answered checks, in the order of their length."""

    def __init__(self, size: int) -> None:
        """Begin with none.

        Args:
            size: how many are kept.
        """
        self._size = size
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, ms: float) -> None:
        """Take in the next one, in milliseconds."""
        self._recent.append(ms)
        insort(self._sorted, ms)
        if len(self._recent) > self._size:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile, in milliseconds.

        Of fewer than 20 the 95th is the longest; `None` of none.
        """
        return nearest_rank(self._sorted, percent)

    def copy(self) -> Latencies:
        """The same, to go on by itself."""
        new = Latencies(self._size)
        new._recent, new._sorted = self._recent.copy(), self._sorted.copy()
        return new

    def clear(self) -> None:
        """Forget all of them."""
        self._recent.clear()
        self._sorted.clear()


LACKING = 3
"""Answers in a row without a figure after which the service no longer reports it."""


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """What was reported last; nothing has been, at first."""

    value: float | None = None
    """`None` where the service does not report it: our own checks have to tell."""
    lacking: int = LACKING
    """Answers in a row that did not have it."""

    def after(self, value: float | None) -> ReportedFigure:
        """What is known after the next answer.

        Args:
            value: what it reports; `None` if it has no such figure, or none in range.
        """
        if value is not None:
            return ReportedFigure(value, 0)
        if self.value is None:
            return self
        lacking = self.lacking + 1
        return ReportedFigure(self.value if lacking < LACKING else None, lacking)


CHART = 120
"""Checks that are kept for a chart."""

BLIND_ROW = 3
"""Checks without data in a row after which nothing is known any more."""

STALE = 3
"""Intervals without a record after which nobody seems to watch."""

ProbeCondition = Literal["ok", "failing", "unknown"]


def stale_after(every: float) -> float:
    """Seconds after which a check says nothing about the present any more.

    Args:
        every: seconds from check to check.
    """
    return STALE * every + 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeStatus:
    """How a probe is, and why, in words."""

    state: ProbeCondition
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartPoint:
    """One check, as a chart shows it."""

    at: float
    """Seconds since 1970."""
    state: State
    ms: float | None
    """Milliseconds; `None` where no whole answer came."""


class ProbeWindow:
    """The checks of one probe."""

    def __init__(self, *, size: int = 60, latencies: int = 60) -> None:
        """Begin with nothing known.

        Args:
            size: checks that the success rate looks back on.
            latencies: answered checks that the percentiles look back on.
        """
        self.last: ProbeResult | None = None
        self.ok = 0
        """Checks that were ok, of all."""
        self.failed = 0
        self.no_data = 0
        self.consecutive_failures = 0
        """The last checks in a row that failed, leaving out those without data."""
        self.blind_row = 0
        """The last checks in a row that had no data."""
        self.since_bad: float | None = None
        """When the failures in a row began, in seconds since 1970."""
        self.last_ok: float | None = None
        """When a check was last ok, in seconds since 1970."""
        self.p95 = ReportedFigure()
        """What the service reports of itself, in milliseconds."""
        self.error_rate = ReportedFigure()
        """What the service reports of itself: a fraction from 0 to 1."""
        self.points: deque[ChartPoint] = deque(maxlen=CHART)
        """The last checks, the newest at the end."""
        self._counted: deque[bool] = deque()
        self._size = size
        self._oks = 0
        self._latencies = Latencies(latencies)

    def apply(self, check: ProbeResult) -> None:
        """Take in the next check."""
        self.last = check
        self.points.append(ChartPoint(at=check.at, state=check.state, ms=check.ms))
        if check.state == "no data":
            self.no_data += 1
            self.blind_row += 1
            if self.blind_row >= BLIND_ROW:
                self.consecutive_failures = 0
                self.since_bad = None
            return
        self.blind_row = 0
        self._count(ok=check.state == "ok", at=check.at)
        if check.ms is not None:
            self._latencies.add(check.ms)
        if check.state == "ok":
            self.p95 = self.p95.after(check.p95_ms)
            self.error_rate = self.error_rate.after(check.error_rate)

    def copy(self) -> ProbeWindow:
        """The same, to go on by itself."""
        new = ProbeWindow(size=self._size)
        vars(new).update(vars(self))
        new.points, new._counted = self.points.copy(), self._counted.copy()
        new._latencies = self._latencies.copy()
        return new

    def _count(self, *, ok: bool, at: float) -> None:
        if ok:
            self.ok += 1
            self.consecutive_failures = 0
            self.since_bad = None
            self.last_ok = at
        else:
            self.failed += 1
            self.consecutive_failures += 1
            if self.since_bad is None:
                self.since_bad = at
        self._counted.append(ok)
        self._oks += ok
        if len(self._counted) > self._size:
            self._oks -= self._counted.popleft()

    @property
    def success_rate(self) -> float | None:
        """The ok fraction of the last checks that had data; `None` without any."""
        return self._oks / len(self._counted) if self._counted else None

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile of the last answered checks, in milliseconds.

        It is that of our own checks, whatever the service reports. Of fewer than 20
        the 95th is the longest; `None` of none.
        """
        return self._latencies.percentile(percent)

    def status(self, now: float) -> ProbeStatus:
        """How the probe is.

        Args:
            now: seconds since 1970.
        """
        last = self.last
        if last is None:
            return ProbeStatus(state="unknown", words="not looked yet")
        if self.blind_row >= BLIND_ROW or not self._counted:
            return ProbeStatus(state="unknown", words=f"no data: {last.reason}")
        if self.since_bad is not None:
            lasting = clock_duration(now - self.since_bad)
            return ProbeStatus(state="failing", words=f"failing for {lasting}")
        if last.state == "no data":
            return ProbeStatus(state="ok", words=f"ok, but no data now: {last.reason}")
        return ProbeStatus(state="ok", words="ok")


class CurrentHealth:
    """All probes, and the machine."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.windows: dict[str, ProbeWindow] = {}
        """By probe, in the order in which they were first seen."""
        self.sample: MachineSample | None = None
        self.last_at: float | None = None
        """When the newest record was made; an old one means that nobody watches."""

    def apply(self, record: ProbeResult | MachineSample) -> None:
        """Take in the next record."""
        self.last_at = record.at
        if isinstance(record, MachineSample):
            self.sample = record
            return
        window = self.windows.get(record.probe)
        if window is None:
            window = self.windows[record.probe] = ProbeWindow()
        window.apply(record)

    def copy(self) -> CurrentHealth:
        """The same, to go on by itself."""
        new = CurrentHealth()
        new.sample, new.last_at = self.sample, self.last_at
        new.windows = {name: window.copy() for name, window in self.windows.items()}
        return new

    def window(self, probe: str) -> ProbeWindow:
        """A probe's window; an empty one if it was not seen yet."""
        return self.windows.get(probe) or ProbeWindow()
