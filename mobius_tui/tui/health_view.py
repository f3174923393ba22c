"""Health as the screen shows it at one moment: plain values for the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mobius_tui.errors import MobiusError
from mobius_tui.health.record import State
from mobius_tui.health.trigger import Meter
from mobius_tui.health.window import Condition, Health, Window, stale_after
from mobius_tui.run.variables import Values
from mobius_tui.runbook import limits
from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.units import moment, seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeView:
    """One probe."""

    id: str
    title: str
    state: Condition
    words: str
    """Why, in words: `failing for 2:10`."""
    status: int | None
    """The HTTP status of the last check."""
    reason: str
    """Why the last check was not ok."""
    ms: float | None
    """Milliseconds of the last answer."""
    p50: float | None
    """Of our own checks, in milliseconds, as the other two."""
    p95: float | None
    p99: float | None
    reported_p95: float | None
    """What the service reports of itself, in milliseconds."""
    reported_errors: float | None
    """The error rate that the service reports, from 0 to 1."""
    success: float | None
    """The fraction of the last checks that were ok."""
    limit: float | None
    """Milliseconds above which a latency counts as too long."""
    latencies: tuple[float | None, ...]
    """Of the last checks, the newest at the end."""
    states: tuple[State, ...]
    times: tuple[float, ...] = ()
    """When each of them began, in seconds since 1970."""
    last_ok: float | None = None
    """When a check was last ok, in seconds since 1970."""
    bad_for: float | None = None
    """Seconds since the first failure of those in a row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpan:
    """When a step that changes something ran; times are seconds since 1970."""

    number: str
    title: str
    began: float
    ended: float | None
    """`None` while it runs."""

    def is_within(self, times: Sequence[float]) -> bool:
        """Whether it ran while checks that began at some times were made."""
        return self.ended is None or self.ended >= times[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineView:
    """The machine; `None` where a figure could not be had."""

    cpu: float | None
    memory: float | None
    disk: float | None
    load: float | None
    processes: tuple[tuple[str, int], ...]
    services: tuple[tuple[str, str], ...] = ()
    """What is said of each unit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthView:
    """All that the panel shows."""

    probes: tuple[ProbeView, ...] = ()
    machine: MachineView | None = None
    every: str = ""
    """The pause between checks, as the runbook says it."""
    unwatched: str = ""
    """Since when nobody watches, in words; empty while somebody does."""
    meters: tuple[Meter, ...] = ()
    """How far each trigger is."""
    spans: tuple[StepSpan, ...] = ()
    """When steps that change something ran, the earliest first."""
    armed: bool | None = None
    """Whether a trigger begins the rollback; `None` where none can."""
    has_ended: bool = False
    """Whether nobody is meant to watch, since the run is over."""

    @property
    def beat(self) -> str:
        """How often it looks, or since when nobody does, in words."""
        if self.unwatched:
            return self.unwatched
        return f"every {self.every}" if self.every else ""

    @property
    def worst(self) -> ProbeView | None:
        """The probe with the worst news."""
        order = {"failing": 0, "unknown": 1, "ok": 2}
        return min(self.probes, key=lambda probe: order[probe.state], default=None)

    @property
    def condition(self) -> Condition:
        """The worst of all; unknown where nobody watches."""
        worst = self.worst
        if worst is None or self.unwatched:
            return "unknown"
        return worst.state

    @property
    def news(self) -> str:
        """The worst news, in words."""
        worst = self.worst
        if worst is None:
            return "no probes in this runbook"
        if self.has_ended:
            return "the run is over; nobody watches"
        if self.unwatched:
            return f"{self.unwatched}; {worst.title} was {worst.state}"
        if worst.state == "ok":
            several = len(self.probes) > 1
            return "all probes are ok" if several else f"{worst.title} is ok"
        if worst.state == "failing":
            return f"{worst.title} is {worst.words}"
        return f"{worst.title}: {worst.words}"


def look_at(
    health: Health,
    runbook: Runbook,
    values: Values,
    *,
    now: float,
    is_watched: bool,
    has_ended: bool,
    meters: tuple[Meter, ...] = (),
    armed: bool | None = None,
    spans: tuple[StepSpan, ...] = (),
) -> HealthView:
    """What the panel shows now.

    Args:
        health: the fold of the records.
        runbook: names the probes and their beat.
        values: fill in what the runbook leaves open.
        now: seconds since 1970.
        is_watched: whether a host lives.
        has_ended: whether the run is over.
        meters: how far each trigger is.
        armed: whether a trigger begins the rollback; `None` where none can.
        spans: when steps that change something ran.
    """
    plan = runbook.health
    every = values.preview(plan.every) if plan is not None else ""
    probes = tuple(
        _probe(
            probe.id,
            probe.title or probe.id,
            health.window(probe.id),
            now,
            _limit(runbook),
        )
        for probe in (plan.probes if plan is not None else ())
    )
    last = health.last_at
    nobody = last is not None and (not is_watched or now - last > silent_after(every))
    return HealthView(
        probes=probes,
        machine=_machine(health),
        every="" if "${" in every else every,  # in a review, not known yet
        unwatched=_until(last or 0.0, now, has_ended=has_ended) if nobody else "",
        has_ended=has_ended,
        meters=meters,
        armed=armed,
        spans=spans,
    )


def _until(last: float, now: float, *, has_ended: bool) -> str:
    """Since when nobody watches, in words; what is over was watched until then."""
    return f"{'watched until' if has_ended else 'unwatched since'} {moment(last, now)}"


def silent_after(every: str) -> float:
    """Seconds after which a check says nothing about the present any more."""
    return stale_after(_seconds(every))


def _seconds(every: str) -> float:
    try:
        return limits.seconds(every, "every")
    except ValueError:
        return 5.0


def _limit(runbook: Runbook) -> float | None:
    """The runbook's latency limit, in milliseconds."""
    rule = runbook.health.trigger.p95_latency if runbook.health is not None else None
    if rule is None:
        return None
    try:
        return seconds(rule.above) * 1000
    except (ValueError, MobiusError):
        return None


def _probe(
    probe_id: str, title: str, window: Window, now: float, limit: float | None
) -> ProbeView:
    status = window.status(now)
    last = window.last
    return ProbeView(
        id=probe_id,
        title=title,
        state=status.state,
        words=status.words,
        status=last.status if last is not None else None,
        reason=last.reason if last is not None else "",
        ms=last.ms if last is not None else None,
        p50=window.percentile(50),
        p95=window.percentile(95),
        p99=window.percentile(99),
        reported_p95=window.p95.value,
        reported_errors=window.error_rate.value,
        success=window.success_rate,
        limit=limit,
        latencies=tuple(point.ms for point in window.points),
        states=tuple(point.state for point in window.points),
        times=tuple(point.at for point in window.points),
        last_ok=window.last_ok,
        bad_for=None if window.since_bad is None else now - window.since_bad,
    )


def _machine(health: Health) -> MachineView | None:
    sample = health.sample
    if sample is None:
        return None
    processes: Mapping[str, int] = sample.processes
    return MachineView(
        cpu=sample.cpu,
        memory=sample.memory,
        disk=sample.disk,
        load=sample.load1,
        processes=tuple(processes.items()),
        services=tuple(sample.services.items()),
    )
