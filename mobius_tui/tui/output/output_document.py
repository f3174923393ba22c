"""Where each line of an output begins, and which stream wrote which bytes, and when."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from pathlib import Path

from msgspec import Struct
from rich.segment import Segment

from mobius_tui.run.attempts.output_reader import Span, SpanReader
from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.sanitize import SGR, clean, decode, excess_start
from mobius_tui.tui.output.sgr import PLAIN_PEN, Pen, pen_after, styled_segments

INDEX_BLOCK_BYTES = 64 * 1024
"""Bytes of a block: the line index counts the newlines before each."""


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
            limit: Bytes after which to stop; the block they end in is read whole.

        Returns:
            Whether the end of the file was reached.
        """
        stop = self.scanned + limit
        while True:
            room = INDEX_BLOCK_BYTES - self.scanned % INDEX_BLOCK_BYTES
            if self._limit is not None:
                room = min(room, self._limit - self.scanned)
            data = os.pread(self._descriptor, room, self.scanned)
            if not data:
                return True
            self.newlines += data.count(b"\n")
            self._ends_in_newline = data.endswith(b"\n")
            self.scanned += len(data)
            if self.scanned % INDEX_BLOCK_BYTES == 0:
                self._before.append(self.newlines)
            if self.scanned >= stop:
                return False

    def line_at(self, offset: int) -> int:
        """Return the number of the line that holds the byte at `offset`.

        Args:
            offset: A byte's place, at most `scanned`.
        """
        block = min(offset // INDEX_BLOCK_BYTES, len(self._before) - 1)
        data = os.pread(
            self._descriptor,
            offset - block * INDEX_BLOCK_BYTES,
            block * INDEX_BLOCK_BYTES,
        )
        return self._before[block] + data.count(b"\n")

    def offset_of(self, line: int) -> int:
        """Return the offset of the first byte of a line.

        Args:
            line: A line's number, at most `newlines`.
        """
        if line == 0:
            return 0
        block = bisect_left(self._before, line) - 1
        data = os.pread(self._descriptor, INDEX_BLOCK_BYTES, block * INDEX_BLOCK_BYTES)
        return (
            block * INDEX_BLOCK_BYTES
            + _nth_newline(data, line - self._before[block])
            + 1
        )


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


MAX_COSTLY_ITEMS = 1024
"""The most colours, controls, tabs and bad bytes of a line that are shown.

Each takes as long as a hundred letters; a person who presses a key waits for all.
"""


def shown_part(line: bytes) -> tuple[bytes, int]:
    """Return which bytes of a line are shown, and how many behind them are not.

    What a carriage return would overwrite is left out of both.

    Args:
        line: All of it, without its newline.
    """
    line = line.rstrip(b"\r")
    line = line[line.rfind(b"\r") + 1 :]
    if len(line) > MAX_COSTLY_ITEMS:
        text = line.decode("utf-8", "surrogateescape")
        place = excess_start(text, MAX_COSTLY_ITEMS)
        if place is not None:
            body = text[:place].encode("utf-8", "surrogateescape")
            return body, len(line) - len(body)
    return line, 0


def shown_part_of_long(head: bytes, tail: bytes, length: int) -> tuple[bytes, int]:
    """Return the shown bytes of a line longer than 64 KiB, and the hidden count.

    What is shown is its beginning; where a carriage return is in the tail, what follows
    the last one.

    Args:
        head: Its first bytes, 64 KiB of them.
        tail: Its last ones.
        length: All of its bytes.
    """
    if b"\r" in tail.rstrip(b"\r"):
        return shown_part(tail)
    body, _ = shown_part(_whole_characters(head))
    return body, length - len(body)


def _whole_characters(data: bytes) -> bytes:
    """Return `data` without the UTF-8 character that was cut in two at its end."""
    for back in range(1, 4):
        byte = data[-back]
        if byte >= 0xC0:
            width = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            return data[:-back] if width > back else data
        if byte < 0x80:
            break
    return data


FIRST_READ_BYTES = 4096
"""Bytes read at first for a line: most are shorter."""

MAX_SHOWN_LINE_BYTES = 64 * 1024
"""Bytes of one line that are shown at most, and read back for its colours."""

NEWLINE_SEARCH_BYTES = 1024 * 1024
"""Bytes searched for a newline where the index has not come yet."""

COLOUR_SEQUENCE_PATTERN = re.compile(SGR.pattern.encode())
RESET_SEQUENCES = (b"\x1b[0m", b"\x1b[m")
"""Sequences after which text is plain."""

MAX_CACHED_LINE_BYTES = 1024 * 1024
"""Bytes of parsed lines in the cache, at most."""
LINE_OVERHEAD_BYTES = 1024
"""Bytes of overhead that a cached line counts for, besides its own: its objects."""


class OutputLine(Struct, frozen=True, kw_only=True):
    """A line of output, ready to be laid out."""

    start: int
    """Offset of its first byte."""
    after: int
    """Offset of the next line's first byte; the file's size for the last line."""
    segments: tuple[Segment, ...]
    """Sanitized, styled text."""
    pen: Pen
    """What the next line begins with."""
    hidden_bytes: int
    """Bytes of the line that are not shown, because it is too long."""
    span: Span | None
    """Stream and time of its first byte; none if they are not recorded yet."""
    settled: bool
    """Whether it will stay as it is: it has its newline, and its span if any."""


class OutputDocument:
    """An output file and its `spans`, open for reading while they grow.

    Everything but `scan` is for one thread; `scan` may run in another.

    Raises:
        OSError: From the constructor, if the output can't be opened.
    """

    def __init__(
        self, output: Path, spans: Path | None, limit: int | None = None
    ) -> None:
        """Open them.

        Args:
            output: The output's file.
            spans: Its spans' file.
            limit: Bytes that are read of the output; none for all.
        """
        self._descriptor = _open(output)
        self._limit = limit
        self._spans_path = spans
        self._spans_descriptor: int | None = None
        self._spans: SpanReader | None = None
        self._cache: OrderedDict[int, tuple[OutputLine, int]] = OrderedDict()
        self._cached = 0
        self._next_pen = 0, PLAIN_PEN
        self._unsettled: set[int] = set()
        self._last_sizes = 0, 0, 0
        self._scanning = threading.Lock()
        self._closed = False
        self.index = LineIndex(self._descriptor, limit)
        """Counts its lines, as far as `scan` was called."""
        self.size = 0
        """Bytes at the last `refresh`; nothing beyond them is read."""
        self.shrunk = False
        """Whether the file was cut since, so that nothing known of it holds."""

    def close(self) -> None:
        """Close the files; a `scan` in another thread ends."""
        if self._closed:
            return
        self._closed = True  # before the lock is asked for: a long scan gives up
        with self._scanning:
            os.close(self._descriptor)
        if self._spans_descriptor is not None:
            os.close(self._spans_descriptor)

    def refresh(self) -> bool:
        """Look how far the files have grown; return whether they have."""
        counted = self.index.scanned
        self.size = os.fstat(self._descriptor).st_size
        if self._limit is not None:
            self.size = min(self.size, self._limit)
        self.shrunk = self.size < counted
        if self._spans is None and self._spans_path is not None:
            with contextlib.suppress(OSError):  # the text can be read without it
                self._spans_descriptor = _open(self._spans_path)
                self._spans = SpanReader(self._spans_descriptor)
        if self._spans is not None:
            self._spans.refresh()
        before = self._last_sizes
        self._last_sizes = self.size, self._spans.count if self._spans else 0, counted
        if before == self._last_sizes:
            return False
        for start in self._unsettled:
            self._cached -= self._cache.pop(start)[1]
        self._unsettled.clear()
        return before[:2] != self._last_sizes[:2]

    def scan(self, limit: int) -> bool:
        """Count lines on, through `limit` bytes; return whether that was all."""
        with self._scanning:
            return self._closed or self.index.scan(limit)

    def line(self, start: int) -> OutputLine:
        """Return the line that begins at `start`.

        Its colours go on from the line before if that was the last one asked for.

        Args:
            start: The offset of a line's first byte, below `size`.
        """
        kept = self._cache.get(start)
        if kept is not None:
            self._cache.move_to_end(start)
            line = kept[0]
        else:
            line = self._parse(start)
        self._next_pen = line.after, line.pen
        return line

    def previous(self, start: int) -> int:
        """Return where the line begins that ends before `start`, which is above 0.

        Of a line longer than `NEWLINE_SEARCH_BYTES` it is a place within it, until the
        index has come so far.
        """
        for reach in (FIRST_READ_BYTES, MAX_SHOWN_LINE_BYTES, NEWLINE_SEARCH_BYTES):
            low = max(0, start - reach)
            found = self._read(low, start - 1 - low).rfind(b"\n")
            if found >= 0:
                return low + found + 1
            if low == 0:
                return 0
        if self.index.scanned >= start:
            return self.index.offset_of(self.index.line_at(start - 1))
        return start - NEWLINE_SEARCH_BYTES

    def least_cells(self, start: int, after: int) -> int:
        """Return how many cells a line takes at least, without parsing it.

        Args:
            start: The offset of its first byte.
            after: The next line's.
        """
        body, hidden = shown_part(self._read(start, after - start).rstrip(b"\n"))
        if hidden:
            return 0
        body = COLOUR_SEQUENCE_PATTERN.sub(b"", body)
        return len(body) if body.isascii() and body.decode().isprintable() else 0

    def _parse(self, start: int) -> OutputLine:
        body, after, complete, hidden = self._extent(start)
        text = clean(decode(body), keep_sgr=True)
        following, pen = self._next_pen
        segments, end = styled_segments(
            text, pen if following == start else self._pen_at(start)
        )
        if hidden:
            end = pen_after(
                decode(
                    self._read(max(start, after - FIRST_READ_BYTES), FIRST_READ_BYTES)
                ),
                end,
            )
        span = self._spans.at(start) if self._spans else None
        line = OutputLine(
            start=start,
            after=after,
            segments=segments,
            pen=end,
            hidden_bytes=hidden,
            span=span,
            settled=complete and (span is not None or self._spans_path is None),
        )
        self._cache_line(line, len(body))
        return line

    def _extent(self, start: int) -> tuple[bytes, int, bool, int]:
        """Find a line in the file.

        Returns:
            The bytes of it that are shown, the offset of the next line, whether it has
            its newline, and how many of its bytes are hidden.
        """
        for length in (FIRST_READ_BYTES, MAX_SHOWN_LINE_BYTES):
            data = self._read(start, length)
            found = data.find(b"\n")
            if found >= 0:
                body, hidden = shown_part(data[:found])
                return body, start + found + 1, True, hidden
            if len(data) < length:
                body, hidden = shown_part(data)
                return body, start + len(data), False, hidden
        end, complete = self._far_end(start)
        tail = self._read(end - MAX_SHOWN_LINE_BYTES, MAX_SHOWN_LINE_BYTES)
        body, hidden = shown_part_of_long(data, tail, end - start)
        return body, end + complete, complete, hidden

    def _far_end(self, start: int) -> tuple[int, bool]:
        """Return where a long line ends, and whether by a newline."""
        if self.index.scanned > start:
            number = self.index.line_at(start)
            if number < self.index.newlines:
                end = self.index.offset_of(number + 1) - 1
                return (end, True) if end < self.size else (self.size, False)
        seen = max(start, self.index.scanned)
        found = self._read(seen, NEWLINE_SEARCH_BYTES).find(b"\n")
        return (self.size, False) if found < 0 else (seen + found, True)

    def _pen_at(self, start: int) -> Pen:
        """Return the pen at `start`, as the colours just before it leave it."""
        before = self._read(
            max(0, start - MAX_SHOWN_LINE_BYTES), min(start, MAX_SHOWN_LINE_BYTES)
        )
        if b"\x1b[" not in before:
            return PLAIN_PEN
        # What was before the last reset no longer counts.
        reset = max(before.rfind(each) for each in RESET_SEQUENCES)
        return pen_after(decode(before[max(0, reset) :]), PLAIN_PEN)

    def _read(self, start: int, length: int) -> bytes:
        length = min(length, self.size - start)
        return os.pread(self._descriptor, length, start) if length > 0 else b""

    def _cache_line(self, line: OutputLine, length: int) -> None:
        """Cache a line; the least recently used ones are dropped.

        One that is not settled is kept until the next `refresh` finds news.
        """
        cost = LINE_OVERHEAD_BYTES + length
        self._cache[line.start] = line, cost
        self._cached += cost
        if not line.settled:
            self._unsettled.add(line.start)
        while self._cached > MAX_CACHED_LINE_BYTES:
            start, (_, freed) = self._cache.popitem(last=False)
            self._cached -= freed
            self._unsettled.discard(start)


def text_of(line: OutputLine) -> str:
    """Return the text of a line as it is shown, without colours."""
    return "".join(segment.text for segment in line.segments)


def _open(path: Path) -> int:
    return regular_descriptor(path)
