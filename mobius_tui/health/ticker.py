"""Regular slots for checks, and the stalls between them.

During a stall this process was suspended, the machine slept or the event loop was
blocked: a server then looks slow or dead that is neither.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

_LONGEST_TICK = 1.0
"""Seconds; a stall is detected at the tick after it."""


def boot_clock() -> float:
    """Seconds on a clock that also counts while the machine sleeps, if it has one."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Ticker:
    """Schedules checks at start + k · `every` seconds.

    It notices when the process was suspended.
    """

    def __init__(self, every: float, clock: Callable[[], float] = boot_clock) -> None:
        """Start now.

        Args:
            every: seconds from one slot to the next.
            clock: gives seconds, which also pass while the machine sleeps.
        """
        self.every = every
        self.clock = clock
        self._start = clock()
        self._tick = min(every / 2, _LONGEST_TICK)
        self._last_tick = self._start
        self._stall = 0.0
        self._stall_end = -math.inf

    async def watch(self) -> None:
        """Detect stalls until cancelled."""
        while True:
            await asyncio.sleep(self._tick)
            now = self.clock()
            late = now - self._last_tick - self._tick
            if late > self.every:
                self._stall, self._stall_end = late, now
            self._last_tick = now

    async def wait_for_slot(self, slot: int) -> float:
        """Wait for a slot, and return the time at which it was due."""
        due = self._start + slot * self.every
        await asyncio.sleep(0)  # a probe that is always late must let others run
        while (remaining := due - self.clock()) > 0:  # noqa: ASYNC110 - it is the time itself
            await asyncio.sleep(remaining)
        return due

    def next_slot(self, slot: int, ended: float) -> int:
        """The next slot after `slot` that was not due yet when its check ended.

        Args:
            slot: whose check it was.
            ended: by `clock`.
        """
        passed = math.floor((ended - self._start) / self.every)
        return max(slot, passed) + 1

    def latest_stall(self, since: float) -> float:
        """Seconds of a stall that goes on, or ended since a moment; 0 for none.

        Args:
            since: by `clock`.
        """
        late = self.clock() - self._last_tick - self._tick
        if late > self.every:
            return late
        return self._stall if self._stall_end >= since else 0.0
