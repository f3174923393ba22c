"""Health at one moment, before and after a step, and the times of an outage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.health.health_record import CheckState
from mobius_tui.health.probe_window import (
    CurrentHealth,
    ProbeCondition,
    ProbeStatus,
    ProbeWindow,
    hosts_cycle,
    stale_after,
)
from mobius_tui.health.trigger import Meter
from mobius_tui.review.report_wording import column_duration
from mobius_tui.run.journal.outage_times import Milestones, OutageSpan
from mobius_tui.run.planning.variables import NoValueError, Values
from mobius_tui.runbook.model import limits
from mobius_tui.runbook.model.probes import Health, Probe
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.text.units import (
    duration_in_words,
    local_time,
    parse_duration,
)
from mobius_tui.tui.presenters.glyphs import CONDITION_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, text


class ProbeView(Struct, frozen=True, kw_only=True):
    """One probe."""

    id: str
    title: str
    state: ProbeCondition
    words: str
    """The condition in words, and for how long: `failing for 2:10`."""
    http_status: int | None
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
    states: tuple[CheckState, ...]
    times: tuple[float, ...] = ()
    """When each of them began, in seconds since 1970."""
    last_ok: float | None = None
    """When a check was last ok, in seconds since 1970."""
    bad_for: float | None = None
    """Seconds since the first failure of those in a row."""
    has_check: bool = False
    """Whether it looks by a check, which has no HTTP status."""
    is_of_hosts: bool = False
    """Whether it looks at many hosts: one line is all that it has."""
    summary: str = ""
    """How it is on its hosts: `18/20 active, web-07 failed`."""


class StepSpan(Struct, frozen=True, kw_only=True):
    """When a step that changes something ran; times are seconds since 1970."""

    number: str
    title: str
    began: float
    ended: float | None
    """`None` while it runs."""

    def overlaps(self, times: Sequence[float]) -> bool:
        """Whether it had not ended before the first of some checks was made.

        One that began after the last of them counts, too: it is at the chart's edge.

        Args:
            times: when the checks began, in seconds since 1970, the earliest first; not
                empty.
        """
        return self.ended is None or self.ended >= times[0]


class MachineView(Struct, frozen=True, kw_only=True):
    """The machine; `None` where a figure could not be had.

    `cpu`, `memory` and `disk` are per cent in use, `load` is the load average over a
    minute, and `processes` says how many match each pattern, as (name, count).
    """

    cpu: float | None
    memory: float | None
    disk: float | None
    load: float | None
    processes: tuple[tuple[str, int], ...]
    services: tuple[tuple[str, str], ...] = ()
    """The state of each systemd unit, as (unit, state)."""


class HealthView(Struct, frozen=True, kw_only=True):
    """All that the panel shows."""

    probes: tuple[ProbeView, ...] = ()
    machine: MachineView | None = None
    every: str = ""
    """The pause between checks, as the runbook says it."""
    unwatched: str = ""
    """Since when no host watches health, in words.

    Empty while one does, and where no check is on record yet.
    """
    meters: tuple[Meter, ...] = ()
    """How far each trigger is."""
    spans: tuple[StepSpan, ...] = ()
    """When steps that change something ran, the earliest first."""
    armed: bool | None = None
    """Whether a trigger begins the rollback; `None` where none can."""
    has_ended: bool = False
    """Whether the run is over, so that health is not watched any more."""

    @property
    def check_interval_text(self) -> str:
        """How often health is checked, or since when it is not, in words."""
        if self.unwatched:
            return self.unwatched
        return f"every {self.every}" if self.every else ""

    @property
    def worst_probe(self) -> ProbeView | None:
        """The probe with the worst news."""
        order = {"failing": 0, "unknown": 1, "ok": 2}
        return min(self.probes, key=lambda probe: order[probe.state], default=None)

    @property
    def worst_condition(self) -> ProbeCondition:
        """The worst condition of all probes; unknown while nothing is watched."""
        worst = self.worst_probe
        if worst is None or self.unwatched:
            return "unknown"
        return worst.state

    @property
    def news(self) -> str:
        """The worst news, in words."""
        worst = self.worst_probe
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


def build_health_view(
    health: CurrentHealth,
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
    """Build the view of health at a moment.

    Args:
        health: the fold of the records.
        runbook: has the probes, and the interval between checks.
        values: fill in what the runbook leaves open.
        now: seconds since 1970.
        is_watched: whether a host lives.
        has_ended: whether the run is over.
        meters: how far each trigger is.
        armed: whether a trigger begins the rollback; `None` where none can.
        spans: when steps that change something ran.
    """
    plan = runbook.health
    every = _pause(plan, values) if plan is not None else ""
    probes = tuple(
        _probe(probe, health.window(probe.id), now, _limit(runbook))
        for probe in (plan.probes if plan is not None else ())
    )
    last = health.last_at
    nobody = last is not None and (
        not is_watched or now - last > _seconds_until_stale(every)
    )
    return HealthView(
        probes=probes,
        machine=_machine(health),
        every=every or "",
        unwatched=_unwatched_text(last or 0.0, now, has_ended=has_ended)
        if nobody
        else "",
        has_ended=has_ended,
        meters=meters,
        armed=armed,
        spans=spans,
    )


def _unwatched_text(last: float, now: float, *, has_ended: bool) -> str:
    """`watched until 13:45` or `unwatched since 13:45`."""
    return (
        f"{'watched until' if has_ended else 'unwatched since'} {local_time(last, now)}"
    )


def _pause(plan: Health, values: Values) -> str | None:
    """The pause between checks; `None` while its variable has no value yet."""
    try:
        return values.fill(plan.every)
    except NoValueError:
        return None


def _seconds_until_stale(every: str | None) -> float:
    """Seconds after which a check does not describe the present any more."""
    return stale_after(_seconds(every))


def _seconds(every: str | None) -> float:
    try:
        return limits.bounded_duration(every or "", "every")
    except ValueError:
        return 5.0


def _limit(runbook: Runbook) -> float | None:
    """The runbook's latency limit, in milliseconds."""
    rule = runbook.health.trigger.p95_latency if runbook.health is not None else None
    if rule is None:
        return None
    try:
        return parse_duration(rule.above) * 1000
    except ValueError:
        return None


