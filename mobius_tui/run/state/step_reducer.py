"""How the events of steps change the state of each: attempts, looks, ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Event
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
)
from mobius_tui.run.state import undo_reducer
from mobius_tui.run.state.run_state import ApplyEvent, RunState
from mobius_tui.run.state.step_state import (
    Attempt,
    CheckTry,
    StateVariable,
    Status,
    StepState,
)
from mobius_tui.runbook.model.actions import chosen_text

MAX_GIVEN_VALUE_CHARS = 2000
"""Characters of a variable's value that are kept with an attempt, at most."""


def _variables_given(
    state: RunState, step_id: str, reads: tuple[str, ...]
) -> tuple[tuple[str, str | None], ...]:
    """The values that an attempt at a step gets if it begins now."""
    variables = state.variables_for(step_id)
    return tuple(
        (name, _shortened(variables[name].text)) for name in reads if name in variables
    )


def _shortened(value: str | None) -> str | None:
    if value is None or len(value) <= MAX_GIVEN_VALUE_CHARS:
        return value
    return (
        f"{value[: MAX_GIVEN_VALUE_CHARS // 2]}…{value[-MAX_GIVEN_VALUE_CHARS // 2 :]}"
    )


def _step_started(state: RunState, event: StepStarted, entry: Entry) -> None:
    undo_reducer.withdraw_variables(state, event.step)
    undo_reducer.store_variables_at_start(state, event.step)
    old = state.steps[event.step]
    attempt = Attempt(
        number=event.attempt,
        by=entry.by,
        started=entry.at,
        reads=event.reads,
        variables_given=_variables_given(state, event.step, event.reads),
        mono=entry.mono,
        boot=entry.boot,
    )
    state.steps[event.step] = StepState(
        status=Status.RUNNING,
        attempts=old.attempts.appended(attempt),
        by=entry.by,
        notes=old.notes,
    )


def _replace_last(
    state: RunState,
    step_id: str,
    old: StepState,
    last: Attempt,
    status: Status,
    reason: str,
) -> None:
    """Replace a step's last attempt, faster than `replace` does."""
    state.steps[step_id] = StepState(
        status=status,
        attempts=old.attempts.with_last(last),
        reason=reason,
        by=old.by,
        is_stale=old.is_stale,
        notes=old.notes,
    )


def _replace_attempt(state: RunState, step_id: str, attempt: Attempt) -> None:
    old = state.steps[step_id]
    _replace_last(state, step_id, old, attempt, old.status, old.reason)


def _check_tried(state: RunState, event: CheckTried, entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    look = CheckTry(
        check=event.check,
        number=event.look,
        held=event.held,
        detail=event.detail,
        held_in_row=event.row,
        at=entry.at,
    )
    _replace_attempt(
        state, event.step, replace(last, check_tries=last.check_tries.appended(look))
    )


def _stop_asked(state: RunState, event: StopAsked, _entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    _replace_attempt(state, event.step, replace(last, stop_asked=True))


def _end_attempt(
    state: RunState, event: StepEnded | StepUnknown, entry: Entry, status: Status
) -> None:
    old = state.steps[event.step]
    last = old.attempts[-1]
    took = (
        entry.mono - last.mono if entry.boot == last.boot else entry.at - last.started
    )
    ended_event = event if isinstance(event, StepEnded) else None
    ended = replace(
        last,
        ended=entry.at,
        duration=max(0.0, took),
        status=status,
        reason=event.reason,
        left=event.left,
        ended_with=ended_event.ended_with if ended_event else (),
        output_bytes=event.output_bytes,
        exit=ended_event.exit if ended_event else None,
        note=ended_event.note if ended_event else "",
    )
    _replace_last(state, event.step, old, ended, status, event.reason)
    undo_reducer.update_changes_at_end(state, event.step, ended)


def _step_ended(state: RunState, event: StepEnded, entry: Entry) -> None:
    _end_attempt(state, event, entry, Status(event.result))


def _step_unknown(state: RunState, event: StepUnknown, entry: Entry) -> None:
    _end_attempt(state, event, entry, Status.UNKNOWN)


def _step_skipped(state: RunState, event: StepSkipped, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.SKIPPED, reason=event.reason, by=entry.by
    )


def _step_passed_over(state: RunState, event: StepPassedOver, _entry: Entry) -> None:
    state.passed_over[event.step] = event.reason
    if event.looked:
        old = state.steps[event.step]
        state.steps[event.step] = replace(
            old, status=Status.NOT_APPLICABLE, reason=event.reason
        )


def _step_restored(state: RunState, event: StepRestored, _entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(old, status=Status.PENDING, reason="", by="")


def _step_overridden(state: RunState, event: StepOverridden, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.OVERRIDDEN, reason=event.reason, by=entry.by
    )
    if event.step in state.undo_steps:
        undo_reducer.mark_undone(state, event.step)


def _choice_made(state: RunState, event: ChoiceMade, entry: Entry) -> None:
    began = StepStarted(step=event.step, attempt=event.attempt, reads=event.reads)
    _step_started(state, began, entry)
    state.variables[event.var] = StateVariable(
        text=chosen_text(event.values), source="answer", step=event.step
    )
    _step_ended(
        state,
        StepEnded(
            step=event.step,
            attempt=event.attempt,
            result=Status.PASSED,
            reason=", ".join(event.values),
            note=event.reason,
        ),
        entry,
    )


APPLY_TO_STEP: Mapping[type[Event], ApplyEvent] = {
    StepStarted: _step_started,
    CheckTried: _check_tried,
    StopAsked: _stop_asked,
    StepEnded: _step_ended,
    StepUnknown: _step_unknown,
    StepSkipped: _step_skipped,
    StepPassedOver: _step_passed_over,
    StepRestored: _step_restored,
    StepOverridden: _step_overridden,
    ChoiceMade: _choice_made,
}
