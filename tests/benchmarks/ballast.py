"""Memory that the machine has at hand when something is timed.

A virtual machine may give what was freed back to its host after a second or two, and
gets it again at the first touch, page by page. Three gigabytes written into a file took
0.6 to 1.4 s in memory freed just then, 5 to 8 s in memory that had been free for
five seconds: what a comparison of two programs would show is who came first.
"""

from __future__ import annotations

import mmap

import psutil

PAGE = 4096


class Ballast:
    """Memory that is held, and let go of right before it is needed."""

    def __init__(self, size: int) -> None:
        """Hold so many bytes, or half of what is free if that is less."""
        self._size = max(PAGE, min(size, psutil.virtual_memory().available // 2))
        self._held: mmap.mmap | None = None
        self.take()

    def take(self) -> None:
        """Hold it (again); each page is touched."""
        self.drop()
        held = mmap.mmap(-1, self._size)
        for place in range(0, self._size, PAGE):
            held[place] = 1
        self._held = held

    def drop(self) -> None:
        """Let go of it: whoever wants memory now gets this."""
        if self._held is not None:
            self._held.close()
            self._held = None
