"""When a screen showed what a key does: found afterwards, from what it was sent.

Drawing the screen takes time, which must not be the measured program's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyte

from tests.benchmarks.terminal import COLUMNS, ROWS, Terminal

Rows = Sequence[str]
"""The screen, as text."""


@dataclass(frozen=True, slots=True)
class Press:
    """A key, and what the screen shows when it has had its effect."""

    at: float
    """By `time.perf_counter`."""
    shows: Callable[[Rows], bool]


def seen(terminal: Terminal, presses: Sequence[Press]) -> list[float]:
    """The seconds from each key to its effect on the screen.

    Raises:
        AssertionError: a key had no effect before the next one, or the end.
    """
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    took: list[float] = []
    waiting = list(presses)
    start = 0
    for at, size in terminal.came:
        stream.feed(bytes(terminal.raw[start:size]))
        start = size
        if waiting and at >= waiting[0].at and waiting[0].shows(screen.display):
            took.append(at - waiting.pop(0).at)
    assert not waiting, f"{len(waiting)} keys of {len(presses)} were lost"
    return took
