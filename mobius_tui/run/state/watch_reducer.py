"""How events change the watch over a run's health. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Event, HostStarted, PhaseEntered, PhaseLeft
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackDropped,
    RollbackHeld,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
    WatchBegan,
    WatchDisarmed,
    WatchOver,
)
from mobius_tui.run.state.run_state import ApplyEvent, RunState
from mobius_tui.run.state.watch_state import Alarm, Countdown
from mobius_tui.structs import replace

REOPENED_REASON = "the run had ended, and is open again to be undone"
"""Why the watch of a reopened run is disarmed, and its rollback stopped."""


def _watch_began(state: RunState, event: WatchBegan, entry: Entry) -> None:
    state.watch = replace(state.watch, watch_run=event, watch_run_began_at=entry.at)


def _watch_over(state: RunState, event: WatchOver, _entry: Entry) -> None:
    state.watch = replace(state.watch, watch_run_end_reason=event.reason)


def _watch_armed(state: RunState, _event: WatchArmed, entry: Entry) -> None:
    state.watch = replace(state.watch, armed=True, armed_by=entry.by, disarm_reason="")


def _watch_disarmed(state: RunState, event: WatchDisarmed, _entry: Entry) -> None:
    state.watch = replace(
        state.watch, armed=False, disarm_reason=event.reason, countdown=None
    )


def _trigger_fired(state: RunState, event: TriggerFired, entry: Entry) -> None:
    alarm = Alarm(probe=event.probe, rule=event.rule, reason=event.reason, at=entry.at)
    others = _alarms_without(state, event.probe, event.rule)
    countdown = state.watch.countdown
    if event.grace is not None:
        countdown = Countdown(alarm=alarm, n=entry.n, began=entry.at, grace=event.grace)
    state.watch = replace(
        state.watch, alarms=(*others, alarm), latest_alarm=alarm, countdown=countdown
    )


def _trigger_cleared(state: RunState, event: TriggerCleared, _entry: Entry) -> None:
    alarms = _alarms_without(state, event.probe, event.rule)
    state.watch = replace(state.watch, alarms=alarms)


def _alarms_without(state: RunState, probe: str, rule: str) -> tuple[Alarm, ...]:
    return tuple(
        alarm
        for alarm in state.watch.alarms
        if (alarm.probe, alarm.rule) != (probe, rule)
    )


def _rollback_held(state: RunState, event: RollbackHeld, entry: Entry) -> None:
    why = f"{entry.by} held the rollback"
    if event.reason:
        why += f": {event.reason}"
    state.watch = replace(state.watch, armed=False, disarm_reason=why, countdown=None)


def _rollback_dropped(state: RunState, _event: RollbackDropped, _entry: Entry) -> None:
    state.watch = replace(state.watch, countdown=None)


def _rollback_began(state: RunState, event: RollbackBegan, entry: Entry) -> None:
    state.watch = replace(
        state.watch,
        armed=False,
        disarm_reason="the rollback began",
        countdown=None,
        rollback=event,
        rollback_began_at=entry.at,
        rollback_began_by=entry.by,
        rollback_running=True,
    )


def _rollback_stopped(state: RunState, event: RollbackStopped, _entry: Entry) -> None:
    state.watch = replace(
        state.watch, rollback_running=False, rollback_stop_reason=event.reason
    )


WATCH_REDUCERS_BY_EVENT: Mapping[type[Event], ApplyEvent] = {
    WatchBegan: _watch_began,
    WatchOver: _watch_over,
    WatchArmed: _watch_armed,
    WatchDisarmed: _watch_disarmed,
    TriggerFired: _trigger_fired,
    TriggerCleared: _trigger_cleared,
    RollbackHeld: _rollback_held,
    RollbackDropped: _rollback_dropped,
    RollbackBegan: _rollback_began,
    RollbackStopped: _rollback_stopped,
}
"""What applies each event of the watch to the run's state."""


def disarm_on_host_start(state: RunState) -> None:
    """Disarm the watch, and stop its rollback, as a new host started."""
    _stop(state, "its host ended; arm it again", "its host ended meanwhile")


def disarm_on_reopening(state: RunState) -> None:
    """Disarm the watch, and end a `mobius-tui watch`: the run is only undone."""
    _stop(state, REOPENED_REASON, REOPENED_REASON)
    watch = replace(state.watch, alarms=())
    if watch.watch_run is not None:
        watch = replace(watch, watch_run_end_reason=REOPENED_REASON)
    state.watch = watch


def _stop(state: RunState, why_disarmed: str, why_stopped: str) -> None:
    watch = state.watch
    if watch.armed or watch.countdown is not None:
        watch = replace(watch, armed=False, countdown=None, disarm_reason=why_disarmed)
    if watch.rollback_running:
        watch = replace(watch, rollback_running=False, rollback_stop_reason=why_stopped)
    state.watch = watch


def stop_rollback_on_other_phase(state: RunState, event: PhaseEntered) -> None:
    """Stop the rollback where another phase than its own was entered."""
    begun = state.watch.rollback
    if (
        state.watch.rollback_running
        and begun is not None
        and event.phase != begun.phase
    ):
        state.watch = replace(
            state.watch,
            rollback_running=False,
            rollback_stop_reason=event.reason or "it turned aside",
        )


def store_end_of_rollback_phase(state: RunState, event: PhaseLeft) -> None:
    """Store how the rollback's phase ended, if that is the phase that was left."""
    begun = state.watch.rollback
    if begun is not None and event.phase == begun.phase:
        state.watch = replace(
            state.watch, rollback_running=False, rollback_passed=event.passed
        )


def apply_watch_event(state: RunState, entry: Entry) -> None:
    """Apply an entry to the watch alone; other events change nothing.

    This function is for runs that have not ended yet, so `RunReopened` is one of those
    other events.
    """
    match entry.event:
        case HostStarted():
            disarm_on_host_start(state)
        case PhaseEntered() as event:
            stop_rollback_on_other_phase(state, event)
        case PhaseLeft() as event:
            store_end_of_rollback_phase(state, event)
        case event:
            apply = WATCH_REDUCERS_BY_EVENT.get(type(event))
            if apply is not None:
                apply(state, event, entry)
