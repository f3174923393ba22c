"""The fold: how each event moves the state of a run on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mobius_tui.errors import StateError
from mobius_tui.run.events import (
    AutoStarted,
    AutoStopped,
    CheckTried,
    ChoiceMade,
    Entry,
    Event,
    HealthSealed,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    StepEnded,
    StepOverridden,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
    VariableSet,
    uncollected,
)
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import ENDED, Attempt, Frame, Look, Status, StepState, Value
from mobius_tui.runbook.model import Runbook


def advance(state: RunState, entry: Entry) -> None:
    """Move a state on by one entry.

    Raises:
        StateError: it may not follow; the state is as before.
    """
    event = entry.event
    state.check(event)
    if entry.n != state.n + 1:
        raise StateError(f"entry {entry.n} follows entry {state.n}")
    state.n = entry.n
    state.at = entry.at
    if entry.intent is not None:
        state.intents.setdefault(entry.intent, entry.n)
    _APPLY[type(event)](state, event, entry)


def _began(state: RunState, event: RunBegan, entry: Entry) -> None:
    state.began = event
    state.began_at, state.began_mono, state.boot = entry.at, entry.mono, entry.boot


def _host_started(state: RunState, event: HostStarted, _entry: Entry) -> None:
    state.host_pid = event.pid
    state.auto = None


def _host_stopped(state: RunState, _event: HostStopped, _entry: Entry) -> None:
    state.host_pid = None


def _auto_started(state: RunState, event: AutoStarted, _entry: Entry) -> None:
    state.auto, state.auto_stopped = event, None


def _auto_stopped(state: RunState, event: AutoStopped, _entry: Entry) -> None:
    state.auto, state.auto_stopped = None, event


def _variable_set(state: RunState, event: VariableSet, _entry: Entry) -> None:
    state.variables[event.name] = Value(
        text=event.value, source=event.source, step=event.step
    )


def _phase_entered(state: RunState, event: PhaseEntered, _entry: Entry) -> None:
    state.entered = (*state.entered, event.phase)
    if event.from_step in state.steps:
        state.turned[event.from_step] = len(state.steps[event.from_step].attempts)
    steps = state.asides.get(event.phase)
    if steps is None:
        state.at_phase = event.phase
        state.frames = ()
        return
    kept = tuple(frame for frame in state.frames if frame.phase != event.phase)
    state.frames = (*kept, Frame(phase=event.phase, from_step=event.from_step))
    for step_id in steps:
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.PENDING, reason="", by="", stale=False
        )


def _phase_left(state: RunState, event: PhaseLeft, _entry: Entry) -> None:
    state.frames = state.frames[:-1]
    if event.to is not None and event.to not in state.asides:
        state.at_phase = event.to
        state.frames = ()
    for step_id in event.recovered:
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.RECOVERED, reason=f"repaired by {event.phase}"
        )


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


def _step_started(state: RunState, event: StepStarted, entry: Entry) -> None:
    _withdraw(state, event.step)
    old = state.steps[event.step]
    attempt = Attempt(
        number=event.attempt,
        by=entry.by,
        started=entry.at,
        reads=event.reads,
        mono=entry.mono,
        boot=entry.boot,
    )
    state.steps[event.step] = StepState(
        status=Status.RUNNING,
        attempts=(*old.attempts, attempt),
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
        attempts=(*old.attempts[:-1], last),
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
    _amend(state, event.step, replace(last, looks=(*last.looks, look)))


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
        output_bytes=event.output_bytes,
        output_sha256=event.output_sha256,
        exit=known.exit if known else None,
        spans_sha256=known.spans_sha256 if known else None,
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


def _step_restored(state: RunState, event: StepRestored, _entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(old, status=Status.PENDING, reason="", by="")


def _step_overridden(state: RunState, event: StepOverridden, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.OVERRIDDEN, reason=event.reason, by=entry.by
    )


def _choice_made(state: RunState, event: ChoiceMade, entry: Entry) -> None:
    _step_started(state, StepStarted(step=event.step, attempt=event.attempt), entry)
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


def _note_added(state: RunState, event: NoteAdded, _entry: Entry) -> None:
    if event.step in state.steps:
        old = state.steps[event.step]
        state.steps[event.step] = replace(old, notes=(*old.notes, event.text))
    else:
        state.notes = (*state.notes, event.text)


def _health_sealed(state: RunState, event: HealthSealed, _entry: Entry) -> None:
    state.sealed = event


def _run_ended(state: RunState, event: RunEnded, entry: Entry) -> None:
    state.ended, state.ended_at = event, entry.at
    state.auto = None


_APPLY: Mapping[type[Event], Callable[[RunState, Any, Entry], None]] = {
    RunBegan: _began,
    HostStarted: _host_started,
    HostStopped: _host_stopped,
    AutoStarted: _auto_started,
    AutoStopped: _auto_stopped,
    VariableSet: _variable_set,
    PhaseEntered: _phase_entered,
    PhaseLeft: _phase_left,
    StepStarted: _step_started,
    CheckTried: _check_tried,
    StopAsked: _stop_asked,
    StepEnded: _step_ended,
    StepUnknown: _step_unknown,
    StepSkipped: _step_skipped,
    StepRestored: _step_restored,
    StepOverridden: _step_overridden,
    ChoiceMade: _choice_made,
    NoteAdded: _note_added,
    HealthSealed: _health_sealed,
    RunEnded: _run_ended,
}


def initial(runbook: Runbook) -> RunState:
    """The state before anything happened."""
    return RunState(
        steps={step.id: StepState() for step in runbook.steps()},
        phase_of={
            step.id: phase.id for phase in runbook.phases for step in phase.steps
        },
        asides={
            phase.id: tuple(step.id for step in phase.steps)
            for phase in runbook.phases
            if phase.aside
        },
    )


def fold(runbook: Runbook, entries: Iterable[Entry]) -> RunState:
    """The state after these entries.

    Raises:
        StateError: an entry may not follow where it stands.
    """
    state = initial(runbook)
    with uncollected():
        for entry in entries:
            advance(state, entry)
    return state
