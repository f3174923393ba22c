"""Whether a message may be sent, sent again, or be sent no more. Pure."""

from __future__ import annotations

from mobius_tui.run.intents.intent_actions import (
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
    TickStep,
)
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.planning.step_permissions import require_may_tick
from mobius_tui.run.state.deliveries import (
    DELIVERY_STATUSES_NEEDING_PERSON,
    Delivery,
    DeliveryStatus,
    deliveries_of_attempt,
)
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.text.units import size_in_words

MAX_MESSAGE_BYTES = 8_000
"""Bytes of a message's text in UTF-8 at most; on a phone, nobody reads more."""


def require_may_send(action: SendMessageOfStep, situation: Situation) -> None:
    """Raise unless the step's message may be sent to these channels."""
    step = situation.step(action.step)
    name = situation.plan.name(step.id)
    if not isinstance(step.action, SendMessage):
        raise NotPermittedError(RefusalCode.WRONG_KIND, f"{name} is no message")
    require_may_tick(TickStep(step=action.step, attempt=action.attempt), situation)
    if deliveries_of_attempt(situation.state.deliveries, step.id, action.attempt):
        words = (
            f"{name} was queued just before its host ended; see what became of it, "
            "and mark it as told"
        )
        raise NotPermittedError(RefusalCode.QUEUED, words)
    if not action.text.strip():
        raise NotPermittedError(RefusalCode.UNFILLED, "there is no text to send")
    long = len(action.text.encode("utf-8", "replace"))
    if long > MAX_MESSAGE_BYTES:
        most = size_in_words(MAX_MESSAGE_BYTES)
        words = (
            f"the text has {size_in_words(long)}, and {most} are sent at most; shorten "
            "it"
        )
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    channels = step.action.to
    if not action.channels or any(name not in channels for name in action.channels):
        known = ", ".join(channels) or "none"
        words = f"name channels of this step; it has: {known}"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_resend(action: ResendMessages, situation: Situation) -> None:
    """Raise unless failed, unknown or queued deliveries may be sent again."""
    if situation.state.ended is not None:
        words = "the run has ended; copy the message, and send it by hand"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    for own in require_deliveries(action.deliveries, situation):
        if own.status not in {*DELIVERY_STATUSES_NEEDING_PERSON, DeliveryStatus.QUEUED}:
            words = f"the message to {own.channel} is {own.status} already"
            raise NotPermittedError(RefusalCode.NO_PERSON_NEEDED, words)


def require_may_drop(action: DropMessages, situation: Situation) -> None:
    """Raise unless these deliveries may be dropped."""
    for own in require_deliveries(action.deliveries, situation):
        if own.status not in {*DELIVERY_STATUSES_NEEDING_PERSON, DeliveryStatus.QUEUED}:
            words = f"the message to {own.channel} is {own.status}"
            raise NotPermittedError(RefusalCode.NO_PERSON_NEEDED, words)


def require_deliveries(
    numbers: tuple[int, ...], situation: Situation
) -> tuple[Delivery, ...]:
    """The deliveries of these numbers, each once.

    Raises:
        NotPermittedError: one is of none, or there is no number.
    """
    have = situation.state.deliveries
    known = {own.number: own for own in have}
    if not numbers or any(number not in known for number in numbers):
        words = f"name messages by number; there are {len(have)}"
        raise NotPermittedError(RefusalCode.UNKNOWN, words)
    return tuple(known[number] for number in dict.fromkeys(numbers))
