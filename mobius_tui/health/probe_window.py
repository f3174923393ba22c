"""Latest results of each probe: latencies, reported figures, status. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from mobius_tui.health.health_record import CheckState, MachineSample, ProbeResult
from mobius_tui.runbook.text.units import clock_duration, duration_in_words


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile: one of the values, and never one between two.

    `statistics.quantiles` would interpolate: it gives a latency that no check had, and
    a trigger would fire otherwise than the runbook's author expects.

    Args:
        ordered: in ascending order.
        percent: from 0, the least, to 100, the greatest.

    Returns:
        `None` if there are no values.
    """
    if not ordered:
        return None
    rank = math.ceil(percent * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]


class Latencies:
    """The latencies of the last answered checks, sorted."""

    def __init__(self, size: int) -> None:
        """Begin with none.

        Args:
            size: how many are kept.
        """
        self._size = size
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, ms: float) -> None:
        """Add a latency, in milliseconds."""
        self._recent.append(ms)
        insort(self._sorted, ms)
        if len(self._recent) > self._size:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile, in milliseconds.

        Of fewer than 20 the 95th is the longest; `None` without any.
        """
        return nearest_rank(self._sorted, percent)

    def copy(self) -> Latencies:
        """An independent copy."""
        new = Latencies(self._size)
        new._recent, new._sorted = self._recent.copy(), self._sorted.copy()
        return new

    def clear(self) -> None:
        """Remove all of them."""
        self._recent.clear()
        self._sorted.clear()


NOT_REPORTED_AFTER = 3
"""Answers in a row without a figure after which it counts as not reported."""


class ReportedFigure(Struct, frozen=True):
    """A figure that a service last reported; at first, none."""

    value: float | None = None
    """`None` if the service does not report it: then it is measured by our checks."""
    missing: int = NOT_REPORTED_AFTER
    """Answers in a row without it."""

    def after(self, value: float | None) -> ReportedFigure:
        """The figure after one more answer.

        It is dropped after `NOT_REPORTED_AFTER` answers in a row without it.

        Args:
            value: the reported figure; `None` if there is none, or none in range.
        """
        if value is not None:
            return ReportedFigure(value, 0)
        if self.value is None:
            return self
        missing = self.missing + 1
        return ReportedFigure(
            self.value if missing < NOT_REPORTED_AFTER else None, missing
        )


CHART_CHECKS = 120
"""The number of checks that are kept for a chart."""

UNKNOWN_AFTER = 3
"""Checks in a row without data after which a probe's state is unknown."""

STALE_INTERVALS = 3
"""Intervals without a record after which the last one is out of date."""

ProbeCondition = Literal["ok", "failing", "unknown"]


def stale_after(every: float) -> float:
    """Seconds after which a check is out of date.

    Args:
        every: seconds from check to check.
    """
    return STALE_INTERVALS * every + 5


HOSTS_ROUND = 25.0
"""Seconds that a round over all hosts takes at most."""
HOSTS_PAUSE = 5.0
"""Seconds between two rounds at least."""


def hosts_cycle(every: float) -> float:
    """Seconds from the start of one round over the hosts to the next, at most.

    A round that takes longer than `every` is followed by the next after `HOSTS_PAUSE`.

    Args:
        every: seconds from start to start, where a round takes no longer.
    """
    return max(every, HOSTS_ROUND + HOSTS_PAUSE)


class ProbeStatus(Struct, frozen=True, kw_only=True):
    """The condition of a probe, and why."""

    state: ProbeCondition
    words: str


class ChartPoint(Struct, frozen=True, kw_only=True):
    """One check, as a chart shows it."""

    at: float
    """Seconds since 1970."""
    state: CheckState
    ms: float | None
    """Milliseconds; `None` if no complete answer came."""


