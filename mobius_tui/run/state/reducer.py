"""The reducer: how each event changes the state of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import FLEET_EVENTS, FleetEvent
from mobius_tui.run.events.journal_entry import Entry, without_garbage_collection
from mobius_tui.run.events.message_events import MESSAGE_EVENTS, MessageEvent
from mobius_tui.run.events.run_events import (
    HostStarted,
    PhaseEntered,
    PhaseLeft,
    RunReopened,
    TakenOver,
)
from mobius_tui.run.events.step_events import (
    APPROVAL_EVENTS,
    STEP_ADDITION_EVENTS,
    ApprovalAsked,
    ApprovalEvent,
    ChoiceMade,
    StepAdditionEvent,
    StepEnded,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.events.watch_events import WATCH_EVENTS, WatchEvent
from mobius_tui.run.state import (
    added_steps,
    deliveries,
    step_reducer,
    step_state,
)
from mobius_tui.run.state.fleet_state import apply_fleet_event
from mobius_tui.run.state.run_state import RUN_REDUCERS_BY_EVENT, ApplyEvent, RunState
from mobius_tui.run.state.step_state import (
    AsideFrame,
    RowRules,
    Status,
    StepState,
)
from mobius_tui.run.state.watch_state import watch_after
from mobius_tui.runbook.model.actions import Run, SendMessage
from mobius_tui.runbook.model.runbook import ForEach, Runbook, Step
from mobius_tui.structs import replace

MAX_INTENTS_KEPT = 4096
"""How many intents are remembered, so that a repeated one gets its first answer.
Repeats follow at once, so the newest suffice."""


def advance(state: RunState, entry: Entry) -> None:
    """Apply an entry to a state.

    Raises:
        StateError: it may not follow; the state is unchanged.
    """
    event = entry.event
    state.validate_event(event)
    if entry.n != state.last_entry_number + 1:
        raise StateError(f"entry {entry.n} follows entry {state.last_entry_number}")
    state.last_entry_number = entry.n
    state.last_entry_at, state.last_entry_mono, state.last_entry_boot = (
        entry.at,
        entry.mono,
        entry.boot,
    )
    if entry.intent is not None:
        _remember_intent(state.intents, entry.intent, entry.n)
    REDUCERS_BY_EVENT[type(event)](state, event, entry)
    if state.rows_of and isinstance(event, _StatusEvent):
        _refresh_parent(state, event.step)


_StatusEvent: TypeAlias = (
    StepStarted
    | StepEnded
    | StepUnknown
    | StepSkipped
    | StepPassedOver
    | StepRestored
    | StepOverridden
    | ChoiceMade
)
"""Events that change the status of a step."""


def _refresh_parent(state: RunState, step_id: str) -> None:
    """After a change of a row or of a step with rows, derive the step's status again.

    A step that undoes a row changes that row, and so the row's parent.
    """
    for changed in (step_id, state.undo_steps.get(step_id, step_id)):
        parent = state.parent_of.get(changed, changed)
        if parent in state.rows_of:
            added_steps.refresh_parent(state, parent)


def _remember_intent(intents: dict[str, int], intent: str, n: int) -> None:
    """Remember the entry that first answered an intent; forget the oldest one."""
    intents.setdefault(intent, n)
    if len(intents) > MAX_INTENTS_KEPT:
        del intents[next(iter(intents))]


def _host_started(state: RunState, event: HostStarted, entry: Entry) -> None:
    state.host_pid = event.pid
    state.place = event.place or {}
    state.epoch = event.epoch or state.epoch
    state.auto = None
    state.lost_secrets = event.without
    state.secrets_gone_without &= frozenset(event.without)
    state.deliveries = deliveries.deliveries_after_host_start(
        state.deliveries, entry.at
    )
    state.watch = watch_after(state.watch, entry)


def _taken_over(state: RunState, event: TakenOver, entry: Entry) -> None:
    state.epoch, state.place, state.account = event.epoch, event.place, entry.by
    for step_id, step in state.steps.items():
        if step.attempts:
            state.steps[step_id] = replace(step, may_retry=False)
    for parent in state.rows_of:
        added_steps.refresh_parent(state, parent)
    state.deliveries = deliveries.deliveries_after_takeover(state.deliveries, entry.at)
    state.approvals = {}  # each is for one attempt, which may have been begun there


def _phase_entered(state: RunState, event: PhaseEntered, entry: Entry) -> None:
    state.entered_phases = state.entered_phases.appended(event.phase)
    state.watch = watch_after(state.watch, entry)
    step_reducer.store_undo_order(state, event)
    if event.from_step in state.steps:
        state.aside_attempts[event.from_step] = len(
            state.steps[event.from_step].attempts
        )
    steps = state.aside_steps.get(event.phase)
    if steps is None:
        state.main_line_phase = event.phase
        state.aside_frames = ()
        return
    frames = tuple(frame for frame in state.aside_frames if frame.phase != event.phase)
    state.aside_frames = (
        *frames,
        AsideFrame(phase=event.phase, from_step=event.from_step),
    )
    for step_id in steps:
        state.passed_over.pop(step_id, None)
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.PENDING, reason="", by="", is_stale=False
        )


def _phase_left(state: RunState, event: PhaseLeft, entry: Entry) -> None:
    state.aside_frames = state.aside_frames[:-1]
    state.watch = watch_after(state.watch, entry)
    if event.to is not None and event.to not in state.aside_steps:
        state.main_line_phase = event.to
        state.aside_frames = ()
    for step_id in event.recovered:
        old = state.steps[step_id]
        state.recovered_by[step_id] = event.phase
        state.steps[step_id] = replace(
            old, status=Status.RECOVERED, reason=f"repaired by {event.phase}"
        )
        _refresh_parent(state, step_id)


def _message(state: RunState, event: MessageEvent, entry: Entry) -> None:
    state.deliveries = deliveries.apply_message_event(
        state.deliveries, event, by=entry.by, at=entry.at
    )


def _approval(state: RunState, event: ApprovalEvent, entry: Entry) -> None:
    state.approvals = step_state.apply_approval_event(
        state.approvals, event, by=entry.by, at=entry.at
    )
    old = state.steps[event.step]
    if isinstance(event, ApprovalAsked) and old.status is Status.NOT_APPLICABLE:
        # The guard was checked again before the request, and holds now.
        state.steps[event.step] = replace(old, status=Status.PENDING, reason="")
        _refresh_parent(state, event.step)


def _steps_added(state: RunState, event: StepAdditionEvent, _entry: Entry) -> None:
    added_steps.apply_step_addition_event(state, event)


def _fleet(state: RunState, event: FleetEvent, entry: Entry) -> None:
    apply_fleet_event(state.fleets, event, at=entry.at)


def _watch(state: RunState, _event: WatchEvent, entry: Entry) -> None:
    state.watch = watch_after(state.watch, entry)


def _run_reopened(state: RunState, _event: RunReopened, entry: Entry) -> None:
    step_reducer.reopen_run_state(state, entry)
    state.watch = watch_after(state.watch, entry)


REDUCERS_BY_EVENT: Mapping[type[Event], ApplyEvent] = {
    **RUN_REDUCERS_BY_EVENT,
    HostStarted: _host_started,
    TakenOver: _taken_over,
    PhaseEntered: _phase_entered,
    PhaseLeft: _phase_left,
    **step_reducer.STEP_REDUCERS_BY_EVENT,
    **dict.fromkeys(STEP_ADDITION_EVENTS, _steps_added),
    **dict.fromkeys(FLEET_EVENTS, _fleet),
    **dict.fromkeys(MESSAGE_EVENTS, _message),
    **dict.fromkeys(APPROVAL_EVENTS, _approval),
    **dict.fromkeys(WATCH_EVENTS, _watch),
    RunReopened: _run_reopened,
}


def initial_state(runbook: Runbook) -> RunState:
    """The state before anything happened."""
    undo_steps = {s.id: s.undo_of for s in runbook.steps() if s.undo_of}
    keeps_changes = undo_steps or any(step.confirmed_with for step in runbook.steps())
    return RunState(
        steps={step.id: StepState() for step in runbook.steps()},
        phase_of={
            step.id: phase.id for phase in runbook.phases for step in phase.steps
        },
        aside_steps={
            phase.id: tuple(step.id for step in phase.steps)
            for phase in runbook.phases
            if phase.aside
        },
        row_rules={
            s.id: _row_rules(s, s.for_each) for s in runbook.steps() if s.for_each
        },
        undo_steps=undo_steps,
        message_steps=frozenset(
            step.id for step in runbook.steps() if isinstance(step.action, SendMessage)
        ),
        changing_steps=_changing_steps(runbook, with_rows=False)
        if keeps_changes
        else frozenset(),
        steps_with_changing_rows=_changing_steps(runbook, with_rows=True)
        if keeps_changes
        else frozenset(),
    )


def _row_rules(step: Step, each: ForEach) -> RowRules:
    """When a step with rows has failed; its `retry` applies to each row."""
    return RowRules(max_failed=each.max_failed, retry=(each.row or step).retry)


def _changing_steps(runbook: Runbook, *, with_rows: bool) -> frozenset[str]:
    """The ids of the steps that change or destroy something and undo no other step.

    A step with `for_each` only lists the items; its rows do the changing.

    Args:
        runbook: the run's.
        with_rows: whether to return those with `for_each`, or those without.
    """
    return frozenset(
        step.id
        for step in runbook.steps()
        if isinstance(step.action, Run)
        and step.action.effect != "read"
        and not step.undo_of
        and (step.for_each is not None) is with_rows
    )


def fold(runbook: Runbook, entries: Iterable[Entry]) -> RunState:
    """The state after these entries.

    Raises:
        StateError: an entry may not follow where it stands.
    """
    state = initial_state(runbook)
    with without_garbage_collection():
        for entry in entries:
            advance(state, entry)
    return state
