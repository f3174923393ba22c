"""The wishes about messages: to send one, to send it again, to send it no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageDropped,
    MessageEvent,
    MessageQueued,
    MessageRequeued,
)
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents.step_handlers import step_of, tick, tickable
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.messaging.channels import with_drill_mark
from mobius_tui.run.messaging.payload import TEXT_LIMIT
from mobius_tui.run.state.deliveries import (
    WANTS_A_PERSON,
    Delivery,
    DeliveryStatus,
    deliveries_of_attempt,
)
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import size_in_words


async def queue(
    engine: Engine, step: Step, channels: tuple[str, ...], text: str, who: str
) -> None:
    """Put the text of the attempt that comes next in the outbox; the turn is held.

    It comes before the attempt: a host that dies between the two has lost no message,
    and the next one queues it only once.

    Args:
        engine: the run's decider.
        step: the message's.
        channels: ids; each is declared.
        text: what is said.
        who: wants it sent.
    """
    assert isinstance(step.action, SendMessage)
    number = len(engine.state.steps[step.id].attempts) + 1
    if deliveries_of_attempt(engine.state.deliveries, step.id, number):
        return
    title = engine.plan.runbook.messages[step.action.message].title
    event = MessageQueued(
        delivery=len(engine.state.deliveries) + 1,
        channels=channels,
        title=engine.redact(engine.values().preview(title)),
        text=engine.redact(with_drill_mark(text.strip(), engine.state.began)),
        step=step.id,
        attempt=number,
    )
    await engine.write(event, who)


async def _send(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`send`: the step is told, and its text goes to channels."""
    step = step_of(engine, intent)
    if not isinstance(step.action, SendMessage):
        raise RunError(f"{engine.plan.name(step.id)} is no message")
    if not intent.text.strip():
        raise RunError("there is no text to send")
    long = len(intent.text.encode("utf-8", "replace"))
    if long > TEXT_LIMIT:
        raise RunError(
            f"the text has {size_in_words(long)}, and {size_in_words(TEXT_LIMIT)} are "
            "sent at most; shorten it"
        )
    unknown = [name for name in intent.names if name not in step.action.to]
    if unknown or not intent.names:
        known = ", ".join(step.action.to) or "none"
        raise RunError(f"name channels of this step; it has: {known}")
    _, number = tickable(engine, intent)
    if deliveries_of_attempt(engine.state.deliveries, step.id, number):
        raise RunError(
            f"{engine.plan.name(step.id)} was queued just before its host ended; see "
            "what became of it, and mark it as told"
        )
    await queue(engine, step, tuple(dict.fromkeys(intent.names)), intent.text, who)
    return await tick(engine, intent, who)


def _meant(engine: Engine, intent: Intent) -> tuple[Delivery, ...]:
    """The deliveries that an intent numbers."""
    have = engine.state.deliveries
    known = {str(own.number): own for own in have}
    if not intent.names or any(name not in known for name in intent.names):
        raise RunError(f"name messages by number; there are {len(have)}")
    return tuple(known[name] for name in dict.fromkeys(intent.names))


async def _write(
    engine: Engine, events: list[MessageEvent], intent: Intent, who: str
) -> Entry | None:
    """The first event answers the intent."""
    entry = None
    for event in events:
        own = await engine.write(event, who, intent.id if entry is None else None)
        entry = entry or own
    return entry


async def _again(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`send again`: what did not arrive, or of which nobody knows."""
    if engine.state.ended is not None:
        raise RunError("the run has ended; copy the message, and send it by hand")
    meant = _meant(engine, intent)
    for own in meant:
        if own.status not in {*WANTS_A_PERSON, DeliveryStatus.QUEUED}:
            raise RunError(f"the message to {own.channel} is {own.status} already")
    events: list[MessageEvent] = [MessageRequeued(delivery=own.number) for own in meant]
    return await _write(engine, events, intent, who)


async def _drop(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`drop`: it was told by another way."""
    meant = _meant(engine, intent)
    for own in meant:
        if own.status not in {*WANTS_A_PERSON, DeliveryStatus.QUEUED}:
            raise RunError(f"the message to {own.channel} is {own.status}")
    reason = engine.redact(intent.text.strip()) or "told by another way"
    events: list[MessageEvent] = [
        MessageDropped(delivery=own.number, reason=reason) for own in meant
    ]
    return await _write(engine, events, intent, who)


MESSAGE_HANDLERS: Mapping[
    str, Callable[[Engine, Intent, str], Awaitable[Entry | None]]
] = {
    "send": _send,
    "send again": _again,
    "drop": _drop,
}
