"""How events change `RunState.changes`, which is what can be undone. Pure."""

from __future__ import annotations

from dataclasses import replace

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.state.reopening import Reopening
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    ENDED_STATUSES,
    PASSED_STATUSES,
    Attempt,
    Change,
    Status,
)


def withdraw_variables(state: RunState, step_id: str) -> None:
    """Withdraw the variables that a step set; steps that read them become stale."""
    if not state.variables:
        return
    gone = {n for n, value in state.variables.items() if value.step == step_id}
    for name in gone:
        del state.variables[name]
    if not gone:
        return
    for other, step in state.steps.items():
        last = step.last_attempt
        if other == step_id or last is None or step.status not in ENDED_STATUSES:
            continue
        if not gone.isdisjoint(last.reads):
            state.steps[other] = replace(step, is_stale=True)


def store_variables_at_start(state: RunState, step_id: str) -> None:
    """Store the variables with which an attempt at a changing step starts."""
    _note_undo_after_end(state, step_id)
    if step_id in state.changing_steps:
        state.variables_at_start[step_id] = state.variables.copy()


def update_changes_at_end(state: RunState, step_id: str, attempt: Attempt) -> None:
    """Add the change of an ended attempt, or remove the one that it undid."""
    if step_id in state.undo_steps:
        if attempt.status in PASSED_STATUSES:
            mark_undone(state, step_id)
        return
    variables = state.variables_at_start.pop(step_id, None)
    if variables is None or not _has_begun(state, step_id, attempt):
        return
    for name, value in state.variables.items():
        if value.step == step_id:
            variables[name] = value
    state.changes.pop(step_id, None)  # inserted again below, as the newest
    state.changes[step_id] = Change(attempt=attempt.number, variables=variables)


def _has_begun(state: RunState, step_id: str, attempt: Attempt) -> bool:
    """Whether an attempt may have changed something.

    With `on_failure = "continue"` an attempt that did not start is `warned` too: it has
    no exit status. On hosts no attempt has one: there it counts whether any host began.
    """
    if attempt.status is Status.WARNED:
        fleet = state.fleets.get(step_id)
        own = fleet.attempts.get(attempt.number) if fleet is not None else None
        began_on = own is not None and any(host.tries for host in own.hosts.values())
        return attempt.exit is not None or began_on
    return attempt.status is not Status.NOT_STARTED


def mark_undone(state: RunState, undo_step: str) -> None:
    """Make a step that was undone pending again, and withdraw what variables it set."""
    step_id = state.undo_steps[undo_step]
    if state.changes.pop(step_id, None) is None:
        return
    _note_undo_after_end(state, undo_step, undone=step_id)
    withdraw_variables(state, step_id)
    old = state.steps[step_id]
    state.steps[step_id] = replace(
        old, status=Status.PENDING, reason="", by="", is_stale=False
    )


def store_undo_order(state: RunState, event: PhaseEntered) -> None:
    """Store the order of the undo steps if the run entered the phase Undo."""
    if event.undoes:
        state.undo_order = event.undoes


def reopen_run_state(state: RunState, entry: Entry) -> None:
    """Open an ended run again: it is in no phase, and earlier approvals are void.

    Args:
        state: of a run that has ended.
        entry: that of the event `RunReopened`.
    """
    ended, ended_at, before = state.ended, state.ended_at, state.reopening
    assert ended is not None
    assert ended_at is not None
    closed = max(0.0, entry.at - ended_at)
    state.reopening = Reopening(
        by=entry.by,
        at=entry.at,
        ended=ended,
        ended_at=ended_at,
        first_outcome=before.first_outcome if before else ended.outcome,
        closed_for=closed + (before.closed_for if before else 0.0),
        undone=before.undone if before else (),
    )
    state.ended = state.ended_at = state.auto_stopped = None
    state.aside_frames = state.undo_order = ()
    state.approvals = {}


def _note_undo_after_end(state: RunState, undo_step: str, *, undone: str = "") -> None:
    """Note in a reopened run that an undo has begun, or what was undone."""
    own = state.reopening
    if own is None or undo_step not in state.undo_steps:
        return
    more = (undone,) if undone else ()
    state.reopening = replace(own, begun=True, undone=(*own.undone, *more))
