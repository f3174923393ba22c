"""Keys typed ahead: each in its turn, and none to a question that is not seen yet."""

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

INPUT_GUARD = 0.3
"""Seconds in which the same key once more is no other press of it, until a question has
taken a key; and in which none counts behind a change of a question, or a refusal."""


class TimedInput(NamedTuple):
    """A key, a paste or a click."""

    event: events.Event
    read_at: float
    """When it was read from the terminal, by the clock of the screen that gets it."""
    is_repeat: bool
    """Whether it is the same key as the one before, and came right behind it."""


class InputGuard:
    """Of one question; the times are seconds of whatever clock its keys have."""

    def __init__(self) -> None:
        """Begin with what is not on the terminal yet."""
        self._seen: float | None = None
        self._is_fresh = True
        self._rest = 0.0

    @property
    def is_seen(self) -> bool:
        """Whether it is on the terminal."""
        return self._seen is not None

    def renew(self) -> None:
        """It says something else now, which is yet to be seen, and nobody asked for it.

        A finger may be on its way: what comes in the first moment is no answer to it.
        """
        self._seen = None
        self._is_fresh = True
        self._rest = INPUT_GUARD

    def mark_shown(self, at: float) -> None:
        """It is on the terminal, if it was not before."""
        if self._seen is None:
            self._seen = at + self._rest

    def accepts(self, typed: TimedInput, *, answers: bool) -> bool:
        """Whether it takes what was typed.

        Args:
            typed: what came.
            answers: whether it may answer; text for a line does not, nor is a click
                anything but aimed.
        """
        if self._seen is None or typed.read_at < self._seen:
            return False
        if answers and self._is_fresh and typed.is_repeat:
            return False
        self._is_fresh = self._is_fresh and not answers
        return True


LIMIT = 0.3
"""Seconds after which the next key is given though nobody said that the one before it
was handled: whoever had the focus may have been taken away with it."""
OPENING = 3.0
"""Seconds for which text waits for a question that is about to come: on a busy machine
it takes its time, and what is typed behind its key is meant for its field. An Enter
does not: it would do the next thing, where no question came."""
ROUNDS = 2
"""How often a message goes the way of a key behind it: behind the key itself, and
behind what an action of that key told the widget and those around it."""
LOOK = 0.005
"""Seconds between looks whether a question has come to the screen."""


class KeyHandled(Message, namespace="mobius"):
    """Goes the way of a key, behind it: whoever gets it has had the key."""

    def __init__(self, target: Widget, number: int, rounds: int) -> None:
        super().__init__()
        self.target = target
        self.number = number
        self.rounds = rounds


class KeyQueue:
    """Holds back what was typed and clicked until its turn has come."""

    def __init__(
        self,
        app: App[Any],
        give: Callable[[events.Event], Awaitable[None]],
        is_opening: Callable[[], bool],
    ) -> None:
        """Make it.

        Args:
            app: whose keys they are.
            give: gives an event to whoever has the focus.
            is_opening: whether a key's work is about to put a question on the screen.
        """
        self._app = app
        self._give = give
        self._is_opening = is_opening
        self._waiting: deque[events.Event] = deque()
        self._number = 0
        self._is_under_way = False
        self._limit: asyncio.TimerHandle | None = None
        self._began = 0.0

    async def put(self, event: events.Event) -> None:
        """Give an event now, or when those before it have been handled."""
        if self._is_under_way:
            self._waiting.append(event)
        elif _is_text(event) and self._is_opening():
            self._waiting.append(event)
            self._is_under_way = True
            self._number += 1
            self._began = asyncio.get_running_loop().time()
            self._app.call_later(self._settle, self._number)
        else:
            await self._begin(event)

    async def _begin(self, event: events.Event) -> None:
        """Give an event; the mouse moves the focus at once, and needs no turn."""
        if not isinstance(event, events.Key | events.Paste):
            await self._give(event)
            return
        self._is_under_way = True
        self._number += 1
        target: Widget = self._app.focused or self._app.screen
        await self._give(event)
        target.post_message(KeyHandled(target, self._number, ROUNDS))
        loop = asyncio.get_running_loop()
        settle = partial(self._app.call_later, self._settle, self._number)
        self._began = loop.time()
        self._limit = loop.call_later(LIMIT, settle)

    def key_handled(self, message: KeyHandled) -> None:
        """A key has been through; what it asked the app for is in the app's queue."""
        message.stop()
        target, rounds = message.target, message.rounds - 1
        again = KeyHandled(target, message.number, rounds)
        if not rounds or not target.is_attached or not target.post_message(again):
            self._app.call_later(self._settle, message.number)

    async def _settle(self, number: int) -> None:
        """Let what the key began come as far as the screen, then go on."""
        await asyncio.sleep(0)  # work that was begun gets its first turn
        if number == self._number and self._may_wait() and self._is_opening():
            self._app.set_timer(LOOK, partial(self._settle, number))
        else:
            await self._end(number)

    def _may_wait(self) -> bool:
        """Whether what waits may wait on for a question."""
        waited = asyncio.get_running_loop().time() - self._began
        if waited < LIMIT:
            return True
        return waited < OPENING and bool(self._waiting) and _is_text(self._waiting[0])

    async def _end(self, number: int) -> None:
        """Give what waits, up to the next event that must be handled first."""
        if number != self._number or not self._is_under_way:
            return
        if self._limit is not None:
            self._limit.cancel()
        self._is_under_way = False
        while self._waiting and not self._is_under_way:
            await self._begin(self._waiting.popleft())


def _is_text(event: events.Event) -> bool:
    """Whether it may be meant for a field."""
    if isinstance(event, events.Key):
        return event.is_printable or event.key == "backspace"
    return isinstance(event, events.Paste)
