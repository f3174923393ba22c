"""The watch over a run's health: its state, and how events change it. Pure."""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from mobius_tui.errors import StateError
from mobius_tui.health.health_record import Rule
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    HostStarted,
    PhaseEntered,
    PhaseLeft,
    RunReopened,
)
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
    WatchEvent,
    WatchOver,
)
from mobius_tui.structs import replace

REOPENED_REASON = "the run had ended, and is open again to be undone"
"""Why the watch of a reopened run is disarmed, and its rollback stopped."""


class Alarm(Struct, frozen=True, kw_only=True):
    """A trigger that has fired.

    Those in `WatchState.alarms` have not cleared; `latest_alarm` may have.
    """

    probe: str
    rule: Rule
    reason: str
    at: float
    """When it fired, in seconds since 1970."""


class Countdown(Struct, frozen=True, kw_only=True):
    """The time in which a person can hold the rollback."""

    alarm: Alarm
    n: int
    """The number of the entry that began it."""
    began: float
    """Seconds since 1970."""
    grace: float
    """Seconds."""

    @property
    def ends(self) -> float:
        """Seconds since 1970 at which the rollback begins, unless it has to wait."""
        return self.began + self.grace


class WatchState(Struct, frozen=True, kw_only=True):
    """Whether the watch is armed, what has fired, and the rollback."""

    armed: bool = False
    armed_by: str = ""
    """Who armed it last."""
    disarm_reason: str = ""
    """Why it is not armed now, in words; empty while it is armed. Empty, too, until
    something disarms it; a rollback that begins always sets it."""
    alarms: tuple[Alarm, ...] = ()
    """The oldest first."""
    latest_alarm: Alarm | None = None
    """The trigger that fired last, whether it has cleared or not."""
    countdown: Countdown | None = None
    rollback: RollbackBegan | None = None
    """How the rollback began; `None` where it has not."""
    rollback_began_at: float = 0.0
    rollback_began_by: str = ""
    rollback_running: bool = False
    """Whether the rollback that has begun goes on without a person."""
    rollback_passed: bool | None = None
    """Whether the rollback's phase passed; `None` until it has ended."""
    rollback_stop_reason: str = ""
    """Why the rollback stopped, and needed a person; empty if it never stopped. It
    stays when the phase has passed since then: see `rollback_passed`."""
    watch_run: WatchBegan | None = None
    """What `mobius-tui watch` asked for; `None` in any other run."""
    watch_run_began_at: float = 0.0
    """In seconds since 1970."""
    watch_run_end_reason: str = ""
    """Why the `mobius-tui watch` ended though the run is open; empty while it goes on.
    """

    @property
    def rollback_reason(self) -> str:
        """The trigger that would begin the rollback now, and how many more have fired.

        It is the one that counts down, or else the oldest that has not cleared; where
        none is left, the one that fired last.
        """
        if self.countdown is not None:
            return self.countdown.alarm.reason
        if self.alarms:
            more = f"; {len(self.alarms) - 1} more" if len(self.alarms) > 1 else ""
            return f"{self.alarms[0].reason}{more}"
        return self.latest_alarm.reason if self.latest_alarm is not None else ""

    @property
    def standing_text(self) -> str:
        """Which triggers have fired and not cleared, in words; empty for none."""
        reasons = ", ".join(alarm.reason for alarm in self.alarms)
        return f"a trigger stands: {reasons}" if reasons else ""

    def validate_event(self, event: WatchEvent) -> None:
        """Refuse an event that may not follow.

        Raises:
            StateError: it may not; names the event and the state.
        """
        name = type(event).__name__
        if isinstance(event, WatchBegan) and self.watch_run is not None:
            raise StateError(f"{name} in a run that is a watch already")
        if isinstance(event, WatchOver) and (
            self.watch_run is None or self.watch_run_end_reason
        ):
            raise StateError(f"{name} without a watch that goes on")
        if isinstance(event, WatchArmed) and self.armed:
            raise StateError(f"{name} while the watch is armed")
        if isinstance(event, WatchArmed | RollbackBegan) and self.rollback is not None:
            raise StateError(f"{name} after the rollback began: it is made once a run")
        if isinstance(event, WatchDisarmed) and not self.armed:
            raise StateError(f"{name} while the watch is not armed")
        if isinstance(event, RollbackHeld | RollbackDropped) and not self.countdown:
            raise StateError(f"{name} without a countdown")
        if isinstance(event, RollbackStopped) and not self.rollback_running:
            raise StateError(f"{name} without a rollback that goes on by itself")
        if isinstance(event, TriggerCleared) and not any(
            (alarm.probe, alarm.rule) == (event.probe, event.rule)
            for alarm in self.alarms
        ):
            raise StateError(f"{name} for a trigger that has not fired")


