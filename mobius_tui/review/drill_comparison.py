"""The timeline of a run with that of the last drill of its runbook beside it.

The two are aligned where their triggers fired, or else where they began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.review import run_reader
from mobius_tui.review.run_timeline import (
    RunTimeline,
    TimelineBar,
    TimelineLane,
    attempt_bars,
)
from mobius_tui.review.run_walk import walk_run
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.follower import read_probe_results
from mobius_tui.run.journal.outage_times import Milestones
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.drill_history import earlier_drills
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.structs import replace

NEGLIGIBLE_SECONDS = 1.0
"""A difference of fewer seconds than this counts as none."""


class ComparedDrill(Struct, frozen=True, kw_only=True):
    """The times and attempts of a drill, to compare a run with."""

    run: str
    began: float
    """Seconds since 1970."""
    milestones: Milestones
    bars: Mapping[str, tuple[TimelineBar, ...]]
    """The attempts at each step."""


def last_drill_before(
    directory: RunDirectory, began: RunBegan, at: float
) -> ComparedDrill | None:
    """The last drill of the same runbook that had ended before a run began.

    Args:
        directory: the run's; the drills are in the same folder.
        began: the event with which the run began.
        at: when the run began, in seconds since 1970.

    Returns:
        The drill; `None` if there is none that can be read.
    """
    for other in earlier_drills(directory, began, at):
        found = _drill(other)
        if found is not None:
            return found
    return None


def _drill(directory: RunDirectory) -> ComparedDrill | None:
    record = run_reader.read_run(directory)
    if record.problems or record.began is None:
        return None
    plan = Plan(record.runbook)
    walked = walk_run(plan, record.entries)
    plan.catch_up(walked.state)
    past = HealthHistory()
    for check in read_probe_results(directory):
        past.add(check)
    state = walked.state
    return ComparedDrill(
        run=directory.id,
        began=state.began_at,
        milestones=run_reader.milestones_of(directory, plan, record.entries, past),
        bars={step_id: attempt_bars(state, step_id) for step_id in state.steps},
    )


def compare_with_drill(
    timeline: RunTimeline,
    state: RunState,
    run_milestones: Milestones,
    drill: ComparedDrill,
) -> RunTimeline:
    """A timeline with a lane of the drill under each step.

    Args:
        timeline: the run's.
        state: the run's.
        run_milestones: its times.
        drill: the drill.
    """
    both = run_milestones.triggered and drill.milestones.triggered
    run_origin = run_milestones.since if both else state.began_at
    drill_origin = drill.milestones.since if both else drill.began
    lanes: list[TimelineLane] = []
    for lane in timeline.lanes:
        bars = drill.bars.get(lane.step, ()) if lane.kind == "step" else ()
        if not bars:
            lanes.append(lane)
            continue
        difference = _took(lane.bars) - _took(bars)
        lanes.append(replace(lane, drill_difference=difference))
        shifted = tuple(_shifted(bar, run_origin - drill_origin) for bar in bars)
        lanes.append(
            TimelineLane(
                kind="drill", title="in the drill", bars=shifted, step=lane.step
            )
        )
    at = "the trigger" if both else "the beginning"
    words = "; ".join(
        (
            *_milestone_differences(run_milestones, drill.milestones, both=both),
            f"aligned at {at}",
        )
    )
    return replace(
        timeline, lanes=tuple(lanes), note=f"beside drill {drill.run}: {words}"
    )


def _took(bars: tuple[TimelineBar, ...]) -> float:
    """Seconds of all attempts that have ended."""
    return sum(bar.ended - bar.began for bar in bars if bar.ended is not None)


def _shifted(bar: TimelineBar, by: float) -> TimelineBar:
    ended = bar.began if bar.ended is None else bar.ended
    return replace(bar, began=bar.began + by, ended=ended + by)


_COMPARED_MILESTONES = (("rollback", "rollback begun"), ("restored", "restored"))
"""The milestones that a timeline's `note` compares, and their words."""


def _milestone_differences(
    own: Milestones, drill: Milestones, *, both: bool
) -> Iterator[str]:
    """How much later or sooner each milestone was than in the drill, if both had it."""
    if own.triggered != drill.triggered and not both:
        return
    for name, word in _COMPARED_MILESTONES:
        mine, theirs = own.seconds_until(name), drill.seconds_until(name)
        if mine is None or theirs is None:
            continue
        if abs(mine - theirs) < NEGLIGIBLE_SECONDS:
            yield f"{word} as soon"
        else:
            later = "later" if mine > theirs else "sooner"
            yield f"{word} {clock_duration(abs(mine - theirs))} {later}"
