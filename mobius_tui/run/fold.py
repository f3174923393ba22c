"""The fold: how each event moves the state of a run on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mobius_tui.errors import StateError
from mobius_tui.run import approvals, deliveries, fold_watch
from mobius_tui.run.approval_events import APPROVAL_EVENTS, ApprovalEvent
from mobius_tui.run.drill_events import Hint, HintGiven, SiteTouched
from mobius_tui.run.entry import Entry, uncollected
from mobius_tui.run.events import (
    AutoStarted,
    AutoStopped,
    Event,
    HealthSealed,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.fold_steps import APPLY_TO_STEP, Apply
from mobius_tui.run.message_events import MESSAGE_EVENTS, MessageEvent
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import Frame, Status, StepState, Value
from mobius_tui.runbook.model import Runbook

REPEATS = 4096
"""Intents whose repeat gets the first answer: whoever repeats one does so at once."""


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
    state.at, state.mono, state.boot = entry.at, entry.mono, entry.boot
    if entry.intent is not None:
        _remember(state.intents, entry.intent, entry.n)
    _APPLY[type(event)](state, event, entry)


def _remember(intents: dict[str, int], intent: str, n: int) -> None:
    """Keep an intent's first answer, and of all intents the newest."""
    intents.setdefault(intent, n)
    if len(intents) > REPEATS:
        del intents[next(iter(intents))]


def _began(state: RunState, event: RunBegan, entry: Entry) -> None:
    state.began = event
    state.began_at = entry.at


def _host_started(state: RunState, event: HostStarted, entry: Entry) -> None:
    state.host_pid = event.pid
    state.auto = None
    state.without = event.without
    state.deliveries = deliveries.host_started(state.deliveries, entry.at)
    fold_watch.host_started(state)


def _host_stopped(state: RunState, _event: HostStopped, _entry: Entry) -> None:
    state.host_pid = None


def _auto_started(state: RunState, event: AutoStarted, entry: Entry) -> None:
    state.auto, state.auto_stopped, state.auto_at = event, None, entry.at


def _auto_stopped(state: RunState, event: AutoStopped, _entry: Entry) -> None:
    state.auto, state.auto_stopped = None, event


def _variable_set(state: RunState, event: VariableSet, _entry: Entry) -> None:
    state.variables[event.name] = Value(
        text=event.value, source=event.source, step=event.step
    )
    if event.name in state.without:
        state.without = tuple(name for name in state.without if name != event.name)


def _phase_entered(state: RunState, event: PhaseEntered, _entry: Entry) -> None:
    state.entered = state.entered.plus(event.phase)
    fold_watch.phase_entered(state, event)
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
        state.passed_over.pop(step_id, None)
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.PENDING, reason="", by="", stale=False
        )


def _phase_left(state: RunState, event: PhaseLeft, _entry: Entry) -> None:
    state.frames = state.frames[:-1]
    fold_watch.phase_left(state, event)
    if event.to is not None and event.to not in state.asides:
        state.at_phase = event.to
        state.frames = ()
    for step_id in event.recovered:
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.RECOVERED, reason=f"repaired by {event.phase}"
        )


def _note_added(state: RunState, event: NoteAdded, _entry: Entry) -> None:
    if event.step in state.steps:
        old = state.steps[event.step]
        state.steps[event.step] = replace(old, notes=old.notes.plus(event.text))
    else:
        state.notes = state.notes.plus(event.text)


def _health_sealed(state: RunState, event: HealthSealed, _entry: Entry) -> None:
    state.sealed = event


def _hint_given(state: RunState, event: HintGiven, entry: Entry) -> None:
    hint = Hint(text=event.text, who=event.who, at=entry.at)
    state.hints = state.hints.plus(hint)


def _site_touched(_state: RunState, _event: SiteTouched, _entry: Entry) -> None:
    """What was done is in the site's own notes; the run learns it at the end."""


def _message(state: RunState, event: MessageEvent, entry: Entry) -> None:
    state.deliveries = deliveries.apply(
        state.deliveries, event, by=entry.by, at=entry.at
    )


def _approval(state: RunState, event: ApprovalEvent, entry: Entry) -> None:
    state.approvals = approvals.apply(state.approvals, event, by=entry.by, at=entry.at)


def _run_ended(state: RunState, event: RunEnded, entry: Entry) -> None:
    state.ended, state.ended_at = event, entry.at
    state.auto = None


_APPLY: Mapping[type[Event], Apply] = {
    RunBegan: _began,
    HostStarted: _host_started,
    HostStopped: _host_stopped,
    AutoStarted: _auto_started,
    AutoStopped: _auto_stopped,
    VariableSet: _variable_set,
    PhaseEntered: _phase_entered,
    PhaseLeft: _phase_left,
    **APPLY_TO_STEP,
    NoteAdded: _note_added,
    HealthSealed: _health_sealed,
    **dict.fromkeys(MESSAGE_EVENTS, _message),
    **dict.fromkeys(APPROVAL_EVENTS, _approval),
    HintGiven: _hint_given,
    SiteTouched: _site_touched,
    **fold_watch.WATCH,
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
