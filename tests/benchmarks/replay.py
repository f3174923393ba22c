"""When a screen showed what a key does: found afterwards, from what it was sent.

Drawing the screen takes time, which must not be the measured program's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyte

from tests.benchmarks.terminal import COLUMNS, ROWS, SilentError, Terminal
from tests.waiting import PATIENCE

Rows = Sequence[str]
"""The screen, as text."""


@dataclass(frozen=True, slots=True)
class Press:
    """A key, and what the screen shows when it has had its effect."""

    at: float
    """By `time.perf_counter`."""
    shows: Callable[[Rows], bool]


class Replay:
    """The screen of a terminal, as far as it has been looked at."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._pieces = self._bytes = 0

    @property
    def rows(self) -> Rows:
        """What it shows."""
        return self._screen.display

    def moments(self) -> Iterator[float]:
        """Show piece by piece what has come since, and say when each came."""
        while self._pieces < len(self._terminal.came):
            at, size = self._terminal.came[self._pieces]
            self._stream.feed(bytes(self._terminal.raw[self._bytes : size]))
            self._pieces, self._bytes = self._pieces + 1, size
            yield at

    def catch_up(self) -> None:
        """Show all that has come."""
        for _ in self.moments():
            pass

    def until(self, shows: Callable[[Rows], bool]) -> None:
        """Listen until the screen shows something.

        Raises:
            SilentError: it never does.
        """
        deadline = time.perf_counter() + PATIENCE
        while True:
            self.catch_up()
            if shows(self.rows):
                return
            if time.perf_counter() > deadline:
                raise SilentError("it is never shown:\n" + "\n".join(self.rows))
            self._terminal.listen(0.1)


def seen(terminal: Terminal, presses: Sequence[Press]) -> list[float]:
    """The seconds from each key to its effect on the screen.

    What a key does may not be told from what the one after the next does: one whose
    effect is not there when the next is typed has taken as long as until then, and what
    comes is taken for the next one's.

    Raises:
        AssertionError: the last key had no effect.
    """
    replay = Replay(terminal)
    took: list[float] = []
    waiting = list(presses)
    for at in replay.moments():
        while len(waiting) > 1 and at >= waiting[1].at:
            took.append(waiting[1].at - waiting.pop(0).at)
        if waiting and at >= waiting[0].at and waiting[0].shows(replay.rows):
            took.append(at - waiting.pop(0).at)
    assert not waiting, f"the last of {len(presses)} keys did nothing"
    return took
