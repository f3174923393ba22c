"""Intents about the watch and its rollback: to arm, disarm, hold and begin. Pure."""

from __future__ import annotations

from typing import ClassVar, final

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.intents.action import Action, Asked, Host
from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.planning.unattended_refusals import unattended_refusal
from mobius_tui.runbook.model.runbook import Phase


@final
class ArmWatch(Action, frozen=True, kw_only=True):
    """Let a trigger that fires begin the rollback."""

    confirm: str = ""
    """The word that confirms what the rollback destroys, as typed."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the watch may be armed."""
        phase = require_rollback_phase(situation)
        _require_no_rollback_yet(situation)
        watch = situation.state.watch
        if watch.armed:
            words = f"it is armed already, by {watch.armed_by}"
            raise NotPermittedError(RefusalCode.ARMED, words)
        if refused := unattended_refusal(situation.plan.runbook, "arming"):
            raise NotPermittedError(RefusalCode.UNATTENDED, refused)
        situation.require_event_allowed(WatchArmed())
        what = "an armed trigger rolls back by itself"
        _require_confirmation(situation, phase, self.confirm, what)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a trigger that fires begins the rollback from now on."""
        word = rollback_confirmation_word(host.plan, host.state, _phase_of(host))
        event = WatchArmed(confirmed=bool(word))
        return await host.write(event, asked.by, asked.intent)


@final
class DisarmWatch(Action, frozen=True, kw_only=True):
    """Let a trigger that fires only be reported."""

    never_late: ClassVar[bool] = True
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the watch may be disarmed."""
        if not situation.state.watch.armed:
            raise NotPermittedError(RefusalCode.NOT_ARMED, "it is not armed")
        situation.require_event_allowed(WatchDisarmed(reason=""))

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a trigger that fires only shows a warning from now on."""
        reason = self.reason.strip() or f"{asked.by} disarmed it"
        return await host.write(WatchDisarmed(reason=reason), asked.by, asked.intent)


@final
class HoldRollback(Action, frozen=True, kw_only=True):
    """End a countdown, so that nothing begins by itself."""

    never_late: ClassVar[bool] = True
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless there is a countdown that may be held."""
        if situation.state.watch.countdown is None:
            words = "no countdown is under way; there is nothing to hold"
            raise NotPermittedError(RefusalCode.NO_COUNTDOWN, words)
        situation.require_event_allowed(RollbackHeld(reason=""))

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal the end of a countdown, so that no rollback begins."""
        event = RollbackHeld(reason=self.reason.strip())
        return await host.write(event, asked.by, asked.intent)


@final
class BeginRollback(Action, frozen=True, kw_only=True):
    """Begin the rollback that a trigger would begin."""

    confirm: str = ""
    """The word that confirms what the rollback destroys, as typed."""
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a person may begin the rollback."""
        phase = require_rollback_phase(situation)
        _require_no_rollback_yet(situation)
        busy = situation.rollback_blocker
        if busy is not None:
            why = f"{situation.plan.name(busy.id)} is running"
            raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
        situation.require_event_allowed(
            RollbackBegan(phase=phase.id, cause="person", reason="")
        )
        situation.require_phase_enterable(phase)
        what = f"{phase.title} destroys"
        _require_confirmation(situation, phase, self.confirm, what)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Begin the rollback that a trigger would begin."""
        reason = self.reason.strip() or host.state.watch.rollback_reason
        event = RollbackBegan(
            phase=_phase_of(host).id,
            cause="person",
            reason=reason or f"{asked.by} began it",
        )
        return await host.begin_rollback(event, asked.by, asked.intent)


def require_rollback_phase(situation: Situation) -> Phase:
    """The phase that triggers begin.

    Raises:
        NotPermittedError: the runbook names none.
    """
    phase = rollback_phase(situation.plan)
    if phase is None:
        words = "this runbook names no phase that a trigger begins"
        raise NotPermittedError(RefusalCode.NO_ROLLBACK, words)
    return phase


def _require_no_rollback_yet(situation: Situation) -> None:
    watch = situation.state.watch
    if watch.rollback is not None:
        words = (
            f"{watch.rollback_began_by} began the rollback; it is made once in a run"
        )
        raise NotPermittedError(RefusalCode.ROLLBACK_BEGUN, words)


def _require_confirmation(
    situation: Situation, phase: Phase, typed: str, what: str
) -> None:
    word = rollback_confirmation_word(situation.plan, situation.state, phase)
    if word and typed != word:
        words = f"{what}{situation.environment_phrase}: type {word} to confirm it"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def _phase_of(host: Host) -> Phase:
    phase = rollback_phase(host.plan)
    assert phase is not None
    return phase