def watch_after(watch: WatchState, entry: Entry) -> WatchState:
    """The watch after an entry that may follow; most change nothing of it."""
    match entry.event:
        case HostStarted():
            lost = "its host ended meanwhile"
            return _stopped(watch, "its host ended; arm it again", lost)
        case RunReopened():
            watch = _stopped(watch, REOPENED_REASON, REOPENED_REASON)
            if watch.watch_run is not None:
                watch = replace(watch, watch_run_end_reason=REOPENED_REASON)
            return replace(watch, alarms=())
        case PhaseEntered(phase=phase, reason=reason) if (
            watch.rollback_running
            and watch.rollback is not None
            and phase != watch.rollback.phase
        ):
            why = reason or "it turned aside"
            return replace(watch, rollback_running=False, rollback_stop_reason=why)
        case PhaseLeft(phase=phase, passed=passed) if (
            watch.rollback is not None and phase == watch.rollback.phase
        ):
            return replace(watch, rollback_running=False, rollback_passed=passed)
        case event if isinstance(event, WatchEvent):
            return _after_watch_event(watch, event, entry)
        case _:
            return watch


def _stopped(watch: WatchState, why_disarmed: str, why_stopped: str) -> WatchState:
    """The watch, disarmed, and its rollback stopped."""
    if watch.armed or watch.countdown is not None:
        watch = replace(watch, armed=False, countdown=None, disarm_reason=why_disarmed)
    if watch.rollback_running:
        watch = replace(watch, rollback_running=False, rollback_stop_reason=why_stopped)
    return watch


def _after_watch_event(
    watch: WatchState, event: WatchEvent, entry: Entry
) -> WatchState:
    """The watch after an event of its own.

    Args:
        watch: before it.
        event: that of the entry.
        entry: says who caused it, and when.
    """
    match event:
        case WatchBegan():
            return replace(watch, watch_run=event, watch_run_began_at=entry.at)
        case WatchOver(reason=reason):
            return replace(watch, watch_run_end_reason=reason)
        case WatchArmed():
            return replace(watch, armed=True, armed_by=entry.by, disarm_reason="")
        case WatchDisarmed(reason=reason):
            return replace(watch, armed=False, disarm_reason=reason, countdown=None)
        case TriggerFired():
            return _after_trigger_fired(watch, event, entry)
        case TriggerCleared(probe=probe, rule=rule):
            return replace(watch, alarms=_alarms_without(watch, probe, rule))
        case RollbackHeld(reason=reason):
            why = f"{entry.by} held the rollback"
            if reason:
                why += f": {reason}"
            return replace(watch, armed=False, disarm_reason=why, countdown=None)
        case RollbackDropped():
            return replace(watch, countdown=None)
        case RollbackBegan():
            return replace(
                watch,
                armed=False,
                disarm_reason="the rollback began",
                countdown=None,
                rollback=event,
                rollback_began_at=entry.at,
                rollback_began_by=entry.by,
                rollback_running=True,
            )
        case RollbackStopped(reason=reason):
            return replace(watch, rollback_running=False, rollback_stop_reason=reason)
        case _:
            assert_never(event)


def _after_trigger_fired(
    watch: WatchState, event: TriggerFired, entry: Entry
) -> WatchState:
    alarm = Alarm(probe=event.probe, rule=event.rule, reason=event.reason, at=entry.at)
    others = _alarms_without(watch, event.probe, event.rule)
    countdown = watch.countdown
    if event.grace is not None:
        countdown = Countdown(alarm=alarm, n=entry.n, began=entry.at, grace=event.grace)
    return replace(
        watch, alarms=(*others, alarm), latest_alarm=alarm, countdown=countdown
    )


def _alarms_without(watch: WatchState, probe: str, rule: str) -> tuple[Alarm, ...]:
    return tuple(
        alarm for alarm in watch.alarms if (alarm.probe, alarm.rule) != (probe, rule)
    )
