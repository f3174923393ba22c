"""Memory that the machine has at hand when something is timed.

A virtual machine may give what was freed back to its host after a second or two, and
gets it again at the first touch, page by page. Three gigabytes written into a file took
0.6 to 1.4 s in memory freed just then, 5 to 8 s in memory that had been free for
five seconds: what a comparison of two programs would show is who came first, or which
of them wrote its last gigabyte later.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

PAGE = 4096
SLICE = 16 << 20
"""Bytes that are let go of at once."""
AHEAD = 256 << 20
"""Bytes that are free beyond what has been written."""
LOOK = 0.01
"""Seconds between two looks at how much that is."""


class Ballast:
    """Memory that is held, and let go of right before it is needed."""

    def __init__(self, size: int) -> None:
        """Hold so many bytes, or half of what is free if that is less."""
        room = min(size + AHEAD, psutil.virtual_memory().available // 2)
        self._slices = max(1, room // SLICE)
        self._held: list[mmap.mmap] = []
        self.take()

    def take(self) -> None:
        """Hold all of it (again); each page is touched."""
        while len(self._held) < self._slices:
            held = mmap.mmap(-1, SLICE)
            for place in range(0, SLICE, PAGE):
                held[place] = 1
            self._held.append(held)

    @contextmanager
    def given_to(self, files: Sequence[Path]) -> Iterator[None]:
        """Let go of it as fast as files grow, a little ahead of them."""
        over = threading.Event()
        giver = threading.Thread(target=self._give, args=(files, over))
        giver.start()
        try:
            yield
        finally:
            over.set()
            giver.join()

    def _give(self, files: Sequence[Path], over: threading.Event) -> None:
        given = 0
        while self._held and not over.is_set():
            while self._held and given < sum(map(_size, files)) + AHEAD:
                self._held.pop().close()
                given += SLICE
            over.wait(LOOK)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
