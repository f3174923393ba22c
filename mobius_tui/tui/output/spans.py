"""Reads the `spans` file: which bytes of an output came from which stream, and when.

The keeper appends one record of 24 bytes, little-endian, for each piece it writes:
8 bytes offset, 7 bytes length, 1 byte stream, 8 bytes time. Offsets ascend.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

RECORD = struct.Struct("<QQQ")
"""Offset; length in the low 56 bits and the stream above them; nanoseconds."""

STDOUT = 1
STDERR = 2

_LENGTH_BITS = 56


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A piece of output that was read at once from one stream."""

    offset: int
    """First byte in the output file."""
    length: int
    """Bytes."""
    stream: int
    """1 for stdout, 2 for stderr."""
    time: int
    """When it was read, in nanoseconds since 1970."""


class Spans:
    """Finds the span of a byte by searching the open file; nothing is loaded."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._latest: Span | None = None
        self.count = 0
        """Whole records in the file at the last `refresh`."""

    def refresh(self) -> None:
        """Take note of how many records there are by now."""
        self.count = os.fstat(self._descriptor).st_size // RECORD.size

    def at(self, offset: int) -> Span | None:
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

    def _read(self, number: int) -> Span:
        data = os.pread(self._descriptor, RECORD.size, number * RECORD.size)
        offset, packed, time = RECORD.unpack(data)
        return Span(
            offset=offset,
            length=packed & ((1 << _LENGTH_BITS) - 1),
            stream=packed >> _LENGTH_BITS,
            time=time,
        )
