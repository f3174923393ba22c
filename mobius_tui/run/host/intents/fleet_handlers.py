"""Handlers of intents about hosts of a step: to release a batch, to settle a host.

Both only journal an event: the running `FleetAttempt` decides anew after each event.
"""

from __future__ import annotations

from mobius_tui.run.events.fleet_events import BatchReleased, FleetHostSettled
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.intent_actions import ReleaseBatch, SettleHost


async def release_batch(
    services: HostServices, action: ReleaseBatch, who: str, intent: str
) -> Entry:
    """Journal that a person lets a held batch begin or go on."""
    event = BatchReleased(
        step=action.step,
        attempt=action.attempt,
        batch=action.batch,
        reason=action.reason.strip(),
    )
    return await services.writer.write(event, who, intent)


async def settle_host(
    services: HostServices, action: SettleHost, who: str, intent: str
) -> Entry:
    """Journal what a person says that an unknown or unreachable host counts as."""
    assert action.settled
    event = FleetHostSettled(
        step=action.step,
        attempt=action.attempt,
        host=action.host,
        settled=action.settled,
        reason=action.reason.strip(),
    )
    return await services.writer.write(event, who, intent)
