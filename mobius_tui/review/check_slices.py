"""Health checks summed up by slices of time of equal length, for a chart. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_history import STATE_CODES, HealthHistory
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.health_summary import HealthSummaries
from mobius_tui.review.run_report import ReportCheckSlice, ReportProbe
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.probes import Health

SLICES = 96
"""The most slices of a chart: as many as one can distinguish on a page."""
SLICES_PER_CHECK = 0.8
"""Slices for each check: where checks come regularly, none of them is empty."""


class ProbeChecks:
    """The checks of one probe as three parallel arrays, 17 bytes a check.

    `times` has seconds since 1970, `states` the codes of `STATE_CODES`, and `ms` the
    latency in milliseconds, or -1 for none.
    """

    def __init__(self) -> None:
        self.times = array("d")
        self.states = bytearray()
        self.ms = array("d")

    def add(self, check: ProbeResult) -> None:
        """Take in the next check."""
        self.times.append(check.at)
        self.states.append(STATE_CODES[check.state])
        self.ms.append(-1.0 if check.ms is None else check.ms)


class CheckCollector:
    """Collects the checks of all probes and summarizes them for the report."""

    def __init__(self) -> None:
        """Begin with none."""
        self.health_history = HealthHistory()
        self.last_check_at: float | None = None
        """When the newest began, in seconds since 1970."""
        self._tallies = HealthSummaries()
        self._rows: dict[str, ProbeChecks] = {}

    def add(self, check: ProbeResult) -> None:
        """Take in the next check."""
        self.health_history.add(check)
        self._tallies.apply(check)
        self._rows.setdefault(check.probe, ProbeChecks()).add(check)
        self.last_check_at = (
            check.at
            if self.last_check_at is None
            else max(self.last_check_at, check.at)
        )

    def probes(
        self, health: Health | None, state: RunState, began: float, until: float
    ) -> tuple[ReportProbe, ...]:
        """The report of each probe: its totals, percentiles, longest outage and slices.

        Args:
            health: what the runbook watches.
            state: the run, which fills in the limit.
            began: where the picture begins, in seconds since 1970.
            until: where it ends.
        """
        probes = health.probes if health is not None else ()
        titles = {probe.id: probe.title for probe in probes}
        limit = _latency_limit(health, state)
        limits = {probe.id: limit for probe in probes if probe.trigger}
        known = [each for each in titles if each in self._rows]
        others = [each for each in self._rows if each not in titles]
        return tuple(
            self._probe(name, titles.get(name, ""), limits.get(name), began, until)
            for name in (*known, *others)
        )

    def _probe(
        self, name: str, title: str, limit: float | None, began: float, until: float
    ) -> ReportProbe:
        tally = self._tallies.probes[name]
        longest = tally.longest
        return ReportProbe(
            id=name,
            title=title or name,
            checks=tally.checks,
            ok=tally.ok,
            failed=tally.failed,
            no_data=tally.no_data,
            success_rate=tally.success_rate,
            p50_ms=tally.percentile(50),
            p95_ms=tally.percentile(95),
            p99_ms=tally.percentile(99),
            reported_p95_ms=tally.reported_p95,
            reported_error_rate=tally.reported_errors,
            outage_began=longest.began if longest is not None else None,
            outage=longest.seconds if longest is not None else None,
            limit_ms=limit,
            beats=_slices(self._rows[name], began, until),
        )


def _slices(
    row: ProbeChecks, began: float, until: float
) -> tuple[ReportCheckSlice, ...]:
    """The checks by slices; those before the run or after it are left out."""
    made = sum(began <= at <= until for at in row.times)
    count = max(1, min(SLICES, int(made * SLICES_PER_CHECK)))
    slice_seconds = max(until - began, 1.0) / count
    counts = [[0, 0, 0] for _ in range(count)]
    longest = [-1.0] * count
    for at, state, ms in zip(row.times, row.states, row.ms, strict=True):
        place = int((at - began) / slice_seconds)
        if at < began or at > until:
            continue
        place = min(place, count - 1)
        counts[place][state] += 1
        longest[place] = max(longest[place], ms)
    return tuple(
        ReportCheckSlice(
            at=began + place * slice_seconds,
            ok=ok,
            failed=failed,
            no_data=no_data,
            ms=None if ms < 0 else ms,
        )
        for place, ((ok, failed, no_data), ms) in enumerate(
            zip(counts, longest, strict=True)
        )
    )


def _latency_limit(health: Health | None, state: RunState) -> float | None:
    """The latency at which a trigger fires, in milliseconds."""
    rule = health.trigger.p95_latency if health is not None else None
    if rule is None:
        return None
    try:
        values = Values(state, now=0.0, name_of=str)  # it names no step
        return values.seconds(rule.above, "above") * 1000
    except MobiusError:
        return None


def slice_state(check_slice: ReportCheckSlice) -> str:
    """The worst check state in a slice; `none` if it has no checks."""
    counts: Mapping[str, int] = {
        "failed": check_slice.failed,
        "no data": check_slice.no_data,
        "ok": check_slice.ok,
    }
    return next((state for state, count in counts.items() if count), "none")
