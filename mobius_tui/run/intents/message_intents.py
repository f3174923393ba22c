"""Intents about messages: to send a step's, to send some again, to drop some. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, final

from mobius_tui.json_border import Integer
from mobius_tui.run.events.event import WhenReopened
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageDropped,
    MessageEvent,
    MessageQueued,
    MessageRequeued,
)
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.intents.action import Action, Asked, Host
from mobius_tui.run.intents.step_intents import TickStep, journal_tick
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.state.deliveries import (
    DELIVERY_STATUSES_NEEDING_PERSON,
    Delivery,
    DeliveryStatus,
    deliveries_of_attempt,
)
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import size_in_words

MAX_MESSAGE_BYTES = 8_000
"""Bytes of a message's text in UTF-8 at most; on a phone, nobody reads more."""
MODE_MARKS: Mapping[Mode, str] = {
    Mode.DRILL: "[DRILL]",
    Mode.MAINTENANCE: "[MAINTENANCE]",
}
"""By mode, what every message of a run begins with, so that nobody takes it for one
about an incident."""
_SENT_NOTICE = "It is on its way; its step shows what becomes of it."


@final
class SendMessageOfStep(Action, frozen=True, kw_only=True):
    """Send a step's message to channels; the step is done by that."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    notice: ClassVar[str] = _SENT_NOTICE
    step: str
    attempt: Integer
    """The number of the attempt to be made."""
    channels: tuple[str, ...] = ()
    """Ids."""
    text: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the step's message may be sent to these channels."""
        step = situation.step(self.step)
        name = situation.plan.name(step.id)
        if not isinstance(step.action, SendMessage):
            raise NotPermittedError(RefusalCode.WRONG_KIND, f"{name} is no message")
        TickStep(step=self.step, attempt=self.attempt).require_permitted(situation)
        if deliveries_of_attempt(situation.state.deliveries, step.id, self.attempt):
            words = (
                f"{name} was queued just before its host ended; see what became of it, "
                "and mark it as told"
            )
            raise NotPermittedError(RefusalCode.QUEUED, words)
        if not self.text.strip():
            raise NotPermittedError(RefusalCode.UNFILLED, "there is no text to send")
        long = len(self.text.encode("utf-8", "replace"))
        if long > MAX_MESSAGE_BYTES:
            most = size_in_words(MAX_MESSAGE_BYTES)
            words = (
                f"the text has {size_in_words(long)}, and {most} are sent at most; "
                "shorten it"
            )
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        channels = step.action.to
        if not self.channels or any(name not in channels for name in self.channels):
            known = ", ".join(channels) or "none"
            words = f"name channels of this step; it has: {known}"
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Mark the message step as done and queue its text for the channels."""
        step = host.plan.steps[self.step]
        channels = tuple(dict.fromkeys(self.channels))
        await queue_message(host, step, channels, self.text, asked.by)
        told = TickStep(step=self.step, attempt=self.attempt, note=self.text)
        return await journal_tick(told, host, asked)


@final
class ResendMessages(Action, frozen=True, kw_only=True):
    """Send deliveries again that did not arrive."""

    when_reopened: ClassVar[WhenReopened] = "always"
    moves_run: ClassVar[bool] = False
    notice: ClassVar[str] = _SENT_NOTICE
    deliveries: tuple[Integer, ...]
    """Numbers of deliveries."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless failed, unknown or queued deliveries may be sent again."""
        if situation.state.ended is not None:
            words = "the run has ended; copy the message, and send it by hand"
            raise NotPermittedError(RefusalCode.RUN_ENDED, words)
        for own in _require_deliveries(self.deliveries, situation):
            if not _may_want_person(own):
                words = f"the message to {own.channel} is {own.status} already"
                raise NotPermittedError(RefusalCode.NO_PERSON_NEEDED, words)

    async def do(self, host: Host, asked: Asked) -> Entry | None:
        """Queue again the deliveries that failed or whose outcome is unknown."""
        numbers = dict.fromkeys(self.deliveries)
        return await _journal(
            host, asked, (MessageRequeued(delivery=n) for n in numbers)
        )


@final
class DropMessages(Action, frozen=True, kw_only=True):
    """Give up messages that did not arrive, as people were informed in another way."""

    when_reopened: ClassVar[WhenReopened] = "always"
    moves_run: ClassVar[bool] = False
    deliveries: tuple[Integer, ...]
    """Numbers of deliveries."""
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless these deliveries may be dropped."""
        for own in _require_deliveries(self.deliveries, situation):
            if not _may_want_person(own):
                words = f"the message to {own.channel} is {own.status}"
                raise NotPermittedError(RefusalCode.NO_PERSON_NEEDED, words)

    async def do(self, host: Host, asked: Asked) -> Entry | None:
        """Drop failed deliveries: the message was passed on by hand."""
        reason = self.reason.strip() or "told by another way"
        numbers = dict.fromkeys(self.deliveries)
        events = (MessageDropped(delivery=n, reason=reason) for n in numbers)
        return await _journal(host, asked, events)


def _may_want_person(own: Delivery) -> bool:
    """Whether a person may still send a delivery again, or drop it."""
    is_queued = own.status is DeliveryStatus.QUEUED
    return is_queued or own.status in DELIVERY_STATUSES_NEEDING_PERSON


def _require_deliveries(
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


async def _journal(
    host: Host, asked: Asked, events: Iterable[MessageEvent]
) -> Entry | None:
    """Journal the events; only the first carries the intent's id. Returns its entry."""
    entry = None
    for event in events:
        own = await host.write(event, asked.by, None if entry else asked.intent)
        entry = entry or own
    return entry


async def queue_message(
    host: Host, step: Step, channels: tuple[str, ...], text: str, by: str
) -> None:
    """Put the text of the attempt that comes next in the outbox.

    It comes before the attempt: a host that dies between the two has lost no message,
    and the next one queues it only once.

    Args:
        host: the run's.
        step: the message's.
        channels: ids; each is declared.
        text: of the message.
        by: who asks for it, for the journal.
    """
    assert isinstance(step.action, SendMessage)
    number = len(host.state.steps[step.id].attempts) + 1
    if deliveries_of_attempt(host.state.deliveries, step.id, number):
        return
    title = host.plan.runbook.messages[step.action.message].title
    event = MessageQueued(
        delivery=len(host.state.deliveries) + 1,
        channels=channels,
        title=host.redact(host.values().preview(title)),
        text=host.redact(with_mode_mark(text.strip(), host.state.began)),
        step=step.id,
        attempt=number,
    )
    await host.write(event, by)


def with_mode_mark(text: str, began: RunBegan | None) -> str:
    """A text with the mark of the run's mode before it; unchanged in an incident."""
    mark = MODE_MARKS.get(began.mode, "") if began is not None else ""
    return text if text.startswith(mark) else f"{mark} {text}"
