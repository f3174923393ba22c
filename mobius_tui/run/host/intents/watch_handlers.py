"""The actions on the watch over health: arm, disarm, hold, roll back."""

from __future__ import annotations

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.intents.actions import (
    ArmWatch,
    BeginRollback,
    DisarmWatch,
    HoldRollback,
)
from mobius_tui.run.planning.confirmation import rollback_word
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.watch import triggers
from mobius_tui.runbook.model.runbook import Phase, Step


async def arm(engine: Engine, _action: ArmWatch, who: str, intent: str) -> Entry:
    """A trigger that fires begins the rollback."""
    confirmed = bool(rollback_word(engine.plan, engine.state, _phase(engine)))
    return await engine.write(WatchArmed(confirmed=confirmed), who, intent)


async def disarm(engine: Engine, action: DisarmWatch, who: str, intent: str) -> Entry:
    """A trigger that fires only says so."""
    reason = action.reason.strip() or f"{who} disarmed it"
    return await engine.write(WatchDisarmed(reason=reason), who, intent)


async def hold(engine: Engine, action: HoldRollback, who: str, intent: str) -> Entry:
    """The countdown ends, and nothing begins."""
    return await engine.write(RollbackHeld(reason=action.reason.strip()), who, intent)


async def begin_rollback(
    engine: Engine, action: BeginRollback, who: str, intent: str
) -> Entry:
    """A person begins what a trigger would."""
    reason = action.reason.strip() or engine.state.watch.rollback_reason
    event = RollbackBegan(
        phase=_phase(engine).id, cause="person", reason=reason or f"{who} began it"
    )
    return await triggers.begin_rollback(engine.writer, event, who, intent)


def _phase(engine: Engine) -> Phase:
    phase = rollback_phase(engine.plan)
    assert phase is not None
    return phase


async def disarm_before_change(engine: Engine, step: Step, who: str) -> None:
    """A person starts what changes something: the watch must not roll back over it.

    Their own rollback makes probes fail.
    """
    if engine.state.watch.armed and effect_of(step) != "read":
        reason = f"{who} started {engine.plan.name(step.id)}"
        await engine.write(WatchDisarmed(reason=reason, step=step.id), who)
