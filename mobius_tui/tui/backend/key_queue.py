"""Input in order: each key is dispatched when the one before it is handled.

A question accepts nothing that was typed before it was on the terminal.

Textual 8.2 hands a key to whatever has the focus when it is read, handled or not what
was typed before, and no screen learns since when the terminal shows it. Upstream needs:
a queue of input in the app that waits for the handlers of a key, and an event for a
frame that the terminal has taken.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.message import Message
from textual.widget import Widget

INPUT_GUARD_SECONDS = 0.3
"""Seconds within which the same key again is taken for its repeat, which cannot be the
first key that a question accepts. For as long, a question whose text has changed, and a
screen that has refused a command, accept no key at all."""


class TimedInput(NamedTuple):
    """A key, a paste or a click."""

    event: events.Event
    read_at: float
    """When it was read from the terminal, by the clock of the screen that gets it."""
    is_repeat: bool
    """Whether it is the same key as the one before, and came right behind it."""


class InputGuard:
    """Decides which input a question accepts; times are seconds of its keys' clock."""

    def __init__(self) -> None:
        """Begin with a question that is not on the terminal yet."""
        self._shown_at: float | None = None
        self._is_unanswered = True
        self._quiet_time = 0.0

    @property
    def is_shown(self) -> bool:
        """Whether it is on the terminal."""
        return self._shown_at is not None

    def restart(self) -> None:
        """Treat the question as new: its text changed, and nobody asked for that.

        A finger may be on its way: what comes in the first moment is no answer to it.
        """
        self._shown_at = None
        self._is_unanswered = True
        self._quiet_time = INPUT_GUARD_SECONDS

    def mark_shown(self, at: float) -> None:
        """Note since when the question is on the terminal.

        Args:
            at: seconds; ignored if it was shown before.
        """
        if self._shown_at is None:
            self._shown_at = at + self._quiet_time

    def accepts(self, typed: TimedInput, *, answers: bool) -> bool:
        """Whether the question accepts an input.

        Args:
            typed: the input.
            answers: whether it may answer the question; text for a field does not, and
                a click is always aimed.
        """
        if self._shown_at is None or typed.read_at < self._shown_at:
            return False
        if answers and self._is_unanswered and typed.is_repeat:
            return False
        self._is_unanswered = self._is_unanswered and not answers
        return True


HANDLING_TIMEOUT = 0.3
"""Seconds after which the next key is dispatched though no `KeyHandled` came for the
one before it: that key may have removed the widget that had the focus."""
OPENING_TIMEOUT = 3.0
"""Seconds for which typed text waits for a question that is being opened: on a busy
machine that takes a while, and text typed after its key is meant for its field. An
Enter does not wait as long: if no question came, it would do the next action."""
HANDLED_MESSAGE_ROUNDS = 2
"""How many times `KeyHandled` is posted to the widget after a key: each time behind the
messages that handling the key has posted by then."""
CHECK_INTERVAL = 0.005
"""Seconds between polls for a question that is being opened."""


class KeyHandled(Message, namespace="mobius"):
    """Follows a key to its widget: whoever gets this message has handled the key."""

    def __init__(self, target: Widget, number: int, rounds: int) -> None:
        super().__init__()
        self.target = target
        self.number = number
        self.rounds = rounds


class KeyQueue:
    """Dispatches input one event at a time, each when the one before is handled."""

    def __init__(
        self,
        app: App[Any],
        dispatch: Callable[[events.Event], Awaitable[None]],
        is_opening: Callable[[], bool],
    ) -> None:
        """Make an empty queue.

        Args:
            app: the app that gets the input.
            dispatch: gives an event to whoever has the focus.
            is_opening: whether a key's work is about to put a question on the screen.
        """
        self._app = app
        self._dispatch = dispatch
        self._is_opening = is_opening
        self._waiting: deque[events.Event] = deque()
        self._number = 0
        self._is_handling = False
        self._timeout: asyncio.TimerHandle | None = None
        self._started_at = 0.0

    async def put(self, event: events.Event) -> None:
        """Dispatch an event now, or when those before it have been handled."""
        if self._is_handling:
            self._waiting.append(event)
        elif _is_text(event) and self._is_opening():
            self._waiting.append(event)
            self._is_handling = True
            self._number += 1
            self._started_at = asyncio.get_running_loop().time()
            self._app.call_later(self._dispatch_when_shown, self._number)
        else:
            await self._dispatch_now(event)

    async def _dispatch_now(self, event: events.Event) -> None:
        """Dispatch an event; the mouse moves the focus at once, and needs no turn."""
        if not isinstance(event, events.Key | events.Paste):
            await self._dispatch(event)
            return
        self._is_handling = True
        self._number += 1
        target: Widget = self._app.focused or self._app.screen
        await self._dispatch(event)
        target.post_message(KeyHandled(target, self._number, HANDLED_MESSAGE_ROUNDS))
        loop = asyncio.get_running_loop()
        settle = partial(self._app.call_later, self._dispatch_when_shown, self._number)
        self._started_at = loop.time()
        self._timeout = loop.call_later(HANDLING_TIMEOUT, settle)

    def key_handled(self, message: KeyHandled) -> None:
        """Go on after a key; what it asked the app for is in the app's queue."""
        message.stop()
        target, rounds = message.target, message.rounds - 1
        again = KeyHandled(target, message.number, rounds)
        if not rounds or not target.is_attached or not target.post_message(again):
            self._app.call_later(self._dispatch_when_shown, message.number)

    async def _dispatch_when_shown(self, number: int) -> None:
        """Wait until the key's question is shown, then dispatch what waits."""
        await asyncio.sleep(0)  # work that was begun gets its first turn
        if number == self._number and self._may_wait() and self._is_opening():
            self._app.set_timer(
                CHECK_INTERVAL, partial(self._dispatch_when_shown, number)
            )
        else:
            await self._release_waiting(number)

    def _may_wait(self) -> bool:
        """Whether the events that wait may wait longer for a question."""
        waited = asyncio.get_running_loop().time() - self._started_at
        if waited < HANDLING_TIMEOUT:
            return True
        return (
            waited < OPENING_TIMEOUT
            and bool(self._waiting)
            and _is_text(self._waiting[0])
        )

    async def _release_waiting(self, number: int) -> None:
        """Dispatch what waits, up to the next event that must be handled first."""
        if number != self._number or not self._is_handling:
            return
        if self._timeout is not None:
            self._timeout.cancel()
        self._is_handling = False
        while self._waiting and not self._is_handling:
            await self._dispatch_now(self._waiting.popleft())


def _is_text(event: events.Event) -> bool:
    """Whether an event may be text for a field."""
    if isinstance(event, events.Key):
        return event.is_printable or event.key == "backspace"
    return isinstance(event, events.Paste)
