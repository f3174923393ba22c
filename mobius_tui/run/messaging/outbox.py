"""Sends a run's queued messages, in the host; a slow channel delays no other.

Each channel has its own task, and its messages are sent in order. A try is journaled
before it is made: one whose end is not in the journal may have arrived or not, and is
not made again unless a person asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from typing import TYPE_CHECKING

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.value_sources import obtain_secrets
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageEvent,
    MessageNotSent,
    MessageSent,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.messaging.channels import (
    MAX_CARD_BYTES,
    OutgoingMessage,
    channel_routes,
    encode_webhook_body,
)
from mobius_tui.run.state.deliveries import Delivery, DeliveryStatus
from mobius_tui.runbook.text.template_text import template_names
from mobius_tui.runbook.text.units import duration_in_words

if TYPE_CHECKING:
    from mobius_tui.run.messaging.webhook import WebhookResult

OUTBOX_AUTHOR = "host"


class SendIntervals(Struct, frozen=True, kw_only=True):
    """How often a message is tried, and for how long; in seconds."""

    timeout: float = 10.0
    """For one try."""
    first_retry: float = 1.0
    """After the first try that failed; twice as many after each further one."""
    longest_retry: float = 60.0
    """The longest wait between two tries."""
    tries: int = 8
    """Tries until a person is needed, which is after some two minutes."""
    longest_retry_after: float = 120.0
    """A channel that asks to wait longer than this needs a person."""
    after_run_end: float = 15.0
    """For how long the host goes on sending after its run has ended."""


class Outbox:
    """Sends a run's messages, one after the other for each channel."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        intervals: SendIntervals | None = None,
    ) -> None:
        """Make the outbox of a run.

        Args:
            context: the run's.
            writer: the run's.
            intervals: how often it tries.
        """
        self._context = context
        self._writer = writer
        self.intervals = intervals or SendIntervals()
        self._delaying_since: float | None = None
        self._changed = {
            name: asyncio.Event() for name in context.plan.runbook.channels
        }

    def apply_entry(self, entry: Entry) -> None:
        """Look for due messages if the entry is about a message."""
        if isinstance(entry.event, MessageEvent):
            self.wake()

    def wake(self) -> None:
        """Look for due messages now."""
        for news in self._changed.values():
            news.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is sent, now or later, unless a person asks for it."""
        going = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
        return not any(own.status in going for own in self._context.state.deliveries)

    def delays_host_end(self, now: float, *, is_released: bool) -> bool:
        """Whether the host has to stay up to send messages that are still queued.

        What is unsent after that stays queued.

        Args:
            now: the event loop's seconds.
            is_released: whether the host may end though the run is open.
        """
        goes = self._context.state.ended is not None or is_released
        if not goes or self.is_idle:
            self._delaying_since = None
            return False
        self._delaying_since = self._delaying_since or now
        return now - self._delaying_since < self.intervals.after_run_end

    async def run(self) -> None:
        """Send, for as long as the host lives."""
        async with asyncio.TaskGroup() as tasks:
            for channel in self._changed:
                tasks.create_task(
                    self._serve_channel(channel), name=f"channel {channel}"
                )

    async def _serve_channel(self, channel: str) -> None:
        """Send one channel's messages; an error of this program ends no run."""
        while self._writer.failure is None:
            try:
                await self._try_next(channel)
            except MobiusError as error:
                print(f"channel {channel}: {error}", flush=True)  # noqa: T201
                await asyncio.sleep(1.0)
            except Exception:  # noqa: BLE001 - no task may die in silence
                traceback.print_exc()
                await asyncio.sleep(1.0)

    async def _try_next(self, channel: str) -> None:
        """Try what is due, or wait until something is."""
        news = self._changed[channel]
        news.clear()
        own = self._first_queued(channel)
        pause = None if own is None else own.due_at - self._context.clock.wall()
        if own is not None and pause is not None and pause <= 0:
            await self._try(own)
            return
        with contextlib.suppress(TimeoutError):
            # If the system's clock is set back, the wait is still limited.
            most = (
                None
                if pause is None
                else min(pause, self.intervals.longest_retry_after)
            )
            async with asyncio.timeout(most):
                await news.wait()

    def _first_queued(self, channel: str) -> Delivery | None:
        for own in self._context.state.deliveries:
            if own.channel == channel and own.status is DeliveryStatus.QUEUED:
                return own
        return None

    async def _try(self, delivery: Delivery) -> None:
        # Imported late: httpx is a fifth of a host's start, and many runs send nothing.
        from mobius_tui.run.messaging.webhook import WebhookResult, post_webhook

        number = delivery.number
        url_names = template_names(
            self._context.plan.runbook.channels[delivery.channel].url
        )
        lacking = None
        if not self._goes_to_sink:
            lacking = await obtain_secrets(self._context, url_names)
        async with self._writer.turn:
            current = self._context.state.deliveries[number - 1]
            if current.status is not DeliveryStatus.QUEUED:
                return  # somebody dropped it meanwhile
            problem, url = self._resolve_url(delivery.channel)
            problem = lacking or problem
            if problem:
                not_sent = MessageNotSent(delivery=number, number=0, reason=problem)
                await self._writer.write(not_sent, OUTBOX_AUTHOR)
                return
            tried = MessageTried(delivery=number, number=current.tries + 1)
            entry = await self._writer.write(tried, OUTBOX_AUTHOR)
            head = f"{entry.n}:{self._writer.journal.head}"
        channel = self._context.plan.runbook.channels[delivery.channel]
        data = encode_webhook_body(channel, self._outgoing_message(delivery, head))
        if channel.kind == "teams" and len(data) > MAX_CARD_BYTES:
            result = WebhookResult(
                outcome="not sent", reason="it is too long for Teams"
            )
        else:
            result = await post_webhook(url, data, within=self.intervals.timeout)
        await self._writer.write_in_turn(
            self._event_of_result(current, number, result), OUTBOX_AUTHOR
        )

    @property
    def _goes_to_sink(self) -> bool:
        """Whether messages go to a drill's sink, and not to the channels."""
        began = self._context.state.began
        return began is not None and began.is_drill and not began.pages

    def _resolve_url(self, name: str) -> tuple[str, str]:
        """The problem with a channel's URL, and the URL; one of both is empty."""
        context = self._context
        (way,) = channel_routes(context.plan.runbook, context.state, (name,))
        if way.problem:
            return way.problem, ""
        began = context.state.began
        if began is not None and self._goes_to_sink:
            return "", f"{began.sink}{name}"
        try:
            url = context.values().fill(context.plan.runbook.channels[name].url)
        except MobiusError as error:
            return str(error), ""
        return "", url.strip()

    def _outgoing_message(self, delivery: Delivery, head: str) -> OutgoingMessage:
        began = self._context.state.began
        assert began is not None
        return OutgoingMessage(
            title=delivery.queued_event.title,
            text=delivery.queued_event.text,
            id=f"{began.run_key}-{delivery.number}",
            run=began.run,
            runbook=began.title,
            mode=began.mode,
            environment=began.environment or "",
            delivery=delivery.number,
            journal=head,
        )

    def _event_of_result(
        self, before: Delivery, number: int, result: WebhookResult
    ) -> MessageEvent:
        """The event to journal for a try.

        Args:
            before: the delivery, before the try.
            number: the delivery's.
            result: the result of the try.
        """
        redact = self._context.redact
        tries = before.tries + 1
        answer = redact(result.answer)
        if result.outcome == "sent":
            return MessageSent(
                delivery=number, number=tries, status=result.status or 0, answer=answer
            )
        reason = redact(result.reason)
        if result.outcome == "unknown":
            return MessageUnknown(delivery=number, number=tries, reason=reason)
        again = None
        if (
            result.retry_after is not None
            and result.retry_after > self.intervals.longest_retry_after
        ):
            wish = duration_in_words(result.retry_after)
            reason += f" and asks to be left alone for {wish}"
        elif (
            result.is_temporary
            and before.tries_since_request + 1 < self.intervals.tries
        ):
            pause = min(
                self.intervals.first_retry * 2**before.tries_since_request,
                self.intervals.longest_retry,
            )
            again = max(pause, result.retry_after or 0.0)
        return MessageNotSent(
            delivery=number,
            number=tries,
            reason=reason,
            status=result.status,
            answer=answer,
            again=again,
        )
