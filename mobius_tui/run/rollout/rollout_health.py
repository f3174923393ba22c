"""Since when all probes are ok, for a rollout between two batches. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.rollout.rollout import RolloutHealth
from mobius_tui.run.state.watch_state import Alarm
from mobius_tui.runbook.model.probes import Probe


class HealthSince:
    """For each probe that counts, since when it is ok without a break."""

    def __init__(
        self, probes: Iterable[Probe], *, fresh: Callable[[str], float]
    ) -> None:
        """Begin with nothing known.

        Args:
            probes: all of the runbook; those that do not count for triggers are left
                out, unless none does.
            fresh: maps a probe's id to the seconds for which its last check counts.
        """
        every = tuple(probes)
        counting = [probe.id for probe in every if probe.trigger]
        self._fresh = fresh
        self._last: dict[str, ProbeResult | None] = dict.fromkeys(
            counting or [probe.id for probe in every]
        )
        self._well_since: dict[str, float] = {}

    def apply(self, check: ProbeResult) -> None:
        """Add the next check of a probe."""
        if check.probe not in self._last:
            return
        last = self._last[check.probe]
        self._last[check.probe] = check
        is_gap = last is not None and check.at - last.at > self._fresh(check.probe)
        if check.state != "ok" or is_gap:
            self._well_since.pop(check.probe, None)
        if check.state == "ok":
            self._well_since.setdefault(check.probe, check.at)

    def at(self, now: float, alarm: Alarm | None = None) -> RolloutHealth:
        """Health as it is at a moment.

        Args:
            now: seconds since 1970.
            alarm: the trigger that fired last, if one did.
        """
        checks = [check for check in self._last.values() if check is not None]
        has_data = bool(checks) and len(checks) == len(self._last)
        has_data &= all(
            check.state != "no data" and now - check.at <= self._fresh(check.probe)
            for check in checks
        )
        is_well = has_data and len(self._well_since) == len(self._last)
        return RolloutHealth(
            well_since=max(self._well_since.values()) if is_well else None,
            looked_at=min((check.at for check in checks), default=0.0),
            has_data=has_data,
            fired_at=alarm.at if alarm is not None else None,
            fired=alarm.reason if alarm is not None else "",
        )
