"""Where each line of an output begins, and which stream wrote which bytes, and when."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left

BLOCK = 64 * 1024
"""Bytes between two marks."""


class LineIndex:
    """Counts the newlines of an open file, as far as `scan` has come.

    Lines are numbered from 0. A last line that has no newline yet is a line.
    """

    def __init__(self, descriptor: int, limit: int | None = None) -> None:
        """Begin at the start of a file.

        Args:
            descriptor: The open file.
            limit: Bytes after which it ends; none for the whole of it.
        """
        self._descriptor = descriptor
        self._limit = limit
        self._before = array("Q", [0])
        self._ends_in_newline = True
        self.scanned = 0
        """Bytes counted so far, from the start of the file."""
        self.newlines = 0
        """Newlines in them."""

    @property
    def lines(self) -> int:
        """Lines that begin in what has been scanned."""
        return self.newlines + (not self._ends_in_newline)

    def scan(self, limit: int) -> bool:
        """Count on from where the last call stopped.

        Args:
            limit: The most bytes to read; at least one block is read.

        Returns:
            Whether the end of the file was reached.
        """
        stop = self.scanned + limit
        while True:
            room = BLOCK - self.scanned % BLOCK
            if self._limit is not None:
                room = min(room, self._limit - self.scanned)
            data = os.pread(self._descriptor, room, self.scanned)
            if not data:
                return True
            self.newlines += data.count(b"\n")
            self._ends_in_newline = data.endswith(b"\n")
            self.scanned += len(data)
            if self.scanned % BLOCK == 0:
                self._before.append(self.newlines)
            if self.scanned >= stop:
                return False

    def line_at(self, offset: int) -> int:
        """Return the number of the line that holds the byte at `offset`.

        Args:
            offset: A byte's place, at most `scanned`.
        """
        block = min(offset // BLOCK, len(self._before) - 1)
        data = os.pread(self._descriptor, offset - block * BLOCK, block * BLOCK)
        return self._before[block] + data.count(b"\n")

    def offset_of(self, line: int) -> int:
        """Return the offset of the first byte of a line.

        Args:
            line: A line's number, at most `newlines`.
        """
        if line == 0:
            return 0
        block = bisect_left(self._before, line) - 1
        data = os.pread(self._descriptor, BLOCK, block * BLOCK)
        return block * BLOCK + _nth_newline(data, line - self._before[block]) + 1


def _nth_newline(data: bytes, nth: int) -> int:
    """Return the place of the `nth` newline (from 1), by halving."""
    low, high = 0, len(data)
    while high - low > 1:
        middle = (low + high) // 2
        found = data.count(b"\n", low, middle)
        if found >= nth:
            high = middle
        else:
            nth -= found
            low = middle
    return low
