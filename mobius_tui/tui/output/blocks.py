"""An output in blocks of whole lines, each with what is shown of it.

The file is taken in blocks; a line belongs to the block that its first byte is in. What
is shown leaves out colours, what a progress line said before, and the rest of a line
that is too long.
"""

from __future__ import annotations

import os
import threading
from itertools import accumulate
from pathlib import Path

from mobius_tui.run.regular import descriptor_of
from mobius_tui.tui.output.document import PIECE
from mobius_tui.tui.output.plain import (
    BLOCK,
    ShownLines,
    has_long_line,
    newline_from,
    plain,
)
from mobius_tui.tui.output.shown import shown_of, shown_of_long


class Blocks:
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
        self._descriptor = descriptor_of(path)
        self._limit = limit
        self._ends: dict[int, int] = {}
        self._lock = threading.Lock()
        self.is_closed = False
        self.size = 0
        """Bytes at the last `grow`."""
        self.loose: set[int] = set()
        """Blocks that are other ones when the file has grown."""
        self.cut: set[int] = set()
        """Where lines begin that are too long to be shown to their end."""

    def close(self) -> None:
        """Let go of the file; from now on it reads as empty."""
        self.is_closed = True
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def grow(self) -> bool:
        """Take note of what was appended; return whether the size is another one."""
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
            return ShownLines(offsets, plain(data).split("\n")[: len(offsets)])
        texts = [
            plain(self._shown(offset, raw))
            for raw, offset in zip(raws, offsets, strict=True)
        ]
        return ShownLines(offsets, texts)

    def lines(self, block: int) -> tuple[int, bytes, bool]:
        """Return where a block's lines begin, they, and whether the last one is cut.

        The last one is taken as far as `PIECE` bytes beyond the block.
        """
        low = max(0, block * BLOCK - 1)
        high = (block + 1) * BLOCK
        data = self._read(high + PIECE + 1 - low, low)
        begin = 0
        if block:
            begin = data.find(b"\n", 0, high - 1 - low) + 1
            if not begin:
                return high, b"", False
        end = data.find(b"\n", high - 1 - low)
        if end >= 0:
            return low + begin, data[begin : end + 1], False
        if low + len(data) < high + PIECE + 1:
            self.loose.add(block)
            return low + begin, data[begin:], False
        return low + begin, data[begin:], True

    def _shown(self, start: int, line: bytes) -> bytes:
        """Return which bytes are shown of a line, which may go on behind `PIECE`."""
        body, hidden = (
            shown_of(line) if len(line) <= PIECE else self._shown_of_long(start)
        )
        (self.cut.add if hidden else self.cut.discard)(start)
        return body

    def _shown_of_long(self, start: int) -> tuple[bytes, int]:
        known = self._ends.get(start, start)
        end = self._ends[start] = newline_from(self._read, known, self.size)
        if end == self.size:
            self.loose.add(start // BLOCK)
        head = self._read(PIECE, start)
        tail_start = max(start, end - PIECE)
        return shown_of_long(
            head, self._read(end - tail_start, tail_start), end - start
        )

    def _read(self, length: int, offset: int) -> bytes:
        """Read up to the limit, unless the file was let go of meanwhile."""
        if self._limit is not None:
            length = max(0, min(length, self._limit - offset))
        with self._lock:
            return b"" if self.is_closed else os.pread(self._descriptor, length, offset)
