"""The outputs of many hosts merged into one text, line by line, ordered by time.

The text grows while the hosts' outputs do. An output without spans, as in runs of
earlier versions, has no times: it stands as a whole before the merged lines.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from mobius_tui.run.attempts.output_reader import Span, SpanReader, spans_in
from mobius_tui.run.fleet.host_output import left_out_note, outputs_by_host, spans_path
from mobius_tui.run.keeper.output_writer import SPAN_SIZE, encode_span
from mobius_tui.run.storage.safe_open import open_regular

TOTAL_BYTES = 16 << 20
"""Bytes read of all outputs in one pass, shared evenly between the hosts."""
MAX_BYTES_OF_HOST, MIN_BYTES_OF_HOST = 1 << 20, 1 << 14
"""Bytes read of one host's output in one pass, at most and at least."""
WITHOUT_TIMES_NOTE = b"(when these came was not kept: one host after the other)\n"
LABEL_SEPARATOR = "│ ".encode()
"""What stands between a host's name and what it said."""
NO_TIME_LIMIT = 1 << 64
"""Nanoseconds since 1970 that no record of a time can have."""
_RESET = b"\x1b[0m"


class MergedHost(Struct, frozen=True, kw_only=True):
    """A host whose output is merged with those of others."""

    name: str
    label: str
    """How it is called before each line."""
    state: str
    """How it stands, in words."""
    output: Path
    is_over: bool
    """Whether nothing is added to it any more."""


class _MergeProgress(Struct):
    """How far an output is merged."""

    offset: int | None = None
    """Offset of the first byte not yet merged; `None` before a line is merged."""
    time: int = 0
    """Time of the last merged byte, in nanoseconds since 1970."""
    is_done: bool = False


class _Line(Struct, frozen=True, kw_only=True):
    time: int
    text: bytes
    """Empty where there is more of an output, which was not read yet."""
    end: int
    """Offset of the first byte after it in the host's output."""


class _OutputChunk:
    """What was read of an output at a time."""

    def __init__(
        self, host: MergedHost, place: _MergeProgress, most: int, *, is_last: bool
    ) -> None:
        """Read it; blocking.

        Args:
            host: whose it is.
            place: how far it is merged.
            most: bytes that are read.
            is_last: whether what is there is all that there is.

        Raises:
            OSError: it cannot be read.
        """
        self.host, self.place = host, place
        self._is_all = is_last or host.is_over
        with open_regular(host.output) as file:
            size = file.seek(0, os.SEEK_END)
            begin = place.offset
            self._begin = max(0, size - most) if begin is None else begin
            file.seek(self._begin)
            self._data = file.read(min(most, size - self._begin))
        self._hidden = 0
        if begin is None and self._begin:
            cut = self._data.find(b"\n", 0, -1) + 1  # something is left after it
            self._begin, self._data = self._begin + cut, self._data[cut:]
            self._hidden = self._begin
        self._is_cut = self._begin + len(self._data) < size
        with open_regular(spans_path(host.output)) as file:
            spans = SpanReader(file.fileno())
            spans.refresh()
            records, self._has_more_spans = spans.records_from(self._begin, most)
        self._spans = spans_in(records)
        self._span: Span | None = None
        last = [*spans_in(records[-SPAN_SIZE:])]
        self.newest = last[0].time if last else 0
        """When the last of it came, in nanoseconds since 1970."""

    def lines(self) -> Iterator[_Line]:
        """Its lines, as far as it is known when they came."""
        data, time, begin = self._data, self.place.time, 0
        while begin < len(data):
            end = data.find(b"\n", begin) + 1
            if not end and (begin if self._is_cut else not self._is_all):
                break  # the rest of the line is not here
            end = end or len(data)
            came = self._time_of(self._begin + end - 1)
            if came is None and (begin if self._has_more_spans else not self._is_all):
                break  # nor is when it came
            time = max(time, came or 0)
            if self._hidden:
                note, self._hidden = left_out_note(self._hidden), 0
                yield _Line(time=time, text=note, end=self._begin)
            yield _Line(time=time, text=data[begin:end], end=self._begin + end)
            begin = end
        if begin and (self._is_cut or self._has_more_spans):
            yield _Line(time=time, text=b"", end=0)

    def _time_of(self, offset: int) -> int | None:
        """When a byte came; 0 if nobody knows, `None` if no record goes so far."""
        while self._span is None or self._span.end <= offset:
            self._span = next(self._spans, None)
            if self._span is None:
                return None
        return self._span.time if self._span.offset <= offset else 0