def _probe(
    probe: Probe, window: ProbeWindow, now: float, limit: float | None
) -> ProbeView:
    status = window.status(now)
    last = window.last
    if probe.hosts and last is not None and last.state == "no data":
        # Looks are far apart: nobody is to read "ok" for three of them.
        words = f"no data: {last.reason}"
        is_ok = status.state == "ok"
        status = ProbeStatus(state="unknown", words=words) if is_ok else status
    return ProbeView(
        id=probe.id,
        title=probe.title or probe.id,
        has_check=probe.check is not None,
        is_of_hosts=bool(probe.hosts),
        summary=last.summary if last is not None else "",
        state=status.state,
        words=status.words,
        http_status=last.status if last is not None else None,
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
        bad_for=None if window.failing_since is None else now - window.failing_since,
    )


def _machine(health: CurrentHealth) -> MachineView | None:
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


MAX_NAMED_PROBES = 3
"""The most probes that are all named; of more, only those that are not ok are."""

HealthPart = tuple[str, Role]


def health_field(view: RunView, step: Step) -> Iterator[Field]:
    """`✖ api failing → ● api ok`, of the step's last attempt; if anybody looked."""
    last = view.step_state(step.id).last_attempt
    if last is None or view.runbook.health is None or view.health_history.is_empty:
        return
    parts = _probes_at(view, last.started)
    if last.ended is None:
        parts.append(("  when it began", "muted"))
    elif last.ended > last.started:
        parts += [("  →  ", "muted"), *_probes_at(view, last.ended)]
    yield Field("health", assemble(*parts))


def _probes_at(view: RunView, moment: float) -> list[HealthPart]:
    """Every probe at a moment."""
    plan = view.runbook.health
    assert plan is not None
    within = _seconds_until_stale(_pause(plan, view.values))
    of_hosts = stale_after(hosts_cycle(_seconds(view.values.preview(plan.hosts_every))))
    found = [
        (p.id, view.health_history.at(p.id, moment, within=seconds))
        for p in plan.probes
        for seconds in (of_hosts if p.hosts else within,)
    ]
    shown = found
    if len(found) > MAX_NAMED_PROBES:
        shown = [each for each in found if each[1] != "ok"][:MAX_NAMED_PROBES]
    parts: list[HealthPart] = []
    for probe, condition in shown:
        glyph, role = CONDITION_MARKS[condition]
        gap = "  " if parts else ""
        parts.append((f"{gap}{glyph} {sanitize.line(probe)} {condition}", role))
    others = len(found) - len(shown)
    if others:
        words = f"  and {others} others" if shown else f"● all {others} ok"
        parts.append((words, "muted" if shown else "good"))
    return parts


def outage_lines(
    found: Milestones, moment: Callable[[float], str], name_of: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    """The milestones of an outage, as (when, what); none if no trigger fired.

    Those that follow from the trigger are given as the time since it: `+2:10`. Then
    the run's other outages, each with its own time.

    Args:
        found: the run's times.
        moment: says a time of day in words.
        name_of: the name of a step, by its id.
    """
    outage, span = found.outage, found.span
    if outage is None or span is None:
        return
    restored = span.restored if found.is_own_making else found.restored
    is_counted = found.triggered or found.is_own_making
    clock = ", counted from the trigger"
    yield (
        moment(outage.fired),
        f"trigger fired: {outage.reason}{_during(span, name_of)}",
    )
    for at, words in (
        (found.acknowledged, f"acknowledged by {outage.by}"),
        (found.rollback, "rollback begun"),
        (restored, "healthy again"),
        (found.steady, "three healthy in a row"),
    ):
        if at is not None and is_counted:
            yield f"+{column_duration(at - outage.fired)}", f"{words}{clock}"
            clock = ""
        elif at is not None:  # before it, or not because of it
            yield moment(at), words
    if restored is None:
        yield "", "not healthy again"
    for other in found.other_outages:
        words = "not healthy again"
        if other.restored is not None:
            words = f"healthy after {duration_in_words(other.restored - other.fired)}"
        yield moment(other.fired), f"another outage{_during(other, name_of)}: {words}"


def _during(span: OutageSpan, name_of: Callable[[str], str]) -> str:
    """That an outage began while a step changed something, in words."""
    return f", while {name_of(span.during)} ran" if span.during else ""


def outage_fields(view: RunView) -> Iterator[Field]:
    """The times of the run's outage; empty where no trigger fired."""
    found = view.milestones
    if found is None:
        return
    label = "outage"
    for when, words in outage_lines(found, _local_clock_time, view.plan.name):
        stamp = Content.from_text(f"{when:<10}", markup=False)
        yield Field(label, stamp + text(words))
        label = ""


def _local_clock_time(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
