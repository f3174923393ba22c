"""Where messages on their way to channels stand, and what may follow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mobius_tui.errors import StateError
from mobius_tui.run.events.message_events import (
    MessageDropped,
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageRequeued,
    MessageSent,
    MessageTried,
    MessageUnknown,
)

HOST_ENDED_REASON = "its host ended while it was being sent"


class DeliveryStatus(StrEnum):
    """Where a delivery stands; the value is the word for it."""

    QUEUED = "queued"
    """It is sent, or tried again, by itself."""
    SENDING = "being sent"
    SENT = "sent"
    HELD = "not sent"
    """It stays queued, and wants a person."""
    UNKNOWN = "not known whether it arrived"
    DROPPED = "not to be sent any more"


UNDELIVERED = frozenset(
    {
        DeliveryStatus.QUEUED,
        DeliveryStatus.SENDING,
        DeliveryStatus.HELD,
        DeliveryStatus.UNKNOWN,
    }
)
"""Of which somebody should know: the channel has not got it, as far as is known."""
WANTS_A_PERSON = frozenset({DeliveryStatus.HELD, DeliveryStatus.UNKNOWN})

STATUSES_BEFORE: Mapping[type[MessageEvent], frozenset[DeliveryStatus]] = {
    MessageTried: frozenset({DeliveryStatus.QUEUED}),
    MessageSent: frozenset({DeliveryStatus.SENDING}),
    MessageNotSent: frozenset({DeliveryStatus.SENDING, DeliveryStatus.QUEUED}),
    MessageUnknown: frozenset({DeliveryStatus.SENDING}),
    MessageRequeued: frozenset(
        {DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNKNOWN}
    ),
    MessageDropped: frozenset(
        {DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNKNOWN}
    ),
}
"""For each event of a delivery, where it may stand before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message to one channel."""

    number: int
    channel: str
    """The channel's id."""
    queued: MessageQueued
    by: str
    """Who wanted it sent."""
    at: float
    """When, in seconds since 1970."""
    status: DeliveryStatus = DeliveryStatus.QUEUED
    tries: int = 0
    round: int = 0
    """The tries since a person wanted it sent last."""
    since: float = 0.0
    """When it came to stand where it does, in seconds since 1970."""
    due: float = 0.0
    """When it is tried next, where it is queued; in seconds since 1970."""
    http_status: int | None = None
    """The last HTTP status."""
    answer: str = ""
    reason: str = ""
    """Why it is not sent, or not known to be."""


Deliveries = tuple[Delivery, ...]
"""A run's, by number; the first has number 1."""


def check_message_event(deliveries: Deliveries, event: MessageEvent) -> None:
    """Refuse an event that may not follow.

    Raises:
        StateError: it may not; names the event and where the delivery stands.
    """
    name = type(event).__name__
    have = len(deliveries)
    if isinstance(event, MessageQueued):
        if event.delivery != have + 1:
            raise StateError(f"{name} numbers {event.delivery}; {have + 1} is next")
        return
    if not 1 <= event.delivery <= have:
        raise StateError(f"{name} for delivery {event.delivery}; there are {have}")
    own = deliveries[event.delivery - 1]
    if own.status not in STATUSES_BEFORE[type(event)]:
        raise StateError(f"{name} while delivery {event.delivery} is {own.status}")
    number = getattr(event, "number", None)
    if number is None:
        return
    if isinstance(event, MessageTried):
        want = own.tries + 1
    else:
        want = own.tries if own.status is DeliveryStatus.SENDING else 0
    if number != want:
        raise StateError(
            f"{name} names try {number} of delivery {event.delivery}, not {want}"
        )


def apply_message_event(
    deliveries: Deliveries, event: MessageEvent, *, by: str, at: float
) -> Deliveries:
    """Where all stand after an event that may follow.

    Args:
        deliveries: before it.
        event: what happened.
        by: who asked for it.
        at: when, in seconds since 1970.
    """
    if isinstance(event, MessageQueued):
        new = (
            Delivery(
                number=number,
                channel=channel,
                queued=event,
                by=by,
                at=at,
                since=at,
                due=at,
            )
            for number, channel in enumerate(event.channels, event.delivery)
        )
        return (*deliveries, *new)
    place = event.delivery - 1
    moved = replace(_after_event(deliveries[place], event, at), since=at)
    return (*deliveries[:place], moved, *deliveries[place + 1 :])


def _after_event(own: Delivery, event: MessageEvent, at: float) -> Delivery:
    match event:
        case MessageTried(number=number):
            return replace(
                own,
                stand=DeliveryStatus.SENDING,
                tries=number,
                round=own.round + 1,
                reason="",
            )
        case MessageSent(status=status, answer=answer):
            return replace(own, stand=DeliveryStatus.SENT, status=status, answer=answer)
        case MessageNotSent(reason=reason, again=again):
            held = again is None
            return replace(
                own,
                stand=DeliveryStatus.HELD if held else DeliveryStatus.QUEUED,
                due=at + (again or 0.0),
                reason=reason,
                status=event.status,
                answer=event.answer,
            )
        case MessageUnknown(reason=reason):
            return replace(
                own, stand=DeliveryStatus.UNKNOWN, reason=reason, status=None
            )
        case MessageRequeued():
            return replace(own, stand=DeliveryStatus.QUEUED, round=0, due=at, reason="")
        case MessageDropped(reason=reason):
            return replace(own, stand=DeliveryStatus.DROPPED, reason=reason)
        case _:
            return own


def deliveries_of_attempt(
    deliveries: Deliveries, step: str, attempt: int
) -> Deliveries:
    """What was queued for an attempt at a step."""
    return tuple(
        own
        for own in deliveries
        if own.queued.step == step and own.queued.attempt == attempt
    )


def after_host_start(deliveries: Deliveries, at: float) -> Deliveries:
    """A new host: what the one before was sending may have arrived, or not."""
    return tuple(
        replace(own, stand=DeliveryStatus.UNKNOWN, reason=HOST_ENDED_REASON, since=at)
        if own.status is DeliveryStatus.SENDING
        else own
        for own in deliveries
    )


def as_seen(own: Delivery, *, hosted: bool) -> Delivery:
    """A delivery as it stands for whoever reads the run now.

    Args:
        own: as the journal has it.
        hosted: whether a host runs the run.
    """
    if own.status is DeliveryStatus.SENDING and not hosted:
        return replace(own, stand=DeliveryStatus.UNKNOWN, reason=HOST_ENDED_REASON)
    return own
