"""Counts and figures over all checks of a watch, for its summary. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.probe_window import nearest_rank


class ProbeOutage(Struct, frozen=True, kw_only=True):
    """A time in which a probe failed."""

    probe: str
    began: float
    """Seconds since 1970 at which the first check that failed began."""
    seconds: float
    """Until the next check that was ok, or else until the last one that failed."""


class HealthSummary:
    """Counts and figures over the checks of one probe, or of several."""

    def __init__(self) -> None:
        """Begin with none."""
        self.ok = 0
        self.failed = 0
        self.no_data = 0
        self.longest: ProbeOutage | None = None
        self.reported_p95: float | None = None
        """The highest that a service reported of itself, in milliseconds."""
        self.reported_errors: float | None = None
        """The highest error rate that a service reported, from 0 to 1."""
        self._ms: list[float] = []
        self._failing: dict[str, float] = {}

    def apply(self, check: ProbeResult) -> None:
        """Add the next check."""
        if check.state == "no data":
            self.no_data += 1
            return
        if check.ms is not None:
            self._ms.append(check.ms)
        if check.state == "ok":
            self.ok += 1
            began = self._failing.pop(check.probe, None)
            self.reported_p95 = _highest(self.reported_p95, check.p95_ms)
            self.reported_errors = _highest(self.reported_errors, check.error_rate)
        else:
            self.failed += 1
            began = self._failing.setdefault(check.probe, check.at)
        if began is not None:
            self._outage(check.probe, began, check.at - began)

    def _outage(self, probe: str, began: float, seconds: float) -> None:
        if self.longest is None or seconds > self.longest.seconds:
            self.longest = ProbeOutage(
                probe=probe, began=began, seconds=max(seconds, 0.0)
            )

    @property
    def checks(self) -> int:
        """The number of checks, including those without data."""
        return self.ok + self.failed + self.no_data

    @property
    def success_rate(self) -> float | None:
        """The ok fraction of the checks that had data; `None` without any."""
        counted = self.ok + self.failed
        return self.ok / counted if counted else None

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile of all measured latencies, in milliseconds."""
        self._ms.sort()
        return nearest_rank(self._ms, percent)

    def figures(self) -> dict[str, Any]:
        """Counts and figures for programs; a figure without data is `None`."""
        return {
            "checks": self.checks,
            "ok": self.ok,
            "failed": self.failed,
            "no_data": self.no_data,
            "success_rate": self.success_rate,
            **{f"p{p}_ms": self.percentile(p) for p in (50, 95, 99)},
            "reported_p95_ms": self.reported_p95,
            "reported_error_rate": self.reported_errors,
        }


def _highest(before: float | None, now: float | None) -> float | None:
    """The higher one; `None` only if both are."""
    if before is None or now is None:
        return now if before is None else before
    return max(before, now)


class HealthSummaries:
    """A summary for each probe, and one for all."""

    def __init__(self) -> None:
        """Begin with none."""
        self.all = HealthSummary()
        self.probes: dict[str, HealthSummary] = {}
        """By probe id, in the order of their first checks."""

    def apply(self, check: ProbeResult) -> None:
        """Add the next check."""
        self.all.apply(check)
        self.probes.setdefault(check.probe, HealthSummary()).apply(check)
