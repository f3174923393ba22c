"""The beat of a watch, and the holes in it: moments in which nobody was looking.

A suspended process, a sleeping machine or a blocked event loop makes a server look slow
or dead that is neither.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

_LONGEST_TICK = 1.0
"""Seconds; a hole is seen at the tick after it."""


def boot_clock() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where there is one."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Ticker:
    """Slots at start + k · every, and the longest hole since any moment."""

    def __init__(self, every: float, clock: Callable[[], float] = boot_clock) -> None:
        """Begin now.

        Args:
            every: seconds from one slot to the next.
            clock: seconds that pass while the machine sleeps, too.
        """
        self.every = every
        self.clock = clock
        self._start = clock()
        self._tick = min(every / 2, _LONGEST_TICK)
        self._ticked = self._start
        self._hole = 0.0
        self._hole_end = -math.inf

    async def watch(self) -> None:
        """Look for holes until cancelled."""
        while True:
            await asyncio.sleep(self._tick)
            now = self.clock()
            late = now - self._ticked - self._tick
            if late > self.every:
                self._hole, self._hole_end = late, now
            self._ticked = now

    async def until(self, slot: int) -> float:
        """Wait for a slot; the time at which it was due."""
        due = self._start + slot * self.every
        await asyncio.sleep(0)  # a probe that is always late must let others run
        while (left := due - self.clock()) > 0:  # noqa: ASYNC110 - it is the time itself
            await asyncio.sleep(left)
        return due

    def after(self, slot: int) -> int:
        """The next slot that is not due yet."""
        passed = math.floor((self.clock() - self._start) / self.every)
        return max(slot, passed) + 1

    def hole(self, since: float) -> float:
        """Seconds for which nobody looked after a moment; 0 if at most an interval."""
        late = self.clock() - self._ticked - self._tick
        if late > self.every:
            return late
        return self._hole if self._hole_end >= since else 0.0
