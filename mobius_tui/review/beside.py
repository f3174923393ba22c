"""A run beside the last drill of its runbook, aligned where both triggers fired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mobius_tui.health.past import Past
from mobius_tui.review import reading
from mobius_tui.review.drills import earlier_drills, times_of
from mobius_tui.review.timeline import Bar, Lane, Timeline, attempts_of
from mobius_tui.review.walk import walk
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.events import RunBegan
from mobius_tui.run.milestones import Milestones
from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState
from mobius_tui.runbook.units import clock

NOTICED = 1.0
"""Seconds that make no difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """What is compared of a drill."""

    run: str
    began: float
    """Seconds since 1970."""
    times: Milestones
    bars: Mapping[str, tuple[Bar, ...]]
    """The attempts at each step."""


def last_drill(directory: RunDirectory, began: RunBegan, at: float) -> Drill | None:
    """The last drill of the same runbook that had ended before a run began.

    Args:
        directory: the run's; its drills lie beside it.
        began: how it began.
        at: when that was, in seconds since 1970.

    Returns:
        Nothing where there is none that can be read.
    """
    for other in earlier_drills(directory, began, at):
        found = _drill(other)
        if found is not None:
            return found
    return None


def _drill(directory: RunDirectory) -> Drill | None:
    record = reading.read(directory)
    if record.problems or record.began is None:
        return None
    plan = Plan(record.runbook)
    walked = walk(plan, record.entries)
    past = Past()
    for check in reading.checks(directory):
        past.add(check)
    state = walked.state
    return Drill(
        run=directory.id,
        began=state.began_at,
        times=times_of(directory, plan, record.entries, past),
        bars={step_id: attempts_of(state, step_id) for step_id in state.steps},
    )


def beside(whole: Timeline, state: RunState, own: Milestones, drill: Drill) -> Timeline:
    """A timeline with a lane of the drill under each step.

    Args:
        whole: the run's.
        state: the run's.
        own: its times.
        drill: the drill.
    """
    both = own.triggered and drill.times.triggered
    here = own.since if both else state.began_at
    there = drill.times.since if both else drill.began
    lanes: list[Lane] = []
    for lane in whole.lanes:
        bars = drill.bars.get(lane.step, ()) if lane.kind == "step" else ()
        if not bars:
            lanes.append(lane)
            continue
        lanes.append(replace(lane, note=_difference(_took(lane.bars) - _took(bars))))
        shifted = tuple(_shifted(bar, here - there) for bar in bars)
        lanes.append(
            Lane(kind="drill", title="in the drill", bars=shifted, step=lane.step)
        )
    at = "the trigger" if both else "the beginning"
    words = "; ".join((*_measured(own, drill.times, both=both), f"aligned at {at}"))
    return replace(whole, lanes=tuple(lanes), note=f"beside drill {drill.run}: {words}")


def _took(bars: tuple[Bar, ...]) -> float:
    """Seconds of all attempts that have ended."""
    return sum(bar.ended - bar.began for bar in bars if bar.ended is not None)


def _shifted(bar: Bar, by: float) -> Bar:
    ended = bar.began if bar.ended is None else bar.ended
    return replace(bar, began=bar.began + by, ended=ended + by)


def _difference(seconds: float) -> str:
    if abs(seconds) < NOTICED:
        return "="
    return f"{'+' if seconds > 0 else '-'}{clock(abs(seconds))}"


_SAID = (("rollback", "rollback begun"), ("restored", "restored"))
"""The times that are told first."""


def _measured(own: Milestones, drill: Milestones, *, both: bool) -> Iterator[str]:
    """How much later or sooner than in the drill: nothing where that cannot be said."""
    if own.triggered != drill.triggered and not both:
        return
    for name, word in _SAID:
        mine, theirs = own.after(name), drill.after(name)
        if mine is None or theirs is None:
            continue
        if abs(mine - theirs) < NOTICED:
            yield f"{word} as soon"
        else:
            later = "later" if mine > theirs else "sooner"
            yield f"{word} {clock(abs(mine - theirs))} {later}"
