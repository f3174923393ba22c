"""At which steps the rollback of a recorded run would stop, had a trigger begun it."""

from __future__ import annotations

from itertools import takewhile

from mobius_tui.errors import MobiusError
from mobius_tui.run.events.run_events import RunBegan, VariableSet
from mobius_tui.run.journal.follower import JournalFollower, load_run_runbook
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import rollback_obstacles
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.storage.run_directory import RunDirectory


def recorded_stops(directory: RunDirectory) -> tuple[str, ...]:
    """The steps at which it would stop, with the reasons; none for a damaged run.

    Computed for the beginning of the run, with the variables that were set then, since
    it is not known when the rollback would have been armed.

    Args:
        directory: the run's.
    """
    try:
        entries = JournalFollower(directory).read_new()
        head = tuple(
            takewhile(lambda e: isinstance(e.event, RunBegan | VariableSet), entries)
        )
        began = head[0].event if head else None
        if not isinstance(began, RunBegan):
            return ()
        runbook = load_run_runbook(directory, began)
        plan, state = Plan(runbook), fold(runbook, head)
        plan.catch_up(state)
        return rollback_obstacles(plan, state)
    except MobiusError:
        return ()  # the record can be tried all the same
