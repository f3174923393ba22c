"""The fold, where it is about one step: how its events move it on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from mobius_tui.run.entry import Entry
from mobius_tui.run.events import Event
from mobius_tui.run.state import RunState
from mobius_tui.run.step_events import (
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
from mobius_tui.run.steps import ENDED, Attempt, Look, Status, StepState, Value

Apply: TypeAlias = Callable[[RunState, Any, Entry], None]
"""Moves a state on by an event, which may follow, and the entry that it came in."""
GIVEN = 2000
"""Characters that are kept of a value that an attempt was given."""


def _withdraw(state: RunState, step_id: str) -> None:
    """Take back what a step set; finished steps that used it are stale."""
    if not state.variables:
        return
    gone = {n for n, value in state.variables.items() if value.step == step_id}
    for name in gone:
        del state.variables[name]
    if not gone:
        return
    for other, step in state.steps.items():
        last = step.last
        if other == step_id or last is None or step.status not in ENDED:
            continue
        if not gone.isdisjoint(last.reads):
            state.steps[other] = replace(step, stale=True)


def _given(
    state: RunState, reads: tuple[str, ...]
) -> tuple[tuple[str, str | None], ...]:
    """What an attempt that begins now is given."""
    known = state.variables
    return tuple((name, _short(known[name].text)) for name in reads if name in known)


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= GIVEN:
        return value
    return f"{value[: GIVEN // 2]}…{value[-GIVEN // 2 :]}"


def _step_started(state: RunState, event: StepStarted, entry: Entry) -> None:
    _withdraw(state, event.step)
    old = state.steps[event.step]
    attempt = Attempt(
        number=event.attempt,
        by=entry.by,
        started=entry.at,
        reads=event.reads,
        given=_given(state, event.reads),
        mono=entry.mono,
        boot=entry.boot,
    )
    state.steps[event.step] = StepState(
        status=Status.RUNNING,
        attempts=old.attempts.plus(attempt),
        by=entry.by,
        notes=old.notes,
    )


def _put(
    state: RunState,
    step_id: str,
    old: StepState,
    last: Attempt,
    status: Status,
    reason: str,
) -> None:
    """Put a newer value in place of a step's last attempt, faster than `replace`."""
    state.steps[step_id] = StepState(
        status=status,
        attempts=old.attempts.amended(last),
        reason=reason,
        by=old.by,
        stale=old.stale,
        notes=old.notes,
    )


def _amend(state: RunState, step_id: str, attempt: Attempt) -> None:
    old = state.steps[step_id]
    _put(state, step_id, old, attempt, old.status, old.reason)


def _check_tried(state: RunState, event: CheckTried, entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    look = Look(
        check=event.check,
        look=event.look,
        held=event.held,
        detail=event.detail,
        row=event.row,
        at=entry.at,
    )
    _amend(state, event.step, replace(last, looks=last.looks.plus(look)))


def _stop_asked(state: RunState, event: StopAsked, _entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    _amend(state, event.step, replace(last, stop_asked=True))


def _close(
    state: RunState, event: StepEnded | StepUnknown, entry: Entry, status: Status
) -> None:
    old = state.steps[event.step]
    last = old.attempts[-1]
    took = (
        entry.mono - last.mono if entry.boot == last.boot else entry.at - last.started
    )
    known = event if isinstance(event, StepEnded) else None
    ended = replace(
        last,
        ended=entry.at,
        took=max(0.0, took),
        status=status,
        reason=event.reason,
        left=event.left,
        ended_with=known.ended_with if known else (),
        output_bytes=event.output_bytes,
        exit=known.exit if known else None,
        note=known.note if known else "",
    )
    _put(state, event.step, old, ended, status, event.reason)


def _step_ended(state: RunState, event: StepEnded, entry: Entry) -> None:
    _close(state, event, entry, Status(event.result))


def _step_unknown(state: RunState, event: StepUnknown, entry: Entry) -> None:
    _close(state, event, entry, Status.UNKNOWN)


def _step_skipped(state: RunState, event: StepSkipped, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.SKIPPED, reason=event.reason, by=entry.by
    )


def _step_passed_over(state: RunState, event: StepPassedOver, _entry: Entry) -> None:
    state.passed_over[event.step] = event.reason


def _step_restored(state: RunState, event: StepRestored, _entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(old, status=Status.PENDING, reason="", by="")


def _step_overridden(state: RunState, event: StepOverridden, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.OVERRIDDEN, reason=event.reason, by=entry.by
    )


def _choice_made(state: RunState, event: ChoiceMade, entry: Entry) -> None:
    began = StepStarted(step=event.step, attempt=event.attempt, reads=event.reads)
    _step_started(state, began, entry)
    state.variables[event.var] = Value(
        text="\n".join(event.values), source="answer", step=event.step
    )
    _step_ended(
        state,
        StepEnded(
            step=event.step,
            attempt=event.attempt,
            result="passed",
            reason=", ".join(event.values),
            note=event.reason,
        ),
        entry,
    )


APPLY_TO_STEP: Mapping[type[Event], Apply] = {
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