class ProbeWindow:
    """The checks of one probe."""

    def __init__(self, *, size: int = 60, latencies: int = 60) -> None:
        """Begin with no checks.

        Args:
            size: number of checks of which the success rate is computed.
            latencies: number of answered checks of which percentiles are computed.
        """
        self.last: ProbeResult | None = None
        self.ok = 0
        """Checks that were ok, of all."""
        self.failed = 0
        self.no_data = 0
        self.consecutive_failures = 0
        """The last checks in a row that failed, leaving out those without data."""
        self.no_data_streak = 0
        """The last checks in a row that had no data."""
        self.failing_since: float | None = None
        """When the failures in a row began, in seconds since 1970."""
        self.last_ok: float | None = None
        """When a check was last ok, in seconds since 1970."""
        self.p95 = ReportedFigure()
        """What the service reports of itself, in milliseconds."""
        self.error_rate = ReportedFigure()
        """What the service reports of itself: a fraction from 0 to 1."""
        self.points: deque[ChartPoint] = deque(maxlen=CHART_CHECKS)
        """The last checks, the newest at the end."""
        self._recent_oks: deque[bool] = deque()
        self._size = size
        self._ok_count = 0
        self._latencies = Latencies(latencies)

    def apply(self, check: ProbeResult) -> None:
        """Add the next check."""
        self.last = check
        self.points.append(ChartPoint(at=check.at, state=check.state, ms=check.ms))
        if check.state == "no data":
            self.no_data += 1
            self.no_data_streak += 1
            if self.no_data_streak >= UNKNOWN_AFTER:
                self.consecutive_failures = 0
                self.failing_since = None
            return
        self.no_data_streak = 0
        self._count(ok=check.state == "ok", at=check.at)
        if check.ms is not None:
            self._latencies.add(check.ms)
        if check.state == "ok":
            self.p95 = self.p95.after(check.p95_ms)
            self.error_rate = self.error_rate.after(check.error_rate)

    def copy(self) -> ProbeWindow:
        """An independent copy."""
        new = ProbeWindow(size=self._size)
        vars(new).update(vars(self))
        new.points, new._recent_oks = self.points.copy(), self._recent_oks.copy()
        new._latencies = self._latencies.copy()
        return new

    def _count(self, *, ok: bool, at: float) -> None:
        if ok:
            self.ok += 1
            self.consecutive_failures = 0
            self.failing_since = None
            self.last_ok = at
        else:
            self.failed += 1
            self.consecutive_failures += 1
            if self.failing_since is None:
                self.failing_since = at
        self._recent_oks.append(ok)
        self._ok_count += ok
        if len(self._recent_oks) > self._size:
            self._ok_count -= self._recent_oks.popleft()

    @property
    def success_rate(self) -> float | None:
        """The ok fraction of the last checks that had data; `None` without any."""
        return self._ok_count / len(self._recent_oks) if self._recent_oks else None

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile of the last answered checks, in milliseconds.

        It is measured by our own checks, whatever the service reports. Of fewer than
        20 checks the 95th is the longest; `None` without any.
        """
        return self._latencies.percentile(percent)

    def status(self, now: float) -> ProbeStatus:
        """The condition of the probe.

        Args:
            now: seconds since 1970.
        """
        last = self.last
        if last is None:
            return ProbeStatus(state="unknown", words="not looked yet")
        if self.no_data_streak >= UNKNOWN_AFTER or not self._recent_oks:
            return ProbeStatus(state="unknown", words=f"no data: {last.reason}")
        if self.failing_since is not None:
            duration = clock_duration(now - self.failing_since)
            return ProbeStatus(state="failing", words=f"failing for {duration}")
        if last.state == "no data":
            return ProbeStatus(state="ok", words=f"ok, but no data now: {last.reason}")
        return ProbeStatus(state="ok", words="ok")


class CurrentHealth:
    """All probes, and the machine."""

    def __init__(self) -> None:
        """Begin with no records."""
        self.windows: dict[str, ProbeWindow] = {}
        """By probe id, in the order of their first checks."""
        self.sample: MachineSample | None = None
        self.last_at: float | None = None
        """When the newest record was made, in seconds since 1970."""

    def apply(self, record: ProbeResult | MachineSample) -> None:
        """Add the next record."""
        self.last_at = record.at
        if isinstance(record, MachineSample):
            self.sample = record
            return
        window = self.windows.get(record.probe)
        if window is None:
            window = self.windows[record.probe] = ProbeWindow()
        window.apply(record)

    def copy(self) -> CurrentHealth:
        """An independent copy."""
        new = CurrentHealth()
        new.sample, new.last_at = self.sample, self.last_at
        new.windows = {name: window.copy() for name, window in self.windows.items()}
        return new

    def unwell_text(self, states: Mapping[str, str], now: float) -> str | None:
        """What is not well, in words: `api answered 500 4 s ago`; None where all is.

        Args:
            states: each probe's condition now, by its id.
            now: seconds since 1970.
        """
        unwell = (
            f"{probe} {self._unwell_words(probe, state, now)}"
            for probe, state in states.items()
            if state != "ok"
        )
        return ", ".join(unwell) or None

    def _unwell_words(self, probe: str, state: str, now: float) -> str:
        last = self.window(probe).last
        if state == "unknown" or last is None:
            return "is not known"
        since = round(now - last.at)
        ago = f"{duration_in_words(since)} ago" if since > 0 else "just now"
        said = "failed" if last.status is None else f"answered {last.status}"
        # An answer of 200 may be wrong in what it says, or too late.
        is_said = last.status is not None and last.reason.startswith(said)
        why = "" if is_said or not last.reason else f": {last.reason}"
        return f"{said} {ago}{why}"

    def window(self, probe: str) -> ProbeWindow:
        """A probe's window; an empty one if it was not seen yet."""
        return self.windows.get(probe) or ProbeWindow()
