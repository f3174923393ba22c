"""Lays one line of output out in rows: time, gutter, and wrapped or shifted text."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from msgspec import Struct
from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui.run.attempts.output_reader import STDERR_STREAM
from mobius_tui.tui.output.output_document import OutputLine


class OutputStyles(Struct, frozen=True, kw_only=True):
    """The styles of a pane, each complete with its background."""

    text: Style
    time: Style
    stderr: Style
    note: Style


def output_styles(pane: Widget) -> OutputStyles:
    """The styles of a pane as its theme has them now."""
    return OutputStyles(
        text=pane.rich_style,
        time=pane.get_component_rich_style("output--time"),
        stderr=pane.get_component_rich_style("output--stderr"),
        note=pane.get_component_rich_style("output--note"),
    )


CLOCK_CELLS = 8
"""Cells of `HH:MM:SS`."""

STDERR_MARK = "▌"
"""Stands in the gutter of what came from stderr; a space for stdout."""


class OutputLayout(Struct, frozen=True, kw_only=True):
    """How lines become rows."""

    width: int
    """Cells of a row."""
    wrap: bool
    """Whether long lines go on in the next row, under their text."""
    times: bool
    """Whether rows begin with the time of their line."""
    shift: int
    """Cells of text scrolled out to the left; only without wrap."""
    styles: OutputStyles

    @property
    def margin(self) -> int:
        """Cells of time and gutter before the text."""
        return 1 + (CLOCK_CELLS if self.times else 0)

    @property
    def text_width(self) -> int:
        """Cells left for text beside time and gutter."""
        return max(1, self.width - self.margin)


class LineRows:
    """The rows that show a line; at least one. They are made when they are drawn.

    A line of 64 KiB has some 600, of which a key shows a screenful.
    """

    def __init__(self, line: OutputLine, layout: OutputLayout) -> None:
        self._styles = layout.styles
        self._segments = list(line.segments)
        if line.hidden_bytes:
            self._segments.append(Segment(hidden_bytes_note(line), layout.styles.note))
        self._margins = _margins(line, layout)
        self._crop = None if layout.wrap else (layout.shift, layout.text_width)
        self._made: dict[int, Strip] = {}
        self._breaks = [(0, 0)]
        if layout.wrap:
            text = "".join(segment.text for segment in self._segments)
            self._breaks = row_breaks(text, layout.text_width)
            lengths = (len(segment.text) for segment in self._segments)
            self._ends = list(accumulate(lengths))

    def __len__(self) -> int:
        return len(self._breaks)

    def rows(self, first: int, count: int) -> list[Strip]:
        """Return so many rows from one on, as far as there are any."""
        return [self._row(n) for n in range(len(self))[first : first + count]]

    def _row(self, number: int) -> Strip:
        made = self._made.get(number)
        if made is None:
            if self._crop is not None:
                shift, width = self._crop
                until = shift + width
                row = list(
                    Strip(_first_cells(self._segments, until)).crop(shift, until)
                )
            else:
                row = _segments_between(
                    self._segments, self._ends, *self._breaks[number]
                )
            margin = self._margins[min(number, 1)]
            made = Strip(Segment.apply_style([*margin, *row], self._styles.text))
            self._made[number] = made
        return made


def hidden_bytes_note(line: OutputLine) -> str:
    """Return the note that stands for the hidden end of a long line; mostly empty."""
    return f" … {line.hidden_bytes:,} more bytes" if line.hidden_bytes else ""


def notice_rows(text: str, width: int, style: Style) -> list[Strip]:
    """Return the rows of a text that is shown in place of output."""
    return [Strip([Segment(text[a:b], style)]) for a, b in row_breaks(text, width)]


def row_breaks(text: str, width: int) -> list[tuple[int, int]]:
    """Return which characters of `text` to show in each row of `width` cells.

    Rows end at a space where there is one, which is left out. A character that is
    wider than the row has one of its own. Text without characters has one row.
    """
    ends: Sequence[int]
    if text.isascii():
        ends = range(len(text) + 1)
    else:
        ends = list(accumulate(map(get_character_cell_size, text), initial=0))
    pieces = []
    start = 0
    while ends[-1] - ends[start] > width:
        full = max(bisect_right(ends, ends[start] + width) - 1, start + 1)
        space = text.rfind(" ", start, full + 1)
        if space <= start or text[start:space].isspace():
            pieces.append((start, full))
            start = full
        else:
            pieces.append((start, space))
            start = space + 1
    if start < len(text) or not pieces:
        pieces.append((start, len(text)))
    return pieces


def _first_cells(segments: Iterable[Segment], cells: int) -> list[Segment]:
    """Return segments as far as so many cells, and one character more.

    To measure a line of 64 KiB to its end takes longer than a key may.
    """
    kept: list[Segment] = []
    left = cells + 1
    for segment in segments:
        text = segment.text
        if text.isascii():
            end = used = min(len(text), left)
        else:  # a cleaned character has few marks
            ends = list(accumulate(map(get_character_cell_size, text[: 8 * left])))
            end = bisect_right(ends, left)
            used = ends[end - 1] if end else 0
        kept.append(Segment(text[:end], segment.style))
        left -= used
        if end < len(text) or left <= 0:
            break
    return kept


def _segments_between(
    segments: Sequence[Segment], ends: Sequence[int], start: int, end: int
) -> list[Segment]:
    """Return the segments that hold the characters of a row.

    Args:
        segments: A line's.
        ends: The character behind each of them.
        start: The row's first character.
        end: The first one that is not in it.
    """
    found = []
    number = bisect_right(ends, start)
    while start < end:
        begin = ends[number - 1] if number else 0
        stop = min(end, ends[number])
        text = segments[number].text[start - begin : stop - begin]
        if text:
            found.append(Segment(text, segments[number].style))
        start, number = stop, number + 1
    return found


def _margins(
    line: OutputLine, layout: OutputLayout
) -> tuple[list[Segment], list[Segment]]:
    """Return the margin of a line's first row, and of its other rows."""
    first, later = [], []
    if layout.times:
        shown = (
            _clock(line.span.time // 1_000_000_000) if line.span else " " * CLOCK_CELLS
        )
        first.append(Segment(shown, layout.styles.time))
        later.append(Segment(" " * CLOCK_CELLS, layout.styles.time))
    is_stderr = line.span is not None and line.span.stream == STDERR_STREAM
    gutter = Segment(STDERR_MARK if is_stderr else " ", layout.styles.stderr)
    return [*first, gutter], [*later, gutter]


@lru_cache(maxsize=1024)
def _clock(seconds: int) -> str:
    """Return the local time of day, from seconds since 1970."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(seconds))
    except (OverflowError, OSError, ValueError):
        return "--:--:--"
