"""Handlers of intents about the watch over health: arm, disarm, hold, roll back."""

from __future__ import annotations

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.intent_actions import (
    ArmWatch,
    BeginRollback,
    DisarmWatch,
    HoldRollback,
)
from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.watch import triggers
from mobius_tui.runbook.model.runbook import Phase, Step


async def arm_watch(
    services: HostServices, _action: ArmWatch, who: str, intent: str
) -> Entry:
    """Journal that a trigger that fires begins the rollback from now on."""
    confirmed = bool(
        rollback_confirmation_word(
            services.context.plan, services.context.state, _rollback_phase(services)
        )
    )
    return await services.writer.write(WatchArmed(confirmed=confirmed), who, intent)


async def disarm_watch(
    services: HostServices, action: DisarmWatch, who: str, intent: str
) -> Entry:
    """Journal that a trigger that fires only shows a warning from now on."""
    reason = action.reason.strip() or f"{who} disarmed it"
    return await services.writer.write(WatchDisarmed(reason=reason), who, intent)


async def hold_rollback(
    services: HostServices, action: HoldRollback, who: str, intent: str
) -> Entry:
    """Journal the end of a countdown, so that no rollback begins."""
    return await services.writer.write(
        RollbackHeld(reason=action.reason.strip()), who, intent
    )


async def begin_rollback(
    services: HostServices, action: BeginRollback, who: str, intent: str
) -> Entry:
    """Begin the rollback that a trigger would begin."""
    reason = action.reason.strip() or services.context.state.watch.rollback_reason
    event = RollbackBegan(
        phase=_rollback_phase(services).id,
        cause="person",
        reason=reason or f"{who} began it",
    )
    return await triggers.begin_rollback(services.writer, event, who, intent)


def _rollback_phase(services: HostServices) -> Phase:
    phase = rollback_phase(services.context.plan)
    assert phase is not None
    return phase


async def disarm_before_change(services: HostServices, step: Step, who: str) -> None:
    """Disarm the watch as a person starts a step that changes something.

    The step itself may make probes fail, as a rollback by hand does; no automatic
    rollback may begin because of that.
    """
    if services.context.state.watch.armed and effect_of(step) != "read":
        reason = f"{who} started {services.context.plan.name(step.id)}"
        await services.writer.write(WatchDisarmed(reason=reason, step=step.id), who)
