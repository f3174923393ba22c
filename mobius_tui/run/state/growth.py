"""The steps that join a run while it goes on, as its events add them. Pure.

The events are kept in `RunState.growth`, in their order: a plan catches up with them
(`Plan.catch_up`), so that it is the plan of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mobius_tui.run.events.growth_events import GrowthEvent, StepImprovised
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    Status,
    StepState,
)
from mobius_tui.runbook.model.for_each import undo_id
from mobius_tui.runbook.model.improvised import IMPROVISED_PHASE


def apply_growth_event(state: RunState, event: GrowthEvent) -> None:
    """Add the steps of an event that may follow."""
    state.growth = state.growth.appended(event)
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


_ROW_DONE = GATE_OPENING_STATUSES | {Status.SKIPPED}
"""Statuses of a row that nothing is left to do for."""


def is_row_done(state: RunState, row: str) -> bool:
    """Whether nothing is left to do for a row."""
    return state.steps[row].status in _ROW_DONE


def refresh_parent(state: RunState, parent: str) -> None:
    """Let a step with rows be what they are: passed once nothing is left to do.

    It is `warned` where a row was skipped or warned of something, and pending before.
    Rows that do not apply do not count.
    """
    all_statuses = {state.steps[row].status for row in state.rows_of[parent]}
    statuses = all_statuses - {Status.NOT_APPLICABLE}
    if not statuses <= _ROW_DONE:
        status = Status.PENDING
    elif not statuses:
        status = Status.NOT_APPLICABLE
    elif statuses <= {Status.SKIPPED}:
        status = Status.SKIPPED
    elif statuses & {Status.SKIPPED, Status.WARNED}:
        status = Status.WARNED
    else:
        status = Status.PASSED
    old = state.steps[parent]
    if old.status is not status and old.status is not Status.RUNNING:
        reason = "" if old.status is Status.NOT_APPLICABLE else old.reason
        if status is Status.NOT_APPLICABLE:
            reason = "none of its rows does"
        state.steps[parent] = replace(old, status=status, reason=reason)
