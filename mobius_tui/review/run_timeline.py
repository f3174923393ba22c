"""What happened when, as lanes on one clock: bars, marks, and checks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.timeline_moments import (
    SHORT,
    MomentKind,
    MomentTone,
    SeverityGroup,
    TimelineMoment,
    group_by_severity,
)
from mobius_tui.run.journal.outage_times import NO_TEAM_MEMBER
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Attempt, Status

LaneKind = Literal["trigger", "phase", "step", "probe", "marks", "person", "drill"]
_TONES: Mapping[Status, MomentTone] = {
    Status.RUNNING: "going",
    Status.PASSED: "good",
    Status.WARNED: "warn",
}
"""How an attempt ended; any other way is bad."""
_BESIDE_BARS = frozenset(
    {"StepSkipped", "StepPassedOver", "StepRestored", "StepOverridden"}
)
"""What happens to a step and no bar of its attempts shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineBar:
    """What took a while."""

    began: float
    """Seconds since 1970."""
    ended: float | None
    """`None` while it goes on."""
    tone: MomentTone
    status: Status | None = None
    """Of an attempt, how it ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineLane:
    """One row of the timeline."""

    kind: LaneKind
    title: str
    bars: tuple[TimelineBar, ...] = ()
    moments: tuple[TimelineMoment, ...] = ()
    checks: ProbeChecks | None = None
    """Of a probe."""
    step: str = ""
    note: str = ""
    """What stands beside its title: how much longer than in a drill it took."""
    graded: tuple[SeverityGroup, ...] = field(init=False, repr=False, compare=False)
    """Its moments by how bad they are, the worst first."""

    def __post_init__(self) -> None:
        """Sort them once: it is drawn again and again."""
        object.__setattr__(self, "graded", group_by_severity(self.moments))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunTimeline:
    """All of a run."""

    began: float
    """Seconds since 1970."""
    until: float
    """The last moment of which anything is known."""
    lanes: tuple[TimelineLane, ...] = ()
    moments: tuple[TimelineMoment, ...] = field(default=(), repr=False)
    """All that happened, the earliest first."""
    query: str = ""
    """What it was narrowed down to."""
    note: str = ""
    """What it is shown beside."""


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
    """What of a timeline is about all words of a query: people, phases, kinds, texts.

    The lanes of health stay: what else happened is read against them.
    """
    words = query.lower().split()
    if not words:
        return whole
    found = tuple(m for m in whole.moments if all(w in m.words for w in words))
    kept = {id(each) for each in found}
    steps = {each.step for each in found if each.step}
    lanes = []
    for lane in whole.lanes:
        moments = tuple(each for each in lane.moments if id(each) in kept)
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


def attempts_of(state: RunState, step_id: str) -> tuple[TimelineBar, ...]:
    """A bar for each attempt at a step."""
    return tuple(_bar(each) for each in state.steps[step_id].attempts)


def _bar(attempt: Attempt) -> TimelineBar:
    return TimelineBar(
        began=attempt.started,
        ended=attempt.ended,
        tone=_TONES.get(attempt.status, "bad"),
        status=attempt.status,
    )


def _phases_and_steps(
    plan: Plan, state: RunState, moments: Sequence[TimelineMoment]
) -> Iterator[TimelineLane]:
    """Each phase that anything happened in, over its steps."""
    of_step: dict[str, list[TimelineMoment]] = {}
    for each in moments:
        if each.step:
            of_step.setdefault(each.step, []).append(each)
    for phase in plan.runbook.phases:
        bars = {step.id: attempts_of(state, step.id) for step in phase.steps}
        touched = [s for s in phase.steps if bars[s.id] or s.id in of_step]
        if not touched:
            continue
        every = [bar for own in bars.values() for bar in own]
        title = f"{plan.numbers.get(touched[0].id, '').partition('.')[0]} {phase.title}"
        yield TimelineLane(kind="phase", title=title, bars=tuple(_span(every)))
        for step in touched:
            own = of_step.get(step.id, ())
            yield TimelineLane(
                kind="step",
                title=plan.name(step.id),
                bars=bars[step.id],
                moments=tuple(each for each in own if each.event in _BESIDE_BARS),
                step=step.id,
            )


def _span(bars: Sequence[TimelineBar]) -> Iterator[TimelineBar]:
    """One bar over all."""
    if bars:
        ends = [bar.ended for bar in bars]
        known = [at for at in ends if at is not None]
        open_ = len(known) < len(ends)
        ended = None if open_ else max(known)
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
    """From each trigger to where it cleared, and what people did about it."""
    own = tuple(each for each in moments if each.kind == "triggers")
    if not own:
        return
    bars: list[TimelineBar] = []
    standing: dict[str, float] = {}
    for each in own:
        if each.event == "TriggerFired":
            standing.setdefault(each.about, each.at)
        elif each.event == "TriggerCleared" and each.about in standing:
            began = standing.pop(each.about)
            bars.append(TimelineBar(began=began, ended=each.at, tone="bad"))
    bars += [TimelineBar(began=at, ended=None, tone="bad") for at in standing.values()]
    yield TimelineLane(kind="trigger", title="Triggers", bars=tuple(bars), moments=own)


_LANES: Sequence[tuple[MomentKind, str]] = (
    ("messages", "Messages"),
    ("decisions", "Decisions"),
    ("notes", "Notes"),
    ("run", "The run"),
)
"""The lanes of marks under the steps."""


def _marks(moments: Sequence[TimelineMoment]) -> Iterator[TimelineLane]:
    for kind, title in _LANES:
        own = tuple(each for each in moments if each.kind == kind)
        if own:
            yield TimelineLane(kind="marks", title=title, moments=own)


def _people(moments: Iterable[TimelineMoment]) -> Iterator[TimelineLane]:
    found: dict[str, list[TimelineMoment]] = {}
    for each in moments:
        if each.by and each.by not in NO_TEAM_MEMBER:
            found.setdefault(each.by, []).append(each)
    for name, own in found.items():
        short = name if len(name) <= SHORT else f"{name[: SHORT - 1]}…"
        yield TimelineLane(kind="person", title=f"@ {short}", moments=tuple(own))
