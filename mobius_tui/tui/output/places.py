"""Places in an output's text, and which of them are in sight where."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from rich.cells import get_character_cell_size

from mobius_tui.tui.output.document import Line, text_of
from mobius_tui.tui.output.layout import Layout, breaks, hidden_note
from mobius_tui.tui.output.viewport import Viewport

WORD = re.compile(r"""[^\s"'`()\[\]{}<>|,;]+""")
"""What a double click takes: a path, an address or an id is one word."""


class Place(NamedTuple):
    """A character's place; a later one is greater."""

    line: int
    """Offset in the file of its line's first byte."""
    column: int
    """Characters before it in the line as it is shown."""


class Stretch(NamedTuple):
    """Text from one place up to another, which is the first that is not in it."""

    start: Place
    end: Place

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of the pane, and what it shows."""

    line: Line
    text: str
    """The whole line's."""
    start: int
    end: int
    """The characters of it that are in this row."""


def rows_in_sight(viewport: Viewport) -> list[Row]:
    """Return what each row of the window shows, as `Viewport.frame` draws it."""
    found: list[Row] = []
    document, layout = viewport.document, viewport.layout
    at, skip = viewport.top, viewport.skip
    while at < document.size and len(found) < viewport.height:
        line = document.line(at)
        text = text_of(line)
        found += [
            Row(line=line, text=text, start=start, end=end)
            for start, end in _pieces(line, text, layout)[skip:]
        ]
        at, skip = line.after, 0
    return found[: viewport.height]


def place_at(viewport: Viewport, x: int, y: int) -> Place | None:
    """Return the place of the character at a cell of the window, or the nearest.

    Args:
        viewport: Where the pane looks.
        x: Cells from the left, time and gutter among them.
        y: Rows from the top.
    """
    rows = rows_in_sight(viewport)
    if not rows:
        return None
    row = rows[min(max(y, 0), len(rows) - 1)]
    if y >= len(rows):
        return Place(row.line.start, len(row.text))
    cell = x - viewport.layout.margin
    return Place(
        row.line.start, row.start + _count(row.text[row.start : row.end], cell)
    )


def word_at(text: str, column: int) -> tuple[int, int]:
    """Return where the word begins and ends that holds a character of a line."""
    for match in WORD.finditer(text):
        if match.start() <= column < match.end():
            return match.span()
        if match.start() > column:
            break
    return column, min(column + 1, len(text))


def row_of(viewport: Viewport, place: Place) -> int:
    """Return which of its line's rows shows a place."""
    line = viewport.document.line(place.line)
    pieces = _pieces(line, text_of(line), viewport.layout)
    ends = [end for _, end in pieces]
    return min(bisect_right(ends, place.column), len(pieces) - 1)


def _pieces(line: Line, text: str, layout: Layout) -> list[tuple[int, int]]:
    """Return which characters of a line each of its rows shows."""
    length = len(text)
    if layout.wrap:
        pieces = breaks(text + hidden_note(line), layout.text_width)
        return [(min(start, length), min(end, length)) for start, end in pieces]
    start = _count(text, layout.shift)
    return [(start, start + _count(text[start:], layout.text_width))]


def _count(text: str, cells: int) -> int:
    """Return how many characters end within the first cells of a text."""
    if text.isascii():
        return max(0, min(cells, len(text)))
    ends = accumulate(map(get_character_cell_size, text))
    return sum(1 for _ in _taken(ends, cells))


def _taken(ends: accumulate[int], cells: int) -> list[int]:
    found = []
    for end in ends:
        if end > cells:
            break
        found.append(end)
    return found
