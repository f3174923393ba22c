"""The visible rows of an output, how they move, and the place of each character."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import NamedTuple

from msgspec import Struct
from rich.cells import get_character_cell_size
from textual.strip import Strip

from mobius_tui.tui.output.line_layout import (
    LineRows,
    OutputLayout,
    hidden_bytes_note,
    row_breaks,
)
from mobius_tui.tui.output.output_document import (
    FIRST_READ_BYTES,
    OutputDocument,
    OutputLine,
    text_of,
)

MAX_CACHED_SCREENS = 4
"""Screens of rows in the cache; a row takes some two kilobytes."""


class Viewport:
    """A window of `height` rows on a document.

    Its place is the first line in sight (`top`, an offset in the file) and how many of
    that line's wrapped rows are above the window (`skip`).
    """

    def __init__(
        self, document: OutputDocument, layout: OutputLayout, height: int
    ) -> None:
        self.document = document
        self.layout = layout
        self.height = height
        self.top = 0
        self.skip = 0
        self._rows: OrderedDict[int, tuple[OutputLine, LineRows]] = OrderedDict()
        self._row_count = 0

    def arrange(self, layout: OutputLayout, height: int, *, at_bottom: bool) -> None:
        """Take on a size and look, and what was appended.

        Args:
            layout: How lines become rows.
            height: Rows.
            at_bottom: Go to the end; otherwise the first line in sight stays.
        """
        self.height = height
        if layout != self.layout:
            self.layout = layout
            self._rows.clear()
            self._row_count = 0
            if self.top < self.document.size:
                self.skip = min(self.skip, len(self._rows_at(self.top)[0]) - 1)
        if at_bottom:
            self.to_bottom()
        elif self.end() >= self.document.size:
            self.move(0)  # rows may be missing below

    def frame(self) -> list[Strip]:
        """Return the visible rows, `height` of them at most."""
        found: list[Strip] = []
        at, skip = self.top, self.skip
        while at < self.document.size and len(found) < self.height:
            strips, at = self._rows_at(at)
            found += strips.rows(skip, self.height - len(found))
            skip = 0
        return found

    def bottom(self) -> tuple[int, int]:
        """Return the place from which the last row is just visible."""
        lines = self._lines_before(self.document.size, self.height)
        return self._place(lines, -self.height)

    def is_at_bottom(self) -> bool:
        """Whether the last row is visible."""
        # Of a file that grows, the end is parsed anew each time: only if it is near.
        if self.end() < self.document.size:
            return False
        return (self.top, self.skip) >= self.bottom()

    def to_top(self) -> None:
        """Go to the first row."""
        self.top = self.skip = 0

    def to_bottom(self) -> None:
        """Go to where the last row is just visible."""
        self.top, self.skip = self.bottom()

    def move(self, count: int) -> None:
        """Go down by `count` rows, up if it is negative, as far as there are rows."""
        if count < 0:
            lines = self._lines_before(self.top, -count)
            above = sum(len(self._rows_at(line)[0]) for line in lines)
            lines.append(self.top)
            self.top, self.skip = self._place(lines, max(0, above + self.skip + count))
            return
        left = self.skip + count
        limit = self.bottom()
        while (self.top, 0) < limit:
            strips, after = self._rows_at(self.top)
            if left < len(strips):
                break
            self.top, left = after, left - len(strips)
        self.top, self.skip = min((self.top, left), limit)

    def end(self) -> int:
        """Return the offset behind the last visible line."""
        at, left = self.top, self.height + self.skip
        while at < self.document.size and left > 0:
            strips, at = self._rows_at(at)
            left -= len(strips)
        return at

    def _rows_at(self, start: int) -> tuple[LineRows, int]:
        """Return the rows of the line at `start`, and where the next one begins."""
        line = self.document.line(start)
        kept = self._rows.get(start)
        if kept is not None and kept[0] is line:
            return kept[1], line.after
        strips = LineRows(line, self.layout)
        if kept is not None:
            self._row_count -= len(self._rows.pop(start)[1])
        self._rows[start] = line, strips
        self._row_count += len(strips)
        while (
            self._row_count > MAX_CACHED_SCREENS * self.height and len(self._rows) > 1
        ):
            self._row_count -= len(self._rows.popitem(last=False)[1][1])
        return strips, line.after

    def _lines_before(self, end: int, count: int) -> list[int]:
        """Return where lines before `end` begin that fill `count` rows or more.

        They are parsed first to last, so that each takes its colours from the one
        before, unless one is so long that it may fill many rows alone.
        """
        starts: list[int] = []
        while end > 0 and count > 0:
            start = self.document.previous(end)
            count -= self._least_rows(start, end)
            starts.append(start)
            end = start
        starts.reverse()
        for start in starts:
            self.document.line(start)
        return starts

    def _least_rows(self, start: int, after: int) -> int:
        """Return how many rows a line fills at least."""
        if after - start >= FIRST_READ_BYTES:
            return len(self._rows_at(start)[0])
        if not self.layout.wrap:
            return 1
        cells = self.document.least_cells(start, after)
        return max(1, -(-cells // self.layout.text_width))

    def _place(self, lines: list[int], row: int) -> tuple[int, int]:
        """Return line and row within it of row `row` of `lines`.

        Args:
            lines: Where lines begin that follow each other.
            row: Counted from the first one's first row; from the end if negative.
        """
        counts = [len(self._rows_at(line)[0]) for line in lines]
        row = row if row >= 0 else max(0, sum(counts) + row)
        for line, count in zip(lines, counts, strict=True):
            if row < count:
                return line, row
            row -= count
        return 0, 0


DOUBLE_CLICK_PATTERN = re.compile(r"""[^\s"'`()\[\]{}<>|,;]+""")
"""What a double click takes: a path, an address or an id is one word."""


