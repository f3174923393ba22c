"""What the mouse selects of an output, and marks over what is selected and found.

Textual 8.2 selects in what a widget has rendered (`Widget.get_selection`), as it is for
the details of a step. An output is a file of any length of which only the rows in sight
are laid out: what is selected stays on its text while that scrolls, goes on beyond an
edge, and is read from the file when it is copied. So the pane has `ALLOW_SELECT` off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, groupby
from pathlib import Path

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.tui.output.output_document import text_of
from mobius_tui.tui.output.plain_text import pieces_of_shown_text
from mobius_tui.tui.output.viewport import (
    TextPlace,
    TextRange,
    TextRow,
    Viewport,
    place_at,
    word_at,
)

CharacterMark = tuple[int, int, Style]
"""A range of a line's characters, its start and end (not included), and its style."""


def draw_marks(
    strip: Strip, row: TextRow, marks: Iterable[CharacterMark], margin: int
) -> Strip:
    """Return a row with its marks; a later mark goes over an earlier one.

    Args:
        strip: The row as it was laid out.
        row: What it shows.
        marks: Characters of its line; those in other rows are left out.
        margin: Cells before its text.
    """
    ends = list(
        accumulate(
            map(get_character_cell_size, row.text[row.start : row.end]), initial=margin
        )
    )
    cell_styles: list[tuple[Style, ...]] = [()] * ends[-1]
    for first, last, style in marks:
        first, last = max(first, row.start), min(last, row.end)
        if first < last:
            for cell in range(ends[first - row.start], ends[last - row.start]):
                cell_styles[cell] = (*cell_styles[cell], style)
    if not any(cell_styles):
        return strip
    segments: list[Segment] = []
    # Hits side by side are restyled together: a row may be nothing but hits.
    groups = [(styles, len(list(cells))) for styles, cells in groupby(cell_styles)]
    cuts = list(accumulate(length for _, length in groups))
    pieces = strip.divide([*cuts, strip.cell_length])
    for (styles, _), piece in zip(groups, pieces, strict=False):
        segments += _restyled(piece, styles)
    return Strip([*segments, *(pieces[-1] if len(pieces) > len(groups) else ())])


def _restyled(strip: Strip, styles: Sequence[Style]) -> list[Segment]:
    segments = list(strip)
    for style in styles:
        segments = [
            Segment(one.text, one.style + style if one.style else style)
            for one in segments
        ]
    return segments


MULTI_CLICK_SECONDS = 0.5
"""Seconds within which another press on the same cell is a double or triple click."""

COPY_LIMIT = 8 * 1024 * 1024
"""Bytes of output that are copied at most: more is no use in a clipboard."""


class MouseSelection:
    """What the mouse selected; it stays on its text while that scrolls."""

    def __init__(self) -> None:
        self.stretch: TextRange | None = None
        """What is selected."""
        self._anchor: TextRange | None = None
        self._presses = 0
        self._pressed: tuple[int, int] = (-1, -1)
        self._pressed_at = 0.0

    def press(self, viewport: Viewport, x: int, y: int, now: float) -> None:
        """Begin to select: characters at the first press, then words, then lines."""
        again = now - self._pressed_at < MULTI_CLICK_SECONDS and self._pressed == (x, y)
        self._presses = self._presses % 3 + 1 if again else 1
        self._pressed, self._pressed_at = (x, y), now
        place = place_at(viewport, x, y)
        self._anchor = None if place is None else self._unit(viewport, place)
        self.stretch = self._anchor if self._presses > 1 else None

    def drag(self, viewport: Viewport, x: int, y: int) -> None:
        """Select from where the mouse was pressed to where it is."""
        place = place_at(viewport, x, y)
        if place is None or self._anchor is None:
            return
        here = self._unit(viewport, place)
        if self._presses == 1 and here == self._anchor:
            self.stretch = None
            return
        start = min(self._anchor.start, here.start)
        self.stretch = TextRange(start, max(self._anchor.end, here.end))

    def take_line(self, viewport: Viewport, start: int) -> None:
        """Select the line that begins at an offset."""
        text = text_of(viewport.document.line(start))
        self.stretch = TextRange(TextPlace(start, 0), TextPlace(start, len(text)))

    def clear(self) -> None:
        """Select nothing."""
        self.stretch = self._anchor = None
        self._presses = 0

    def _unit(self, viewport: Viewport, place: TextPlace) -> TextRange:
        """Return what one press, or two, or three take at a place."""
        text = text_of(viewport.document.line(place.line))
        first, last = place.column, place.column + 1
        if self._presses == 2:
            first, last = word_at(text, place.column)
        elif self._presses == 3:
            first, last = 0, len(text)
        return TextRange(TextPlace(place.line, first), TextPlace(place.line, last))


def read_text_range(path: Path, stretch: TextRange, after: int) -> str:
    """Read the text of a stretch, as it is shown.

    Args:
        path: The output.
        stretch: What to read.
        after: Where its last line ends, in bytes.

    Raises:
        OSError: It can't be read.
    """
    descriptor = regular_descriptor(path)
    try:
        read = partial(os.pread, descriptor)
        text = "".join(pieces_of_shown_text(read, stretch.start.line, after))
    finally:
        os.close(descriptor)
    lines = text.removesuffix("\n").split("\n")
    last = lines[-1][: stretch.end.column]
    first = stretch.start.column
    if len(lines) == 1:
        return last[first:]
    return "\n".join([lines[0][first:], *lines[1:-1], last])


def read_all(path: Path, limit: int | None = None) -> str:
    """Read an output from its beginning, as it is shown.

    Args:
        path: The output.
        limit: Bytes after which it ends; `None` for `COPY_LIMIT`.

    Raises:
        OSError: It can't be read.
    """
    descriptor = regular_descriptor(path)
    try:
        read = partial(os.pread, descriptor)
        return "".join(
            pieces_of_shown_text(read, 0, COPY_LIMIT if limit is None else limit)
        )
    finally:
        os.close(descriptor)
