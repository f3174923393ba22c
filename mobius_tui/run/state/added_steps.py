"""The steps that join a run while it goes on, as its events add them. Pure.

The events are kept in `RunState.step_additions`, in their order: a plan catches up with
them (`Plan.catch_up`), so that it is the plan of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable

from mobius_tui.run.events.step_events import (
    MAX_ITEMS_NAMED,
    StepAdditionEvent,
    StepImprovised,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    RowRules,
    Status,
    StepState,
    will_retry,
)
from mobius_tui.runbook.model.runtime_steps import IMPROVISED_PHASE, undo_id
from mobius_tui.structs import replace


def apply_step_addition_event(state: RunState, event: StepAdditionEvent) -> None:
    """Add the steps of an event that may follow."""
    state.step_additions = state.step_additions.appended(event)
    if isinstance(event, StepImprovised):
        _add_steps(state, IMPROVISED_PHASE, (event.step,))
        return
    _add_rows(state, event.step, event.rows, event.items)
    if event.step in state.steps_with_changing_rows:
        state.changing_steps |= {*event.rows}
    for undo, undone in tuple(state.undo_steps.items()):
        if undone == event.step:
            undo_rows = {undo_id(row): row for row in event.rows}
            _add_rows(state, undo, tuple(undo_rows), event.items)
            state.undo_steps = {**state.undo_steps, **undo_rows}


def _add_rows(
    state: RunState, parent: str, rows: tuple[str, ...], items: tuple[str, ...]
) -> None:
    """Add the rows of a step, each with its item."""
    _add_steps(state, state.phase_of[parent], rows)
    state.rows_of = {**state.rows_of, parent: rows}
    state.parent_of = {**state.parent_of, **dict.fromkeys(rows, parent)}
    state.items = {**state.items, **dict(zip(rows, items, strict=True))}


def _add_steps(state: RunState, phase: str, step_ids: Iterable[str]) -> None:
    """Add pending steps to a phase."""
    new = tuple(step_ids)
    state.steps.update((step_id, StepState()) for step_id in new)
    state.phase_of = {**state.phase_of, **dict.fromkeys(new, phase)}
    if phase in state.aside_steps:
        steps = (*state.aside_steps[phase], *new)
        state.aside_steps = {**state.aside_steps, phase: steps}


_DONE_ROW_STATUSES = GATE_OPENING_STATUSES | {Status.SKIPPED}
"""Statuses of a row for which nothing is left to do."""
_ENDED_PARENT_STATUSES = GATE_OPENING_STATUSES | {Status.FAILED, Status.SKIPPED}
"""Statuses of a step with rows in which no further row begins."""
_DEFAULT_ROW_RULES = RowRules(max_failed=0, retry=None)


def is_row_done(state: RunState, row: str) -> bool:
    """Whether nothing is left to do for a row."""
    return state.steps[row].status in _DONE_ROW_STATUSES


def failed_step_or_parent(state: RunState, step_id: str) -> str:
    """The id of the step that a person decides on when this one has failed.

    For a row it is the parent step, once that has failed; until then the row itself.
    """
    parent = state.parent_of.get(step_id, step_id)
    return parent if state.steps[parent].status is Status.FAILED else step_id


def has_ended_with_rows(state: RunState, step_id: str) -> bool:
    """Whether a step has rows, and has ended, so that no other of them begins."""
    return (
        step_id in state.rows_of
        and state.steps[step_id].status in _ENDED_PARENT_STATUSES
    )


def is_row_closed_by_parent(state: RunState, row: str) -> bool:
    """Whether a row failed or never began, and its parent step has ended all the same.

    No further attempt at such a row follows; what counts is the parent's status.
    """
    parent = state.parent_of.get(row)
    return (
        parent is not None
        and state.steps[row].status in STATUSES_NEEDING_DECISION | UNBEGUN_STATUSES
        and has_ended_with_rows(state, parent)
    )


def failed_rows(state: RunState, parent: str) -> tuple[str, ...]:
    """The rows that failed, and are not tried again by themselves.

    An unknown row has not failed: a person must look at it.
    """
    bad = STATUSES_NEEDING_DECISION - {Status.UNKNOWN}
    return tuple(
        row
        for row in state.rows_of[parent]
        if state.steps[row].status in bad and not _will_retry_row(state, parent, row)
    )


def _will_retry_row(state: RunState, parent: str, row: str) -> bool:
    rules = state.row_rules.get(parent, _DEFAULT_ROW_RULES)
    return will_retry(rules.retry, state.steps[row])


def refresh_parent(state: RunState, parent: str) -> None:
    """Derive the status of a step with rows from theirs.

    Up to `max_failed` rows may fail: the step is then `warned`, as it is where a row
    was warned, or some were skipped. If more have failed, it has failed once no row
    runs any more. It is undone where a row was; pending until every row is done, and
    for as long as a row is unknown. Rows that do not apply do not count: it is
    `skipped` where all others were, and `not applicable` where there are no others.
    """
    old = state.steps[parent]
    if old.status is Status.RUNNING:
        return  # it lists its items
    status = _status_of_rows(state, parent)
    if old.status is Status.RECOVERED and status is Status.FAILED:
        return
    is_bad = status in (Status.FAILED, Status.WARNED)
    reason = _failed_in_words(state, parent) if is_bad else ""
    if status is Status.NOT_APPLICABLE:
        reason = "none of its rows does"
    if status is Status.UNDONE:
        rows = state.rows_of[parent]
        undone = tuple(row for row in rows if state.steps[row].status is status)
        reason = f"{len(undone)} of {len(rows)} rows: {_item_names(state, undone)}"
    if (old.status, old.reason) != (status, reason):
        state.steps[parent] = replace(old, status=status, reason=reason)


def _status_of_rows(state: RunState, parent: str) -> Status:
    rows, failed = state.rows_of[parent], failed_rows(state, parent)
    statuses = {state.steps[row].status for row in rows} - {Status.NOT_APPLICABLE}
    retried = any(_will_retry_row(state, parent, row) for row in rows)
    if retried or statuses & {Status.UNKNOWN, Status.RUNNING}:
        return Status.PENDING
    if len(failed) > state.row_rules.get(parent, _DEFAULT_ROW_RULES).max_failed:
        return Status.FAILED
    for status in (Status.UNDONE, Status.PENDING):
        if status in statuses:
            return status
    if not statuses:
        return Status.NOT_APPLICABLE
    if statuses <= {Status.SKIPPED}:
        return Status.SKIPPED
    if failed or statuses & {Status.SKIPPED, Status.WARNED}:
        return Status.WARNED
    return Status.PASSED


def _failed_in_words(state: RunState, parent: str) -> str:
    """How many rows failed, and of which items; empty where none did."""
    failed, count = failed_rows(state, parent), len(state.rows_of[parent])
    if not failed:
        return ""
    words = f"{len(failed)} of {count} rows failed: {_item_names(state, failed)}"
    why = state.steps[failed[0]].reason if len(failed) == 1 else ""
    return f"{words}: {why}" if why else words


def _item_names(state: RunState, rows: tuple[str, ...]) -> str:
    named = [" ".join(state.items[row].split()) for row in rows[:MAX_ITEMS_NAMED]]
    more = len(rows) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