class TextPlace(NamedTuple):
    """A character's place; a later one is greater."""

    line: int
    """Offset in the file of its line's first byte."""
    column: int
    """Characters before it in the line as it is shown."""


class TextRange(NamedTuple):
    """Text from one place up to another, which is the first that is not in it."""

    start: TextPlace
    end: TextPlace

    def within(self, line: int, length: int) -> tuple[int, int]:
        """Return which characters of a line are in it; the same number twice if none.

        Args:
            line: The line's offset.
            length: Its characters.
        """
        first, last = 0, length
        if line == self.start.line:
            first = min(self.start.column, length)
        if line == self.end.line:
            last = min(self.end.column, length)
        if not self.start.line <= line <= self.end.line:
            last = first
        return first, max(first, last)


class TextRow(Struct, frozen=True, kw_only=True):
    """A row of the pane, and what it shows."""

    line: OutputLine
    text: str
    """The whole line's."""
    start: int
    end: int
    """The characters of it that are in this row."""


def visible_rows(viewport: Viewport) -> list[TextRow]:
    """Return what each row of the window shows, as `Viewport.frame` draws it."""
    found: list[TextRow] = []
    document, layout = viewport.document, viewport.layout
    at, skip = viewport.top, viewport.skip
    while at < document.size and len(found) < viewport.height:
        line = document.line(at)
        text = text_of(line)
        found += [
            TextRow(line=line, text=text, start=start, end=end)
            for start, end in _pieces(line, text, layout)[skip:]
        ]
        at, skip = line.after, 0
    return found[: viewport.height]


def place_at(viewport: Viewport, x: int, y: int) -> TextPlace | None:
    """Return the place of the character at a cell of the window, or the nearest.

    Args:
        viewport: Where the pane looks.
        x: Cells from the left, time and gutter among them.
        y: Rows from the top.
    """
    rows = visible_rows(viewport)
    if not rows:
        return None
    row = rows[min(max(y, 0), len(rows) - 1)]
    if y >= len(rows):
        return TextPlace(row.line.start, len(row.text))
    cell = x - viewport.layout.margin
    return TextPlace(
        row.line.start,
        row.start + _characters_in_cells(row.text[row.start : row.end], cell),
    )


def word_at(text: str, column: int) -> tuple[int, int]:
    """Return where the word begins and ends that holds a character of a line."""
    for match in DOUBLE_CLICK_PATTERN.finditer(text):
        if match.start() <= column < match.end():
            return match.span()
        if match.start() > column:
            break
    return column, min(column + 1, len(text))


def row_within_line(viewport: Viewport, place: TextPlace) -> int:
    """Return which of its line's rows shows a place."""
    line = viewport.document.line(place.line)
    pieces = _pieces(line, text_of(line), viewport.layout)
    ends = [end for _, end in pieces]
    return min(bisect_right(ends, place.column), len(pieces) - 1)


def _pieces(line: OutputLine, text: str, layout: OutputLayout) -> list[tuple[int, int]]:
    """Return which characters of a line each of its rows shows."""
    length = len(text)
    if layout.wrap:
        pieces = row_breaks(text + hidden_bytes_note(line), layout.text_width)
        return [(min(start, length), min(end, length)) for start, end in pieces]
    start = _characters_in_cells(text, layout.shift)
    return [(start, start + _characters_in_cells(text[start:], layout.text_width))]


def _characters_in_cells(text: str, cells: int) -> int:
    """Return how many characters end within the first cells of a text."""
    if text.isascii():
        return max(0, min(cells, len(text)))
    ends = accumulate(map(get_character_cell_size, text))
    return sum(1 for _ in _characters_within(ends, cells))


def _characters_within(ends: accumulate[int], cells: int) -> list[int]:
    found = []
    for end in ends:
        if end > cells:
            break
        found.append(end)
    return found
