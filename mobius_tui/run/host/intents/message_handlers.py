"""Handlers of intents about messages: to send one, to send again, to drop one."""

from __future__ import annotations

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageDropped,
    MessageEvent,
    MessageQueued,
    MessageRequeued,
)
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.host.intents.step_handlers import tick_step
from mobius_tui.run.intents.control_protocol import Caller
from mobius_tui.run.intents.intent_actions import (
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
    TickStep,
)
from mobius_tui.run.messaging.channels import with_mode_mark
from mobius_tui.run.state.deliveries import deliveries_of_attempt
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Step


async def queue_message(
    services: HostServices, step: Step, channels: tuple[str, ...], text: str, who: str
) -> None:
    """Put the text of the attempt that comes next in the outbox; the turn is held.

    It comes before the attempt: a host that dies between the two has lost no message,
    and the next one queues it only once.

    Args:
        services: the run's context, journal writer and runner of attempts.
        step: the message's.
        channels: ids; each is declared.
        text: of the message.
        who: asks for it, for the journal.
    """
    assert isinstance(step.action, SendMessage)
    number = len(services.context.state.steps[step.id].attempts) + 1
    if deliveries_of_attempt(services.context.state.deliveries, step.id, number):
        return
    title = services.context.plan.runbook.messages[step.action.message].title
    event = MessageQueued(
        delivery=len(services.context.state.deliveries) + 1,
        channels=channels,
        title=services.context.redact(services.context.values().preview(title)),
        text=services.context.redact(
            with_mode_mark(text.strip(), services.context.state.began)
        ),
        step=step.id,
        attempt=number,
    )
    await services.writer.write(event, who)


async def send_message_of_step(
    services: HostServices, action: SendMessageOfStep, caller: Caller, intent_id: str
) -> Entry:
    """Mark the message step as done and queue its text for the channels."""
    step = services.context.plan.steps[action.step]
    channels = tuple(dict.fromkeys(action.channels))
    await queue_message(services, step, channels, action.text, caller.name)
    told = TickStep(step=action.step, attempt=action.attempt, note=action.text)
    return await tick_step(services, told, caller, intent_id)


async def _journal_message_events(
    services: HostServices, events: list[MessageEvent], who: str, intent_id: str
) -> Entry | None:
    """Journal the events; only the first carries the intent's id. Returns its entry."""
    entry = None
    for event in events:
        own = await services.writer.write(
            event, who, intent_id if entry is None else None
        )
        entry = entry or own
    return entry


async def resend_messages(
    services: HostServices, action: ResendMessages, who: str, intent_id: str
) -> Entry | None:
    """Queue again the deliveries that failed or whose outcome is unknown."""
    numbers = dict.fromkeys(action.deliveries)
    events: list[MessageEvent] = [MessageRequeued(delivery=n) for n in numbers]
    return await _journal_message_events(services, events, who, intent_id)


async def drop_messages(
    services: HostServices, action: DropMessages, who: str, intent_id: str
) -> Entry | None:
    """Drop failed deliveries: the message was passed on by hand."""
    reason = action.reason.strip() or "told by another way"
    numbers = dict.fromkeys(action.deliveries)
    events: list[MessageEvent] = [
        MessageDropped(delivery=n, reason=reason) for n in numbers
    ]
    return await _journal_message_events(services, events, who, intent_id)
