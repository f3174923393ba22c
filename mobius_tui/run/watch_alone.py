"""Whether a run is a watch alone, or a person has made more of it. Pure."""

from __future__ import annotations

from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState
from mobius_tui.run.watch_state import WatchState


def taken_over(plan: Plan, state: RunState) -> bool:
    """Whether a person works the runbook: then the end is theirs to say."""
    mains = [step.id for phase in plan.main for step in phase.steps]
    elsewhere = bool(state.frames) and not (state.watch.goes or state.watch.stopped)
    return elsewhere or any(state.steps[step_id].attempts for step_id in mains)


def is_only_watched(plan: Plan, state: RunState) -> bool:
    """Whether the run is a watch that nobody made more of, and that still goes on."""
    watch = state.watch
    return (
        watch.job is not None
        and not watch.over
        and not watch.stopped
        and not taken_over(plan, state)
    )


def ends_alone(plan: Plan, state: RunState) -> bool:
    """Whether the run is a watch that ends when nobody looks at it any more."""
    job = state.watch.job
    stays = job is None or job.detached or under_way(state.watch)
    return not stays and is_only_watched(plan, state)


def under_way(watch: WatchState) -> bool:
    """Whether a rollback is being counted down to, or made."""
    return watch.countdown is not None or watch.goes
