"""How events of steps change the state: attempts, ends, what can be undone. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import AUTO_AUTHOR, HOST_AUTHOR, PhaseEntered
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
from mobius_tui.run.state.reopening import Reopening
from mobius_tui.run.state.run_state import ApplyEvent, RunState
from mobius_tui.run.state.step_state import (
    ENDED_STATUSES,
    PASSED_STATUSES,
    Attempt,
    Change,
    CheckTry,
    StateVariable,
    Status,
    StepState,
)
from mobius_tui.runbook.model.actions import chosen_text
from mobius_tui.structs import replace


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


def store_change_at_start(state: RunState, event: StepStarted, by: str) -> None:
    """Store with which variables an attempt at a changing step starts, and by whom.

    In a run that was reopened, also note that an undo has begun, if the step undoes
    another.

    Args:
        state: the run's.
        event: that the attempt starts.
        by: who started it: an account, or the part of the host that did.
    """
    step_id = event.step
    _note_undo_after_end(state, step_id)
    if step_id not in state.changing_steps:
        return
    if by == AUTO_AUTHOR:
        by = state.automatic_by
    elif by == HOST_AUTHOR:  # `retry` goes on by the word for the attempt before
        before = state.changes.get(step_id)
        by = before.by if before is not None else ""
    state.changes_under_way[step_id] = Change(
        attempt=event.attempt, variables=state.variables.copy(), by=by
    )


def update_changes_at_end(state: RunState, step_id: str, attempt: Attempt) -> None:
    """Add the change of an ended attempt, or remove the one that it undid."""
    if step_id in state.undo_steps:
        if attempt.status in PASSED_STATUSES:
            mark_undone(state, step_id, attempt.by)
        return
    change = state.changes_under_way.pop(step_id, None)
    if change is None or not _has_begun(state, step_id, attempt):
        return
    own = {name: v for name, v in state.variables.items() if v.step == step_id}
    state.changes.pop(step_id, None)  # inserted again below, as the newest
    state.changes[step_id] = replace(change, variables={**change.variables, **own})


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


def mark_undone(state: RunState, undo_step: str, by: str) -> None:
    """Make a step undone, and withdraw what variables it set.

    Args:
        state: the run's.
        undo_step: the id of the step that has undone it.
        by: who began that step, or vouched for it.
    """
    step_id = state.undo_steps[undo_step]
    if state.changes.pop(step_id, None) is None:
        return
    _note_undo_after_end(state, undo_step, undone=step_id)
    withdraw_variables(state, step_id)
    old = state.steps[step_id]
    state.steps[step_id] = replace(
        old, status=Status.UNDONE, reason="", by=by, is_stale=False
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


MAX_GIVEN_VALUE_CHARS = 2000
"""Characters of a variable's value that are kept with an attempt, at most."""


def _variables_given(
    state: RunState, step_id: str, reads: tuple[str, ...]
) -> tuple[tuple[str, str | None], ...]:
    """The values that an attempt at a step gets if it begins now."""
    variables = state.variables_for(step_id)
    return tuple(
        (name, shortened_value(variables[name].text))
        for name in reads
        if name in variables
    )


def shortened_value(value: str | None) -> str | None:
    """A value as it is kept with an attempt: of a long one its ends, and its digest.

    Equal texts are of equal values, so that it can be told whether one has changed.
    """
    if value is None or len(value) <= MAX_GIVEN_VALUE_CHARS:
        return value
    half = MAX_GIVEN_VALUE_CHARS // 2
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    kept_out = f" … {len(value)} characters, sha256 {digest[:16]} … "
    return f"{value[:half]}{kept_out}{value[-half:]}"


def _step_started(state: RunState, event: StepStarted, entry: Entry) -> None:
    withdraw_variables(state, event.step)
    store_change_at_start(state, event, entry.by)
    old = state.steps[event.step]
    attempt = Attempt(
        number=event.attempt,
        by=entry.by,
        started=entry.at,
        reads=event.reads,
        variables_given=_variables_given(state, event.step, event.reads),
        mono=entry.mono,
        boot=entry.boot,
        epoch=state.epoch,
        machine=state.place.get("machine", ""),
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
    unwatched = ended_event.unwatched if ended_event else None
    # What is checked ends with its checks, which nobody made while nobody watched.
    is_earlier = unwatched is not None and not last.check_tries
    ended = replace(
        last,
        ended=max(last.started, entry.at - (unwatched or 0.0))
        if is_earlier
        else entry.at,
        duration=max(0.0, took - (unwatched or 0.0)),
        status=status,
        reason=event.reason,
        left=event.left,
        ended_with=ended_event.ended_with if ended_event else (),
        output_bytes=event.output_bytes,
        exit=ended_event.exit if ended_event else None,
        note=ended_event.note if ended_event else "",
    )
    _replace_last(state, event.step, old, ended, status, event.reason)
    update_changes_at_end(state, event.step, ended)


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
        mark_undone(state, event.step, entry.by)


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


STEP_REDUCERS_BY_EVENT: Mapping[type[Event], ApplyEvent] = {
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
"""What applies each event of a step to the run's state."""
