"""Reads an attempt's `output`, and `spans`: each piece's stream and time.

The keeper, or who writes the output of a host, appends one record of 24 bytes,
little-endian, for each piece: 8 bytes offset, 7 bytes length, 1 byte stream, 8 bytes
time. Offsets ascend. The last record is written anew while its piece grows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from mobius_tui.run.keeper.output_writer import SPAN_SIZE, decode_span
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.sanitize import decode, drop_overwritten

STDERR_STREAM = 2
MAX_TAIL_BYTES = 1 << 14
"""Bytes of the end of an output that are read at most."""


class Span(Struct, frozen=True, kw_only=True):
    """A piece of one stream's output: one read, or several within `SPAN_JOIN_NS`."""

    offset: int
    """First byte in the output file."""
    length: int
    """Bytes."""
    stream: int
    """1 for stdout, 2 for stderr."""
    time: int
    """When its first bytes were read, in nanoseconds since 1970."""

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.length


class SpanReader:
    """Finds spans by searching the open file; nothing is loaded."""

    def __init__(self, descriptor: int) -> None:
        """Prepare; `refresh` must be called before a search.

        Args:
            descriptor: of the `spans` file, open for reading; the caller closes it.
        """
        self._descriptor = descriptor
        self._latest: Span | None = None
        self.count = 0
        """Whole records in the file at the last `refresh`."""

    def refresh(self) -> None:
        """Take note of how many records there are by now."""
        self.count = os.fstat(self._descriptor).st_size // SPAN_SIZE

    def at(self, offset: int) -> Span | None:
        """Return the span that holds the byte at `offset`, if it is recorded."""
        latest = self._latest
        if latest and latest.offset <= offset < latest.end:
            return latest
        span = self._last(lambda each: each.offset <= offset)
        if span is None or offset >= span.end:
            return None
        self._latest = span
        return span

    def last_read_by(self, time: int) -> Span | None:
        """Return the last span that had been read by a time; `None` if none had.

        Args:
            time: nanoseconds since 1970.
        """
        return self._last(lambda each: each.time <= time)

    def records_from(self, offset: int, max_bytes: int) -> tuple[bytes, bool]:
        """Return undecoded records, from the one that holds the byte at `offset` on.

        Args:
            offset: of the byte in the output.
            max_bytes: bytes of records at most.

        Returns:
            The records, for `spans_in`; and whether there are more after them.
        """
        first = max(0, self._number_of_last(lambda each: each.offset <= offset))
        left = (self.count - first) * SPAN_SIZE
        size = min(left, max_bytes - max_bytes % SPAN_SIZE)
        data = os.pread(self._descriptor, size, first * SPAN_SIZE)
        return data, size < left

    def newest(self, most: int) -> Iterator[Span]:
        """Yield the last spans, the newest first.

        Args:
            most: how many at most.
        """
        first = max(0, self.count - most)
        size = (self.count - first) * SPAN_SIZE
        data = os.pread(self._descriptor, size, first * SPAN_SIZE)
        yield from reversed(list(spans_in(data)))

    def _last(self, holds: Callable[[Span], bool]) -> Span | None:
        """The last of the spans from the first on for which something holds."""
        number = self._number_of_last(holds)
        return None if number < 0 else self._read(number)

    def _number_of_last(self, holds: Callable[[Span], bool]) -> int:
        """The number of the last span for which something holds, from 0; -1 for none.

        It is a binary search: what holds for a span must hold for all before it.
        """
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if holds(self._read(middle)):
                low = middle + 1
            else:
                high = middle
        return low - 1

    def _read(self, number: int) -> Span:
        data = os.pread(self._descriptor, SPAN_SIZE, number * SPAN_SIZE)
        return _span(data)


def _span(record: bytes) -> Span:
    offset, length, stream, time = decode_span(record)
    return Span(offset=offset, length=length, stream=stream, time=time)


def spans_in(data: bytes) -> Iterator[Span]:
    """The spans of all whole records in a part of a `spans` file."""
    for place in range(0, len(data) - SPAN_SIZE + 1, SPAN_SIZE):
        yield _span(data[place : place + SPAN_SIZE])


def output_size_at(attempt: AttemptDirectory, moment: float) -> int:
    """The size in bytes that an attempt's output had at a moment.

    Without spans it is not known when output came: then the size now.

    Args:
        attempt: whose output.
        moment: seconds since 1970.
    """
    try:
        with open_regular(attempt.spans) as file:
            spans = SpanReader(file.fileno())
            spans.refresh()
            last = spans.last_read_by(int(moment * 1e9))
    except OSError:
        return _size(attempt.output)  # without spans nobody knows when it came
    return last.end if last is not None else 0


MAX_LIST_BYTES = 1 << 20
"""Bytes of an output that are read as a list."""


def printed_to_stdout(attempt: AttemptDirectory) -> bytes:
    """What an attempt printed to stdout, of its first `MAX_LIST_BYTES` bytes.

    Raises:
        OSError: its files cannot be read.
    """
    with open_regular(attempt.output) as file:
        output = file.read(MAX_LIST_BYTES)
    with open_regular(attempt.spans) as file:
        records = file.read()
    return b"".join(
        output[span.offset : span.end]
        for span in spans_in(records)
        if span.stream != STDERR_STREAM
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def stderr_tail(attempt: AttemptDirectory, max_spans: int) -> bytes:
    """The end of what came from stderr, `MAX_TAIL_BYTES` at most.

    Args:
        attempt: whose output.
        max_spans: spans from the end that are searched.
    """
    end = b""
    try:
        with (
            open_regular(attempt.spans) as file,
            open_regular(attempt.output) as output,
        ):
            spans = SpanReader(file.fileno())
            spans.refresh()
            for span in spans.newest(max_spans):
                wanted = min(span.length, MAX_TAIL_BYTES - len(end))
                if span.stream == STDERR_STREAM and wanted:
                    output.seek(span.end - wanted)
                    end = output.read(wanted) + end
    except (OSError, ValueError, OverflowError):  # a step may write any place there
        return b""
    return end


def last_terminal_rows(path: Path) -> list[str]:
    """The rows at the end of an output, as a terminal would have left them.

    Empty where there is no such file. Only the last `MAX_TAIL_BYTES` bytes are read; a
    first row that may be cut by that is left out, unless it is the only one.
    """
    try:
        with open_regular(path) as file:
            begin = file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_TAIL_BYTES))
            data = file.read(MAX_TAIL_BYTES)
    except OSError:
        return []
    return terminal_rows(data, is_cut=begin > 0)


def terminal_rows(data: bytes, *, is_cut: bool | None = None) -> list[str]:
    """The rows of some output, as a terminal would have left them.

    Args:
        data: the end of an output, or of one stream of it.
        is_cut: whether `data` may begin within a row, which is then left out unless it
            is the only one; `None`: if `data` has at least `MAX_TAIL_BYTES` bytes.
    """
    rows = drop_overwritten(decode(data)).rstrip("\n").split("\n") if data else []
    cut = len(data) >= MAX_TAIL_BYTES if is_cut is None else is_cut
    return rows[1:] if cut and len(rows) > 1 else rows


def last_row(path: Path) -> str:
    """The last row of an output that is not blank; empty where there is none."""
    rows = (row.strip() for row in reversed(last_terminal_rows(path)))
    return next(filter(None, rows), "")
