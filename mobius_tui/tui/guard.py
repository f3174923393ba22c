"""Which keys answer a question: none that was typed before it was to be seen.

What was typed ahead over a slow line was meant for the screen beneath; it must confirm
nothing. That holds for Enter, for clicks and for what presses a button: what is typed
into a field is taken at once, for it is read there before Enter takes it. When a key
was typed nobody tells, so what has been typed is read right before a question goes to
the terminal: a key that is read afterwards was typed afterwards, however late that is.

Nor must a key that is hammered, or held down: it was not pressed to answer.
"""

from __future__ import annotations

from typing import NamedTuple

from textual import events

DEAF = 0.3
"""Seconds in which the same key once more is no other press of it, until a question has
taken a key; and in which none counts behind a change of a question, or a refusal."""


class Typed(NamedTuple):
    """A key, a paste or a click."""

    event: events.Event
    came: float
    """When it was read from the terminal, by the clock of the screen that gets it."""
    again: bool
    """Whether it is the same key as the one before, and came right behind it."""


class Guard:
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
        self._rest = DEAF

    def show(self, at: float) -> None:
        """It is on the terminal, if it was not before."""
        if self._seen is None:
            self._seen = at + self._rest

    def takes(self, typed: Typed, *, answers: bool) -> bool:
        """Whether it takes what was typed.

        Args:
            typed: what came.
            answers: whether it may answer; text for a line does not, nor is a click
                anything but aimed.
        """
        if self._seen is None or typed.came < self._seen:
            return False
        if answers and self._is_fresh and typed.again:
            return False
        self._is_fresh = self._is_fresh and not answers
        return True
