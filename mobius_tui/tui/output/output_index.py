"""Where each line of an output begins, and which stream wrote which bytes, and when."""

from __future__ import annotations

import os
import struct
from array import array
from bisect import bisect_left
from dataclasses import dataclass

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


RECORD = struct.Struct("<QQQ")
"""Offset; length in the low 56 bits and the stream above them; nanoseconds."""

STDOUT = 1
STDERR = 2

_LENGTH_BITS = 56


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSpan:
    """A piece of output that was read at once from one stream."""

    offset: int
    """First byte in the output file."""
    length: int
    """Bytes."""
    stream: int
    """1 for stdout, 2 for stderr."""
    time: int
    """When it was read, in nanoseconds since 1970."""


class StreamSpans:
    """Finds the span of a byte by searching the open file; nothing is loaded."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._latest: StreamSpan | None = None
        self.count = 0
        """Whole records in the file at the last `refresh`."""

    def refresh(self) -> None:
        """Take note of how many records there are by now."""
        self.count = os.fstat(self._descriptor).st_size // RECORD.size

    def at(self, offset: int) -> StreamSpan | None:
        """Return the span that holds the byte at `offset`, if it is recorded."""
        latest = self._latest
        if latest and latest.offset <= offset < latest.offset + latest.length:
            return latest
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self._read(middle).offset <= offset:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return None
        span = self._read(low - 1)
        if offset >= span.offset + span.length:
            return None
        self._latest = span
        return span

    def _read(self, number: int) -> StreamSpan:
        data = os.pread(self._descriptor, RECORD.size, number * RECORD.size)
        offset, packed, time = RECORD.unpack(data)
        return StreamSpan(
            offset=offset,
            length=packed & ((1 << _LENGTH_BITS) - 1),
            stream=packed >> _LENGTH_BITS,
            time=time,
        )
