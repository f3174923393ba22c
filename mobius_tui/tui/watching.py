"""A watch without a checklist, as the run's screen shows it: pure judgement."""

from __future__ import annotations

from mobius_tui.run.rollback import rollback_of
from mobius_tui.run.watch_alone import is_only_watched
from mobius_tui.runbook.units import clock
from mobius_tui.tui.view import RunView


def watch_left(view: RunView) -> str:
    """How long a watch still goes on, in words; empty where a person has work to do.

    That is where the run is no such watch, or somebody works its steps, or it rolls
    back.
    """
    watch = view.state.watch
    open_ = view.state.ended is None and view.reviewed is None
    if watch.job is None or not open_ or watch.goes:
        return ""
    if not is_only_watched(view.plan, view.state):
        return ""
    if watch.job.seconds is None:
        return "until somebody ends it"
    return f"{clock(max(0.0, watch.job_at + watch.job.seconds - view.now))} left"


def shown_mode(view: RunView) -> str:
    """The mode that the bar shows; a rehearsal is one, whatever is done in it."""
    watches = view.mode == "incident" and watch_left(view)
    return "watch" if watches else view.mode


def what_follows(view: RunView) -> str:
    """What a trigger that fires does, in words."""
    phase = rollback_of(view.plan)
    if view.state.watch.countdown is not None:
        return "a trigger has fired: the rollback begins by itself"
    if phase is not None and view.state.watch.armed:
        return f"a trigger that fires begins {phase.title}"
    return "a trigger that fires only says so"
