"""Finds text in an output of any size: counts in a thread, and answers at once."""

from __future__ import annotations

import os
import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Literal

from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.tui.output.output_document import (
    MAX_SHOWN_LINE_BYTES,
    shown_part,
    shown_part_of_long,
)
from mobius_tui.tui.output.plain_text import (
    TEXT_BLOCK_BYTES,
    ShownLines,
    count_hits,
    has_long_line,
    lines_without_colours,
    newline_from,
)
from mobius_tui.tui.output.viewport import TextPlace


class FileBlocks:
    """The blocks of one file; a thread may read them while others do.

    Raises:
        OSError: From the constructor, if the file can't be opened.
    """

    def __init__(self, path: Path, *, limit: int | None = None) -> None:
        """Open a file.

        Args:
            path: The output file.
            limit: Bytes after which the file ends; none for the whole of it.
        """
        self._descriptor = regular_descriptor(path)
        self._limit = limit
        self._ends: dict[int, int] = {}
        self._lock = threading.Lock()
        self.is_closed = False
        self.size = 0
        """Bytes at the last `grow`."""
        self.unsettled_blocks: set[int] = set()
        """Blocks whose last line may go on when the file grows: to be counted anew."""
        self.truncated_lines: set[int] = set()
        """Where lines begin that are too long to be shown to their end."""

    def close(self) -> None:
        """Let go of the file; from now on it reads as empty."""
        self.is_closed = True
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def grow(self) -> bool:
        """Read the file's size anew; return whether it differs from the last one."""
        with self._lock:
            if self.is_closed:
                return False
            size = os.fstat(self._descriptor).st_size
        if self._limit is not None:
            size = min(size, self._limit)
        before, self.size = self.size, size
        return size != before

    def texts(self, block: int) -> ShownLines:
        """Return a block's lines, as they are shown."""
        start, data, is_cut = self.lines(block)
        raws = data.split(b"\n") if data else []
        if data.endswith(b"\n"):
            raws.pop()
        offsets = list(accumulate((len(raw) + 1 for raw in raws), initial=start))[:-1]
        if not is_cut and not has_long_line(data):
            return ShownLines(
                offsets, lines_without_colours(data).split("\n")[: len(offsets)]
            )
        texts = [
            lines_without_colours(self._shown(offset, raw))
            for raw, offset in zip(raws, offsets, strict=True)
        ]
        return ShownLines(offsets, texts)

    def lines(self, block: int) -> tuple[int, bytes, bool]:
        """Read the lines that begin in a block.

        The last one is read to at most `MAX_SHOWN_LINE_BYTES` beyond the block.

        Returns:
            The offset of the first line, the bytes of all, and whether the last is cut.
        """
        low = max(0, block * TEXT_BLOCK_BYTES - 1)
        high = (block + 1) * TEXT_BLOCK_BYTES
        data = self._read(high + MAX_SHOWN_LINE_BYTES + 1 - low, low)
        begin = 0
        if block:
            begin = data.find(b"\n", 0, high - 1 - low) + 1
            if not begin:
                return high, b"", False
        end = data.find(b"\n", high - 1 - low)
        if end >= 0:
            return low + begin, data[begin : end + 1], False
        if low + len(data) < high + MAX_SHOWN_LINE_BYTES + 1:
            self.unsettled_blocks.add(block)
            return low + begin, data[begin:], False
        return low + begin, data[begin:], True

    def _shown(self, start: int, line: bytes) -> bytes:
        """Return the shown bytes of a line, which may exceed `MAX_SHOWN_LINE_BYTES`."""
        body, hidden = (
            shown_part(line)
            if len(line) <= MAX_SHOWN_LINE_BYTES
            else self._shown_of_long(start)
        )
        (self.truncated_lines.add if hidden else self.truncated_lines.discard)(start)
        return body

    def _shown_of_long(self, start: int) -> tuple[bytes, int]:
        known = self._ends.get(start, start)
        end = self._ends[start] = newline_from(self._read, known, self.size)
        if end == self.size:
            self.unsettled_blocks.add(start // TEXT_BLOCK_BYTES)
        head = self._read(MAX_SHOWN_LINE_BYTES, start)
        tail_start = max(start, end - MAX_SHOWN_LINE_BYTES)
        return shown_part_of_long(
            head, self._read(end - tail_start, tail_start), end - start
        )

    def _read(self, length: int, offset: int) -> bytes:
        """Read up to the limit, unless the file was let go of meanwhile."""
        if self._limit is not None:
            length = max(0, min(length, self._limit - offset))
        with self._lock:
            return b"" if self.is_closed else os.pread(self._descriptor, length, offset)


UNCOUNTED_HITS = -1
"""The number of hits of a block that has not been counted yet."""

_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"


class Search:
    """Searches one output file for one text, and counts its hits block by block.

    `count_some` is for a thread; everything else may be called meanwhile.

    Raises:
        OSError: From the constructor, if the file can't be opened.
    """

    def __init__(
        self, path: Path, query: str, *, near: int, limit: int | None = None
    ) -> None:
        """Begin to look for a text.

        Args:
            path: The output file.
            query: Plain text, not empty; if it has no capitals, they don't matter.
            near: The offset from which on it is counted first.
            limit: Bytes after which the file ends; none for the whole of it.
        """
        self._blocks = FileBlocks(path, limit=limit)
        self.query = query
        self.is_case_sensitive = query != query.lower()
        self.pattern = re.compile(
            re.escape(query), 0 if self.is_case_sensitive else re.IGNORECASE
        )
        self._counts = array("q")
        self._near = near // TEXT_BLOCK_BYTES
        self._counted_range = -1, -1, -1
        self._last_block: tuple[int, ShownLines] | None = None
        self._last_columns: tuple[str, list[int]] = "", []
        self.grow()

    def close(self) -> None:
        """Let go of the file; counting ends."""
        self._blocks.close()

    def grow(self) -> bool:
        """Take note of what was appended; return whether there is more to count."""
        if self._blocks.grow():
            missing = -(-self.size // TEXT_BLOCK_BYTES) - len(self._counts)
            self._counts.extend([UNCOUNTED_HITS] * missing)
            while self._blocks.unsettled_blocks:
                self._counts[self._blocks.unsettled_blocks.pop()] = UNCOUNTED_HITS
            self._last_block = None
        return not self._blocks.is_closed and not self.is_done

    @property
    def size(self) -> int:
        """Bytes at the last `grow`."""
        return self._blocks.size

    @property
    def is_done(self) -> bool:
        """Whether every block is counted."""
        return UNCOUNTED_HITS not in self._counts

    @property
    def has_unsearched_text(self) -> bool:
        """Whether some line is too long to be shown and searched to its end."""
        return bool(self._blocks.truncated_lines)

    @property
    def total(self) -> int:
        """Hits counted so far."""
        return sum(count for count in self._counts if count > 0)

    def count_some(self) -> bool:
        """Count the hits of one block more; return whether there may be others."""
        block = None if self._blocks.is_closed else self._next_block()
        if block is None:
            return False
        size = self.size
        count = self._count(block)
        if block not in self._blocks.unsettled_blocks or size == self.size:
            self._counts[block] = count
        return True

    def prefer(self, offset: int) -> None:
        """Count from that offset on next."""
        self._near = offset // TEXT_BLOCK_BYTES

    def nearest(self, place: TextPlace, step: Literal[1, -1]) -> TextPlace | None:
        """Return the next hit from a place on, past the file's end if need be.

        Args:
            place: Where to go from; a hit that is just there does not count.
            step: 1 for later hits, -1 for earlier ones.

        Returns:
            The hit; none if there is none, or if it is not counted yet: then counting
            goes on where it may be.
        """
        total = len(self._counts)
        if not total:
            return None
        first = min(place.line // TEXT_BLOCK_BYTES, total - 1)
        for offset in range(total + 1):
            block = (first + step * offset) % total
            if self._counts[block] == UNCOUNTED_HITS:
                self.prefer(block * TEXT_BLOCK_BYTES)
                return None
            if not self._counts[block]:
                continue
            found = self._nearest(block, place if offset == 0 else None, step)
            if found is not None:
                return found
        return None

    def number(self, place: TextPlace) -> int | None:
        """Return the hit's number from the file's beginning; none if not known yet."""
        block = place.line // TEXT_BLOCK_BYTES
        before = self._counts[:block]
        if UNCOUNTED_HITS in before:
            return None
        lines = self._read_block(block)
        at = bisect_left(lines.offsets, place.line)
        within = self._columns(lines, at) if at < len(lines.offsets) else []
        here = bisect_right(within, place.column)
        return sum(before) + lines.hits_before_lines(self.pattern)[at] + here

    def places(self, block: int) -> Iterator[TextPlace]:
        """Give the hits in a block, in order."""
        lines = self._read_block(block)
        for number, offset in enumerate(lines.offsets):
            for column in self._columns(lines, number):
                yield TextPlace(offset, column)

    def _nearest(
        self, block: int, place: TextPlace | None, step: Literal[1, -1]
    ) -> TextPlace | None:
        """Return a block's first hit behind a place, or its last one before it.

        Only lines that may hold it are searched: a block has 262,144 hits at most.
        """
        lines = self._read_block(block)
        count = len(lines.offsets)
        numbers = range(count)[::step]
        if place is not None:
            at = bisect_left(lines.offsets, place.line)
            numbers = (
                range(at, count) if step > 0 else range(min(at, count - 1), -1, -1)
            )
        for number in numbers:
            offset = lines.offsets[number]
            columns = self._columns(lines, number)
            if place is not None and offset == place.line:
                if step > 0:
                    columns = columns[bisect_right(columns, place.column) :]
                else:
                    columns = columns[: bisect_left(columns, place.column)]
            if columns:
                return TextPlace(offset, columns[0 if step > 0 else -1])
        return None

    def _read_block(self, block: int) -> ShownLines:
        """Return a block's lines; the last block is cached."""
        kept = self._last_block
        if kept is None or kept[0] != block:
            kept = self._last_block = block, self._blocks.texts(block)
        return kept[1]

    def _columns(self, lines: ShownLines, number: int) -> list[int]:
        """Return where the hits of a line begin; the last lines are cached."""
        text = lines.texts[number]
        if self._last_columns[0] is not text:
            found = [match.start() for match in self.pattern.finditer(text)]
            self._last_columns = text, found
        return self._last_columns[1]

    def _next_block(self) -> int | None:
        """Return the block to count next: the nearest to where the person looks."""
        counts = self._counts
        if not counts:
            return None
        near = min(self._near, len(counts) - 1)
        if near != self._counted_range[0]:
            self._counted_range = near, near, near
        _, earlier, later = self._counted_range
        while earlier >= 0 and counts[earlier] != UNCOUNTED_HITS:
            earlier -= 1
        while later < len(counts) and counts[later] != UNCOUNTED_HITS:
            later += 1
        self._counted_range = near, earlier, later
        if later < len(counts) and (earlier < 0 or later - near <= near - earlier):
            return later
        if earlier >= 0:
            return earlier
        return counts.index(UNCOUNTED_HITS) if UNCOUNTED_HITS in counts else None

    def _count(self, block: int) -> int:
        """Count the hits of a block, without saying where they are."""
        _, data, is_cut = self._blocks.lines(block)
        if is_cut or has_long_line(data):
            return self._blocks.texts(block).hits_before_lines(self.pattern)[-1]
        wanted = self.query
        if not data.translate(None, _PLAIN):
            if not wanted.isascii():
                return 0
            return count_hits(
                data, wanted.encode(), is_case_sensitive=self.is_case_sensitive
            )
        text = lines_without_colours(data)
        if self.is_case_sensitive or (text.isascii() and wanted.isascii()):
            return count_hits(text, wanted, is_case_sensitive=self.is_case_sensitive)
        return sum(1 for _ in self.pattern.finditer(text))
