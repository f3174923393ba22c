"""Finds text in an output of any size: counts in a thread, and answers at once.

The file is taken in blocks; a line belongs to the block that its first byte is in. Of
each block only the number of hits is kept: 320 KB for a file of 10 GiB. What is found
is what is shown: colours, what a progress line said before, and the rest of a line that
is too long are not looked at.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from mobius_tui.tui.output.blocks import Blocks
from mobius_tui.tui.output.places import Place
from mobius_tui.tui.output.plain import (
    BLOCK,
    ShownLines,
    counted,
    has_long_line,
    plain,
)

UNKNOWN = -1
"""Stands for the number of hits in a block that nobody has counted."""

_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"


class Search:
    """One text, in one file.

    `count_some` is for a thread; everything else may be called meanwhile.

    Raises:
        OSError: From the constructor, if the file can't be opened.
    """

    def __init__(
        self, path: Path, wanted: str, *, near: int, limit: int | None = None
    ) -> None:
        """Begin to look for a text.

        Args:
            path: The output file.
            wanted: Plain text, not empty; if it has no capitals, they don't matter.
            near: The offset from which on it is counted first.
            limit: Bytes after which the file ends; none for the whole of it.
        """
        self._blocks = Blocks(path, limit=limit)
        self.wanted = wanted
        self.is_strict = wanted != wanted.lower()
        self.pattern = re.compile(
            re.escape(wanted), 0 if self.is_strict else re.IGNORECASE
        )
        self._counts = array("q")
        self._near = near // BLOCK
        self._spread = -1, -1, -1
        self._kept: tuple[int, ShownLines] | None = None
        self._searched: tuple[str, list[int]] = "", []
        self.grow()

    def close(self) -> None:
        """Let go of the file; counting ends."""
        self._blocks.close()

    def grow(self) -> bool:
        """Take note of what was appended; return whether there is more to count."""
        if self._blocks.grow():
            missing = -(-self.size // BLOCK) - len(self._counts)
            self._counts.extend([UNKNOWN] * missing)
            while self._blocks.loose:
                self._counts[self._blocks.loose.pop()] = UNKNOWN
            self._kept = None
        return not self._blocks.is_closed and not self.is_done

    @property
    def size(self) -> int:
        """Bytes at the last `grow`."""
        return self._blocks.size

    @property
    def is_done(self) -> bool:
        """Whether every block is counted."""
        return UNKNOWN not in self._counts

    @property
    def passes_over(self) -> bool:
        """Whether some line is too long to be shown and searched to its end."""
        return bool(self._blocks.cut)

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
        if block not in self._blocks.loose or size == self.size:
            self._counts[block] = count
        return True

    def prefer(self, offset: int) -> None:
        """Count from that offset on next."""
        self._near = offset // BLOCK

    def nearest(self, place: Place, step: Literal[1, -1]) -> Place | None:
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
        first = min(place.line // BLOCK, total - 1)
        for offset in range(total + 1):
            block = (first + step * offset) % total
            if self._counts[block] == UNKNOWN:
                self.prefer(block * BLOCK)
                return None
            if not self._counts[block]:
                continue
            found = self._nearest(block, place if offset == 0 else None, step)
            if found is not None:
                return found
        return None

    def number(self, place: Place) -> int | None:
        """Return the hit's number from the file's beginning; none if not known yet."""
        block = place.line // BLOCK
        before = self._counts[:block]
        if UNKNOWN in before:
            return None
        lines = self._read_block(block)
        at = bisect_left(lines.offsets, place.line)
        within = self._columns(lines, at) if at < len(lines.offsets) else []
        here = bisect_right(within, place.column)
        return sum(before) + lines.before(self.pattern)[at] + here

    def places(self, block: int) -> Iterator[Place]:
        """Give the hits in a block, in order."""
        lines = self._read_block(block)
        for number, offset in enumerate(lines.offsets):
            for column in self._columns(lines, number):
                yield Place(offset, column)

    def _nearest(
        self, block: int, place: Place | None, step: Literal[1, -1]
    ) -> Place | None:
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
                return Place(offset, columns[0 if step > 0 else -1])
        return None

    def _read_block(self, block: int) -> ShownLines:
        """Return a block's lines; the last ones asked for are kept."""
        kept = self._kept
        if kept is None or kept[0] != block:
            kept = self._kept = block, self._blocks.texts(block)
        return kept[1]

    def _columns(self, lines: ShownLines, number: int) -> list[int]:
        """Return where the hits of a line begin; those last asked for are kept."""
        text = lines.texts[number]
        if self._searched[0] is not text:
            found = [match.start() for match in self.pattern.finditer(text)]
            self._searched = text, found
        return self._searched[1]

    def _next_block(self) -> int | None:
        """Return the block to count next: the nearest to where the person looks."""
        counts = self._counts
        if not counts:
            return None
        near = min(self._near, len(counts) - 1)
        if near != self._spread[0]:
            self._spread = near, near, near
        _, earlier, later = self._spread
        while earlier >= 0 and counts[earlier] != UNKNOWN:
            earlier -= 1
        while later < len(counts) and counts[later] != UNKNOWN:
            later += 1
        self._spread = near, earlier, later
        if later < len(counts) and (earlier < 0 or later - near <= near - earlier):
            return later
        if earlier >= 0:
            return earlier
        return counts.index(UNKNOWN) if UNKNOWN in counts else None

    def _count(self, block: int) -> int:
        """Count the hits of a block, without saying where they are."""
        _, data, is_cut = self._blocks.lines(block)
        if is_cut or has_long_line(data):
            return self._blocks.texts(block).before(self.pattern)[-1]
        wanted = self.wanted
        if not data.translate(None, _PLAIN):
            if not wanted.isascii():
                return 0
            return counted(data, wanted.encode(), is_strict=self.is_strict)
        text = plain(data)
        if self.is_strict or (text.isascii() and wanted.isascii()):
            return counted(text, wanted, is_strict=self.is_strict)
        return sum(1 for _ in self.pattern.finditer(text))
