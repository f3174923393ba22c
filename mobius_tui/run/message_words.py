"""What became of messages, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mobius_tui.run.deliveries import OPEN, Delivery, Stand, as_seen
from mobius_tui.run.entry import Entry
from mobius_tui.run.message_events import (
    MessageDropped,
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageRequeued,
    MessageSent,
    MessageUnknown,
)
from mobius_tui.run.state import RunState
from mobius_tui.runbook.units import in_words


def words(entry: Entry, state: RunState) -> str | None:
    """What an entry says to a reader; `None` for one that says nothing of messages."""
    event = entry.event
    if not isinstance(event, MessageEvent):
        return None
    if isinstance(event, MessageQueued):
        whom = ", ".join(event.channels)
        return f"message queued for {whom}: {event.title}, by {entry.by}"
    own = state.deliveries[event.delivery - 1]
    what = f"{own.channel}: {own.queued.title}"
    match event:
        case MessageSent(status=status, answer=answer):
            said = f": {answer}" if answer else ""
            return f"message sent to {what}; it answers {status}{said}"
        case MessageNotSent(reason=reason, answer=answer, again=again):
            said = f": {answer}" if answer else ""
            then = "it stays queued for a person"
            if again is not None:
                then = f"again in {in_words(again)}"
            return f"message not sent to {what}; {reason}{said}; {then}"
        case MessageUnknown(reason=reason):
            return f"message to {what}; {Stand.UNKNOWN}: {reason}; look before you send"
        case MessageRequeued():
            return f"message to be sent again to {what}, by {entry.by}"
        case MessageDropped(reason=reason):
            return f"message dropped, to {what}, by {entry.by}: {reason}"
        case _:
            return None


def why(own: Delivery, *, now: float) -> str:
    """Why a delivery is not sent, and when it is tried again.

    Args:
        own: as it stands.
        now: seconds since 1970.
    """
    said = f"{own.reason}: {own.answer}" if own.answer and own.reason else own.reason
    if own.stand is Stand.QUEUED and own.reason:
        return f"{said}; again in {in_words(max(0.0, own.due - now))}"
    return said


def unsent(state: RunState, *, hosted: bool) -> tuple[Delivery, ...]:
    """What has not arrived as far as is known, as it stands for whoever reads now.

    Args:
        state: the run's.
        hosted: whether a host runs it.
    """
    found = (as_seen(own, hosted=hosted) for own in state.deliveries)
    return tuple(own for own in found if own.stand in OPEN)


def summary(found: tuple[Delivery, ...]) -> Iterator[str]:
    """`2 not sent`, `1 not known whether it arrived`, one for each stand."""
    stands = sorted((own.stand for own in found), key=list(Stand).index)
    for stand, same in groupby(stands):
        yield f"{len(list(same))} {stand}"
