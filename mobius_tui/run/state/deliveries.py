"""The deliveries of a run: their statuses, and the events that are allowed in each.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from mobius_tui.errors import StateError
from mobius_tui.run.events.message_events import (
    ARRIVAL_UNKNOWN_TEXT,
    MessageDropped,
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageRequeued,
    MessageSent,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.structs import replace

HOST_ENDED_REASON = "its host ended while it was being sent"
TAKEN_OVER_REASON = "the run was taken over while it was queued"


class DeliveryStatus(StrEnum):
    """The status of a delivery; the value is the word for it."""

    QUEUED = "queued"
    """It is sent, or tried again, without anybody's doing."""
    SENDING = "being sent"
    SENT = "sent"
    NOT_SENT = "not sent"
    """It was not received, and is not tried again until a person asks for it."""
    UNKNOWN = ARRIVAL_UNKNOWN_TEXT
    DROPPED = "not to be sent any more"


UNDELIVERED_STATUSES = frozenset(
    {
        DeliveryStatus.QUEUED,
        DeliveryStatus.SENDING,
        DeliveryStatus.NOT_SENT,
        DeliveryStatus.UNKNOWN,
    }
)
"""The channel has not received it, as far as is known; nobody dropped it."""
DELIVERY_STATUSES_NEEDING_PERSON = frozenset(
    {DeliveryStatus.NOT_SENT, DeliveryStatus.UNKNOWN}
)

STATUSES_BEFORE_MESSAGE_EVENT: Mapping[
    type[MessageEvent], frozenset[DeliveryStatus]
] = {
    MessageTried: frozenset({DeliveryStatus.QUEUED}),
    MessageSent: frozenset({DeliveryStatus.SENDING}),
    MessageNotSent: frozenset({DeliveryStatus.SENDING, DeliveryStatus.QUEUED}),
    MessageUnknown: frozenset({DeliveryStatus.SENDING}),
    MessageRequeued: frozenset(
        {DeliveryStatus.QUEUED, DeliveryStatus.NOT_SENT, DeliveryStatus.UNKNOWN}
    ),
    MessageDropped: frozenset(
        {DeliveryStatus.QUEUED, DeliveryStatus.NOT_SENT, DeliveryStatus.UNKNOWN}
    ),
}
"""For each event of a delivery, the statuses in which it may follow."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One message to one channel."""

    number: int
    channel: str
    """The channel's id."""
    queued_event: MessageQueued
    queued_by: str
    """Who wanted it sent."""
    queued_at: float
    """When, in seconds since 1970."""
    status: DeliveryStatus = DeliveryStatus.QUEUED
    tries: int = 0
    tries_since_request: int = 0
    """Tries since a person last asked for it to be sent."""
    status_since: float = 0.0
    """When its status changed last, in seconds since 1970."""
    due_at: float = 0.0
    """When it is tried next, where it is queued; in seconds since 1970."""
    http_status: int | None = None
    """The last HTTP status."""
    answer: str = ""
    reason: str = ""
    """Why it is not sent, or not known to be."""


Deliveries = tuple[Delivery, ...]
"""A run's, by number; the first has number 1."""


def validate_message_event(deliveries: Deliveries, event: MessageEvent) -> None:
    """Refuse an event that may not follow.

    Raises:
        StateError: it may not; names the event and the delivery's status.
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
    if own.status not in STATUSES_BEFORE_MESSAGE_EVENT[type(event)]:
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
    """The deliveries after an event that may follow.

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
                queued_event=event,
                queued_by=by,
                queued_at=at,
                status_since=at,
                due_at=at,
            )
            for number, channel in enumerate(event.channels, event.delivery)
        )
        return (*deliveries, *new)
    place = event.delivery - 1
    moved = replace(_after_event(deliveries[place], event, at), status_since=at)
    return (*deliveries[:place], moved, *deliveries[place + 1 :])


def _after_event(own: Delivery, event: MessageEvent, at: float) -> Delivery:
    match event:
        case MessageTried(number=number):
            return replace(
                own,
                status=DeliveryStatus.SENDING,
                tries=number,
                tries_since_request=own.tries_since_request + 1,
                reason="",
            )
        case MessageSent(status=status, answer=answer):
            return replace(
                own, status=DeliveryStatus.SENT, http_status=status, answer=answer
            )
        case MessageNotSent(reason=reason, again=again):
            held = again is None
            return replace(
                own,
                status=DeliveryStatus.NOT_SENT if held else DeliveryStatus.QUEUED,
                due_at=at + (again or 0.0),
                reason=reason,
                http_status=event.status,
                answer=event.answer,
            )
        case MessageUnknown(reason=reason):
            return replace(
                own, status=DeliveryStatus.UNKNOWN, reason=reason, http_status=None
            )
        case MessageRequeued():
            return replace(
                own,
                status=DeliveryStatus.QUEUED,
                tries_since_request=0,
                due_at=at,
                reason="",
            )
        case MessageDropped(reason=reason):
            return replace(own, status=DeliveryStatus.DROPPED, reason=reason)
        case _:
            return own


def deliveries_of_attempt(
    deliveries: Deliveries, step: str, attempt: int
) -> Deliveries:
    """The deliveries of an attempt at a step."""
    return tuple(
        own
        for own in deliveries
        if own.queued_event.step == step and own.queued_event.attempt == attempt
    )


def deliveries_after_host_start(deliveries: Deliveries, at: float) -> Deliveries:
    """The deliveries after a host started.

    Those that the last one was sending become `unknown`.
    """
    return _unknown_if(deliveries, DeliveryStatus.SENDING, HOST_ENDED_REASON, at)


def deliveries_after_takeover(deliveries: Deliveries, at: float) -> Deliveries:
    """The deliveries after the run was taken over.

    Those that were queued become `unknown`: they may have been sent from where the run
    was before.
    """
    return _unknown_if(deliveries, DeliveryStatus.QUEUED, TAKEN_OVER_REASON, at)


def _unknown_if(
    deliveries: Deliveries, status: DeliveryStatus, reason: str, at: float
) -> Deliveries:
    """The deliveries, of which those of one status have become `unknown`."""
    return tuple(
        replace(own, status=DeliveryStatus.UNKNOWN, reason=reason, status_since=at)
        if own.status is status
        else own
        for own in deliveries
    )


def undelivered(deliveries: Deliveries, *, hosted: bool) -> Deliveries:
    """What has not arrived, or may not have, and of which nobody said to drop it.

    Args:
        deliveries: the run's.
        hosted: whether a host runs the run.
    """
    seen = (delivery_for_viewer(own, hosted=hosted) for own in deliveries)
    return tuple(own for own in seen if own.status in UNDELIVERED_STATUSES)


def delivery_text(own: Delivery) -> str:
    """A delivery in words: its channel, its title, and what became of it."""
    why = f": {own.reason}" if own.reason else ""
    return f"message to {own.channel} ({own.queued_event.title}) {own.status}{why}"


def delivery_for_viewer(delivery: Delivery, *, hosted: bool) -> Delivery:
    """The delivery, `unknown` if a host that has ended was sending it.

    Args:
        delivery: as the journal has it.
        hosted: whether a host runs the run.
    """
    if delivery.status is DeliveryStatus.SENDING and not hosted:
        return replace(
            delivery, status=DeliveryStatus.UNKNOWN, reason=HOST_ENDED_REASON
        )
    return delivery