class MergedOutput:
    """The text, and when each line came: two files that grow at each `catch_up`."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing.

        Args:
            path: of the text, in a folder of its own.
        """
        self.path = path
        self.hosts_without_times = 0
        """Hosts of which it was not kept when their output came."""
        self.has_merged_lines = False
        """Whether the text holds lines merged by time, besides outputs without times.
        """
        self._places: dict[Path, _MergeProgress] = {}
        self._size = 0
        self._newest = 0
        """The latest time that was seen by now, in nanoseconds since 1970."""

    def catch_up(
        self, hosts: Iterable[MergedHost], *, is_last: bool, until: int = NO_TIME_LIMIT
    ) -> None:
        """Append what came since the last call; blocking.

        Unless `is_last`, lines newer than all that the call before has seen are held
        back: earlier lines of other hosts may still come.

        Args:
            hosts: the hosts; some may have joined since the last call.
            is_last: whether nothing is held back.
            until: nanoseconds since 1970; what came later is left out.

        Raises:
            OSError: the text cannot be written.
        """
        known = list(hosts)
        with (
            self.path.open("ab") as text,
            spans_path(self.path).open("ab") as spans,
        ):
            self._append_without_times(known, text)
            while True:
                parts, before = self._read(known, is_last=is_last), self._size
                due = min(until, NO_TIME_LIMIT if is_last else self._newest)
                is_all = self._append(parts, due, text, spans)
                newest = (part.newest for part in parts)
                self._newest = max(self._newest, *newest, 0)
                if is_all or not is_last or self._size == before:
                    return

    def _read(self, hosts: list[MergedHost], *, is_last: bool) -> list[_OutputChunk]:
        """What is there of each output, and is not merged."""
        share = TOTAL_BYTES // max(1, len(hosts))
        most = max(MIN_BYTES_OF_HOST, min(MAX_BYTES_OF_HOST, share))
        parts = []
        for host in hosts:
            place = self._places.setdefault(host.output, _MergeProgress())
            with suppress(OSError):  # it may not be there yet
                size = host.output.lstat().st_size
                place.is_done |= host.is_over and size == (place.offset or 0)
                if not place.is_done and size != place.offset:
                    parts.append(_OutputChunk(host, place, most, is_last=is_last))
        return parts

    def _append(
        self, parts: list[_OutputChunk], due: int, text: BinaryIO, spans: BinaryIO
    ) -> bool:
        """Append the lines that are due, in the order in which they came.

        Returns:
            Whether there are no others.
        """
        each = [zip(part.lines(), repeat(part), strict=False) for part in parts]
        for line, part in heapq.merge(*each, key=lambda item: item[0].time):
            if line.time > due:
                return True
            if not line.text:
                return False
            data = _labelled(part.host.label, line.text)
            spans.write(encode_span(self._size, len(data), 1, line.time))
            text.write(data)
            self._size += len(data)
            self.has_merged_lines = True
            part.place.offset, part.place.time = line.end, line.time
        return True

    def _append_without_times(self, hosts: list[MergedHost], text: BinaryIO) -> None:
        """Append the outputs of which it was not kept when they came."""
        for host in hosts:
            place = self._places.setdefault(host.output, _MergeProgress())
            if (
                place.is_done
                or place.offset is not None
                or not _has_no_times(host.output)
            ):
                continue
            place.is_done = True
            whole = outputs_by_host([(host.name, host.state, host.output)])
            data = WITHOUT_TIMES_NOTE * (not self.hosts_without_times) + b"".join(whole)
            self.hosts_without_times += 1
            self._size += text.write(data)


def _has_no_times(output: Path) -> bool:
    """Whether there is an output, and nothing says when it came."""
    with suppress(OSError):
        return output.lstat().st_size > 0 and not spans_path(output).exists()
    return False


def _labelled(label: str, line: bytes) -> bytes:
    """A line with its host's name, which nothing in it can write over or colour."""
    body = line.rstrip(b"\r\n")
    body = body[body.rfind(b"\r") + 1 :]
    reset = _RESET if b"\x1b" in body else b""
    return label.encode("utf-8", "replace") + LABEL_SEPARATOR + body + reset + b"\n"
