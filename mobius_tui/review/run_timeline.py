"""The timeline of a run: lanes with bars, marks and checks over one clock. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Literal

from msgspec import Struct

from mobius_tui.health.trigger import TriggerKey
from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.timeline_moments import (
    MAX_PERSON_CHARACTERS,
    SeverityGroup,
    TimelineMoment,
    group_by_severity,
)
from mobius_tui.run.events.event import MomentKind, MomentTone
from mobius_tui.run.events.fleet_events import (
    HOST_STATUSES_NEEDING_PERSON,
    BatchHeld,
    FleetHostEnded,
    HostStatus,
)
from mobius_tui.run.events.step_events import (
    ATTEMPT_TONES,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
)
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.journal.outage_times import NON_TEAM_AUTHORS
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.fleet_state import ENDED_HOST_STATUSES
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Attempt, Status
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.structs import replace

LaneKind = Literal[
    "trigger", "phase", "step", "batch", "probe", "marks", "person", "drill"
]
_BESIDE_BARS = (StepSkipped, StepPassedOver, StepRestored, StepOverridden)
"""Events of a step that the bars of its attempts do not show."""


class TimelineBar(Struct, frozen=True, kw_only=True):
    """A span of time in a lane, such as an attempt."""

    began: float
    """Seconds since 1970."""
    ended: float | None
    """`None` while it goes on."""
    tone: MomentTone
    status: Status | None = None
    """Of an attempt, how it ended."""


class TimelineLane(Struct, frozen=True, kw_only=True, dict=True):
    """One row of the timeline."""

    kind: LaneKind
    title: str
    bars: tuple[TimelineBar, ...] = ()
    moments: tuple[TimelineMoment, ...] = ()
    checks: ProbeChecks | None = None
    """Of a probe."""
    step: str = ""
    drill_difference: float | None = None
    """Seconds that a step took more than in the drill that it is compared with."""

    @cached_property
    def severity_groups(self) -> tuple[SeverityGroup, ...]:
        """The moments by severity, the worst first; the lane is drawn often."""
        return group_by_severity(self.moments)


class RunTimeline(Struct, frozen=True, kw_only=True):
    """The timeline of a whole run."""

    began: float
    """Seconds since 1970."""
    until: float
    """The last moment of which anything is known."""
    lanes: tuple[TimelineLane, ...] = ()
    moments: tuple[TimelineMoment, ...] = ()
    """All that happened, the earliest first."""
    query: str = ""
    """The query that it is filtered by; empty for all."""
    note: str = ""
    """What it is compared with, in words."""


def run_timeline(
    plan: Plan,
    state: RunState,
    moments: Sequence[TimelineMoment],
    checks: Mapping[str, ProbeChecks],
    *,
    until: float,
) -> RunTimeline:
    """The timeline of a run.

    Args:
        plan: the run's.
        state: the run as it is by now.
        moments: what happened, the earliest first.
        checks: those of each probe.
        until: the last moment of which anything is known, in seconds since 1970.
    """
    lanes = (
        *_triggers(moments),
        *_probes(plan, checks),
        *_phases_and_steps(plan, state, moments),
        *_marks(moments),
        *_people(moments),
    )
    return RunTimeline(
        began=state.began_at,
        until=max(until, state.began_at + 1.0),
        lanes=lanes,
        moments=tuple(moments),
    )


def filter_timeline(whole: RunTimeline, query: str) -> RunTimeline:
    """The part of a timeline that matches all words of a query.

    The lanes of health stay, to compare the rest with.
    """
    words = query.lower().split()
    if not words:
        return whole
    found = tuple(m for m in whole.moments if all(w in m.search_text for w in words))
    matching_ids = {id(each) for each in found}
    steps = {each.step for each in found if each.step}
    lanes = []
    for lane in whole.lanes:
        moments = tuple(each for each in lane.moments if id(each) in matching_ids)
        titled = all(word in lane.title.lower() for word in words)
        if lane.kind == "probe" or (lane.step and lane.step in steps) or titled:
            lanes.append(lane)
        elif moments:
            lanes.append(replace(lane, moments=moments))
    return replace(
        whole,
        lanes=tuple(lanes),
        moments=found,
        query=query,
    )


def attempt_bars(state: RunState, step_id: str) -> tuple[TimelineBar, ...]:
    """A bar for each attempt at a step."""
    return tuple(_bar(each) for each in state.steps[step_id].attempts)


def _bar(attempt: Attempt) -> TimelineBar:
    return TimelineBar(
        began=attempt.started,
        ended=attempt.ended,
        tone=ATTEMPT_TONES.get(attempt.status, "bad"),
        status=attempt.status,
    )


def _phases_and_steps(
    plan: Plan, state: RunState, moments: Sequence[TimelineMoment]
) -> Iterator[TimelineLane]:
    """A lane for each phase in which something happened, then one for each step."""
    of_step: dict[str, list[TimelineMoment]] = {}
    for each in moments:
        if each.step:
            of_step.setdefault(each.step, []).append(each)
    for phase in plan.runbook.phases:
        bars = {step.id: attempt_bars(state, step.id) for step in phase.steps}
        active_steps = [s for s in phase.steps if bars[s.id] or s.id in of_step]
        if not active_steps:
            continue
        all_bars = [bar for own in bars.values() for bar in own]
        title = f"{plan.phase_numbers[phase.id]} {phase.title}"
        yield TimelineLane(kind="phase", title=title, bars=tuple(_span(all_bars)))
        for step in active_steps:
            own = of_step.get(step.id, ())
            yield TimelineLane(
                kind="step",
                title=plan.name(step.id),
                bars=bars[step.id],
                moments=tuple(each for each in own if each.event in _BESIDE_BARS),
                step=step.id,
            )
            yield from _batches(state, step.id, own)


def _batches(
    state: RunState, step_id: str, moments: Sequence[TimelineMoment]
) -> Iterator[TimelineLane]:
    """A lane for each batch of hosts, with who went wrong in it and what held it."""
    fleet = state.fleets.get(step_id)
    marked = [m for m in moments if m.event in (FleetHostEnded, BatchHeld)]
    for own in fleet.attempts.values() if fleet is not None else ():
        again = f", attempt {own.attempt}" if own.attempt > 1 else ""
        for batch, after in zip_longest(own.batches, own.batches[1:]):
            until = math.inf if after is None else after.started
            hosts = [own.hosts[host].status for host in batch.hosts]
            count = "1 host" if len(hosts) == 1 else f"{len(hosts)} hosts"
            bar = TimelineBar(
                began=batch.started, ended=batch.ended, tone=_batch_tone(hosts)
            )
            yield TimelineLane(
                kind="batch",
                title=f"batch {batch.number}: {count}{again}",
                bars=(bar,),
                moments=tuple(
                    each
                    for each in marked
                    if batch.started < each.at <= until and each.tone != "plain"
                ),
                step=step_id,
            )


def _batch_tone(hosts: Sequence[HostStatus]) -> MomentTone:
    if any(status in HOST_STATUSES_NEEDING_PERSON for status in hosts):
        return "bad"
    if all(status in ENDED_HOST_STATUSES for status in hosts):
        return "good"
    return "going"


def _span(bars: Sequence[TimelineBar]) -> Iterator[TimelineBar]:
    """One bar from the first beginning to the last end."""
    if bars:
        ends = [bar.ended for bar in bars]
        known_ends = [at for at in ends if at is not None]
        open_ = len(known_ends) < len(ends)
        ended = None if open_ else max(known_ends)
        yield TimelineBar(
            began=min(bar.began for bar in bars), ended=ended, tone="muted"
        )


def _probes(plan: Plan, checks: Mapping[str, ProbeChecks]) -> Iterator[TimelineLane]:
    health = plan.runbook.health
    titles = {p.id: p.title or p.id for p in (health.probes if health else ())}
    for name in (
        *(each for each in titles if each in checks),
        *(checks.keys() - titles),
    ):
        yield TimelineLane(
            kind="probe", title=titles.get(name, name), checks=checks[name]
        )


def _triggers(moments: Sequence[TimelineMoment]) -> Iterator[TimelineLane]:
    """Bars from each trigger to where it cleared, and what people did about it."""
    own = tuple(each for each in moments if each.kind == "triggers")
    if not own:
        return
    bars: list[TimelineBar] = []
    fired_at: dict[TriggerKey, float] = {}
    for each in own:
        if each.trigger is None:
            continue
        if each.event is TriggerFired:
            fired_at.setdefault(each.trigger, each.at)
        elif each.trigger in fired_at:
            began = fired_at.pop(each.trigger)
            bars.append(TimelineBar(began=began, ended=each.at, tone="bad"))
    bars += [TimelineBar(began=at, ended=None, tone="bad") for at in fired_at.values()]
    yield TimelineLane(kind="trigger", title="Triggers", bars=tuple(bars), moments=own)


_MARK_LANES: Sequence[tuple[MomentKind, str]] = (
    ("messages", "Messages"),
    ("decisions", "Decisions"),
    ("notes", "Notes"),
    ("run", "The run"),
)
"""The lanes of marks under the steps."""


def _marks(moments: Sequence[TimelineMoment]) -> Iterator[TimelineLane]:
    for kind, title in _MARK_LANES:
        own = tuple(each for each in moments if each.kind == kind)
        if own:
            yield TimelineLane(kind="marks", title=title, moments=own)


def _people(moments: Iterable[TimelineMoment]) -> Iterator[TimelineLane]:
    found: dict[str, list[TimelineMoment]] = {}
    for each in moments:
        if each.by and each.by not in NON_TEAM_AUTHORS:
            found.setdefault(each.by, []).append(each)
    for name, own in found.items():
        short = shortened(name, MAX_PERSON_CHARACTERS)
        yield TimelineLane(kind="person", title=f"@ {short}", moments=tuple(own))
