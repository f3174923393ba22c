"""The outbox: it sends what is queued, in the host, and waits for nobody.

Each channel is served by itself, its messages in order, so that a slow one keeps no
other waiting. What is about to be tried is journaled first: a try whose end is not in
the journal is one of which nobody knows whether it arrived, and is not made again
unless a person says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageEvent,
    MessageNotSent,
    MessageSent,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.messaging.channels import channel_routes
from mobius_tui.run.messaging.payload import CARD_LIMIT, OutgoingMessage, body
from mobius_tui.run.state.deliveries import Delivery, DeliveryStatus
from mobius_tui.runbook.text.units import duration_in_words

if TYPE_CHECKING:
    from mobius_tui.run.messaging.webhook import WebhookResult

WHO = "host"


@dataclass(frozen=True, kw_only=True, slots=True)
class SendIntervals:
    """How often, and for how long."""

    within: float = 10.0
    """Seconds for one try."""
    first: float = 1.0
    """Seconds after the first try that failed; twice as many after each further one."""
    longest: float = 60.0
    """Seconds between two tries at most."""
    tries: int = 8
    """Tries by itself until a person is wanted: some two minutes."""
    patience: float = 120.0
    """Seconds that a channel may ask to be left alone; more wants a person."""
    last_words: float = 15.0
    """Seconds in which the host goes on sending when its run is over."""


class Outbox:
    """Sends a run's messages, one after the other for each channel."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        pace: SendIntervals | None = None,
    ) -> None:
        """Make the outbox of a run.

        Args:
            context: the run's.
            writer: the run's.
            pace: how often it tries.
        """
        self._context = context
        self._writer = writer
        self.pace = pace or SendIntervals()
        self._going_since: float | None = None
        self._news = {name: asyncio.Event() for name in context.plan.runbook.channels}

    def heed(self, entry: Entry) -> None:
        """Look anew where an entry is about a message."""
        if isinstance(entry.event, MessageEvent):
            self.wake()

    def wake(self) -> None:
        """Look anew at what is due."""
        for news in self._news.values():
            news.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes out by itself any more, now or later."""
        going = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
        return not any(own.status in going for own in self._context.state.deliveries)

    def keeps_the_host(self, now: float, *, is_released: bool) -> bool:
        """Whether a host that would go stays a moment for what is on its way.

        Nobody waits for that: a run that has ended has ended. What is left then stays
        queued.

        Args:
            now: the loop's seconds.
            is_released: whether the host may end though the run is open.
        """
        goes = self._context.state.ended is not None or is_released
        if not goes or self.is_idle:
            self._going_since = None
            return False
        self._going_since = self._going_since or now
        return now - self._going_since < self.pace.last_words

    async def run(self) -> None:
        """Send, for as long as the host lives."""
        async with asyncio.TaskGroup() as tasks:
            for channel in self._news:
                tasks.create_task(self._serve(channel), name=f"channel {channel}")

    async def _serve(self, channel: str) -> None:
        """One channel's messages; a fault of our own must not end the run."""
        while self._writer.failure is None:
            try:
                await self._next(channel)
            except MobiusError as error:
                print(f"channel {channel}: {error}", flush=True)  # noqa: T201
                await asyncio.sleep(1.0)
            except Exception:  # noqa: BLE001 - no task may die in silence
                traceback.print_exc()
                await asyncio.sleep(1.0)

    async def _next(self, channel: str) -> None:
        """Try what is due, or wait until something is."""
        news = self._news[channel]
        news.clear()
        own = self._first(channel)
        pause = None if own is None else own.due - self._context.clock.wall()
        if own is not None and pause is not None and pause <= 0:
            await self._try(own)
            return
        with contextlib.suppress(TimeoutError):
            # The wall's clock may be set back: nothing waits longer than it could.
            most = None if pause is None else min(pause, self.pace.patience)
            async with asyncio.timeout(most):
                await news.wait()

    def _first(self, channel: str) -> Delivery | None:
        for own in self._context.state.deliveries:
            if own.channel == channel and own.status is DeliveryStatus.QUEUED:
                return own
        return None

    async def _try(self, own: Delivery) -> None:
        # It brings httpx, a fifth of a host's start; many runs tell nobody.
        from mobius_tui.run.messaging.webhook import WebhookResult, post_webhook

        number = own.number
        async with self._writer.turn:
            now = self._context.state.deliveries[number - 1]
            if now.status is not DeliveryStatus.QUEUED:
                return  # somebody dropped it meanwhile
            problem, url = self._address(own.channel)
            if problem:
                held = MessageNotSent(delivery=number, number=0, reason=problem)
                await self._writer.write(held, WHO)
                return
            tried = MessageTried(delivery=number, number=now.tries + 1)
            entry = await self._writer.write(tried, WHO)
            head = f"{entry.n}:{self._writer.journal.head}"
        channel = self._context.plan.runbook.channels[own.channel]
        data = body(channel, self._letter(own, head))
        if channel.kind == "teams" and len(data) > CARD_LIMIT:
            came = WebhookResult(outcome="not sent", reason="it is too long for Teams")
        else:
            came = await post_webhook(url, data, within=self.pace.within)
        await self._writer.record(self._outcome(now, number, came), WHO)

    def _address(self, name: str) -> tuple[str, str]:
        """Why a channel has no URL, or its URL."""
        context = self._context
        (way,) = channel_routes(context.plan.runbook, context.state, (name,))
        if way.problem:
            return way.problem, ""
        began = context.state.began
        if began is not None and began.mode == "drill" and not began.pages:
            return "", f"{began.sink}{name}"
        try:
            url = context.values().fill(context.plan.runbook.channels[name].url)
        except MobiusError as error:
            return str(error), ""
        return "", url.strip()

    def _letter(self, own: Delivery, head: str) -> OutgoingMessage:
        began = self._context.state.began
        assert began is not None
        return OutgoingMessage(
            title=own.queued.title,
            text=own.queued.text,
            run=began.run,
            runbook=began.title,
            mode=began.mode,
            environment=began.environment or "",
            delivery=own.number,
            journal=head,
        )

    def _outcome(
        self, before: Delivery, number: int, came: WebhookResult
    ) -> MessageEvent:
        """What is journaled of a try.

        Args:
            before: the delivery, as it stood before it.
            number: the delivery's.
            came: what came of it.
        """
        redact = self._context.redact
        tries = before.tries + 1
        answer = redact(came.answer)
        if came.outcome == "sent":
            return MessageSent(
                delivery=number, number=tries, status=came.status or 0, answer=answer
            )
        reason = redact(came.reason)
        if came.outcome == "unknown":
            return MessageUnknown(delivery=number, number=tries, reason=reason)
        again = None
        if came.wait is not None and came.wait > self.pace.patience:
            reason += f" and asks to be left alone for {duration_in_words(came.wait)}"
        elif came.passing and before.round + 1 < self.pace.tries:
            pause = min(self.pace.first * 2**before.round, self.pace.longest)
            again = max(pause, came.wait or 0.0)
        return MessageNotSent(
            delivery=number,
            number=tries,
            reason=reason,
            status=came.status,
            answer=answer,
            again=again,
        )
