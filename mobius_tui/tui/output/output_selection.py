"""What the mouse selects, and marks over what is selected and found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, groupby
from pathlib import Path
from time import monotonic

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.strip import Strip
from textual.timer import Timer

from mobius_tui import sanitize
from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.output_document import text_of
from mobius_tui.tui.output.output_pane import OutputPane
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


DRAG_SCROLL_INTERVAL = 0.05
"""Seconds between two scrolls while the mouse is held beyond an edge."""


class OutputSelection:
    """What is selected in one pane; dragging beyond an edge scrolls the pane."""

    def __init__(self, pane: OutputPane, *, rows_above: Callable[[], int]) -> None:
        """Select nothing.

        Args:
            pane: is scrolled and drawn anew, and posts what is to be copied.
            rows_above: gives how many rows of the pane are before the output's first.
        """
        self._pane = pane
        self._rows_above = rows_above
        self._selecting = MouseSelection()
        self._scrolling: Timer | None = None
        self._pointer = Offset(0, 0)

    @property
    def stretch(self) -> TextRange | None:
        """What is selected; `None` for nothing."""
        return self._selecting.stretch

    def within(self, row: TextRow) -> tuple[int, int]:
        """The characters of a row's whole line that are selected: start and end.

        They count from the line's beginning, not the row's. The end is the first one
        that is not selected; both are the same if none is. Only while something is
        selected.

        Args:
            row: any row of the line.
        """
        stretch = self.stretch
        assert stretch is not None
        return stretch.within(row.line.start, len(row.text))

    def press(self, event: events.MouseDown) -> None:
        """Begin to select: twice for words, three times for lines."""
        pane = self._pane
        at = event.get_content_offset(pane)
        if event.button != 1 or at is None or pane.viewport is None:
            return
        at -= Offset(0, self._rows_above())
        if not 0 <= at.y < pane.room()[1]:
            return
        pane.capture_mouse()
        self._pointer = at
        self._selecting.press(pane.viewport, at.x, at.y, monotonic())
        self._show()

    def move(self, event: events.MouseMove) -> None:
        """Select up to the pointer; beyond an edge, scroll on."""
        pane = self._pane
        if pane.app.mouse_captured is not pane or pane.viewport is None:
            return
        inside = pane.content_region.offset
        self._pointer = event.screen_offset - inside - Offset(0, self._rows_above())
        self._drag()
        if 0 <= self._pointer.y < pane.room()[1]:
            self._stop_scrolling()
        elif self._scrolling is None:
            self._scrolling = pane.set_interval(DRAG_SCROLL_INTERVAL, self._scroll_on)

    def release(self) -> None:
        """The selection stays; a press without a drag has cleared it."""
        self._pane.release_mouse()
        self._stop_scrolling()

    def clear(self) -> None:
        """Select nothing."""
        self._selecting.clear()
        self._pane.repaint(at_once=True)

    def copy(self, line_to_copy: Callable[[], int]) -> None:
        """Copy the selection, or a line, which is selected to show which one.

        Args:
            line_to_copy: gives where the line begins that is copied if nothing is
                selected.
        """
        pane = self._pane
        viewport, path = pane.viewport, pane.path
        if viewport is None or path is None or not viewport.document.size:
            pane.post_message(
                pane_messages.NoticeRequested("There is no output to copy.")
            )
            return
        if self.stretch is None:
            self._selecting.take_line(viewport, line_to_copy())
            pane.repaint(at_once=True)
        stretch = self.stretch
        assert stretch is not None
        document = viewport.document
        after = document.line(min(stretch.end.line, document.size - 1)).after
        if after - stretch.start.line > COPY_LIMIT:
            self._refuse(after - stretch.start.line)
            return
        read = partial(read_text_range, path, stretch, after)
        pane.post_message(pane_messages.CopyWanted(read))

    def copy_all(self) -> None:
        """Copy the whole output, unless that is too much for any clipboard."""
        pane = self._pane
        viewport, path = pane.viewport, pane.path
        if viewport is None or path is None or not viewport.document.size:
            pane.post_message(
                pane_messages.NoticeRequested("There is no output to copy.")
            )
        elif viewport.document.size > COPY_LIMIT:
            self._refuse(viewport.document.size)
        else:
            pane.post_message(
                pane_messages.CopyWanted(partial(read_all, path, pane.limit))
            )

    def _drag(self) -> None:
        pane = self._pane
        if pane.viewport is not None:
            y = min(max(self._pointer.y, 0), pane.room()[1] - 1)
            self._selecting.drag(pane.viewport, self._pointer.x, y)
            self._show()

    def _scroll_on(self) -> None:
        """Scroll the faster the farther the pointer is beyond the edge."""
        y, height = self._pointer.y, self._pane.room()[1]
        self._pane.scroll_rows(y if y < 0 else y - height + 1)
        self._drag()

    def _stop_scrolling(self) -> None:
        if self._scrolling is not None:
            self._scrolling.stop()
            self._scrolling = None

    def _show(self) -> None:
        """Draw it; what comes must not scroll away what is selected."""
        if self.stretch is not None:
            self._pane.following = False
        self._pane.repaint(at_once=True)

    def _refuse(self, size: int) -> None:
        where = sanitize.line(str(self._pane.path))
        words = f"{size / 1e6:,.0f} MB is too much to copy at once; "
        words += f"{first_key_name('output.save')} saves it. "
        self._pane.post_message(
            pane_messages.NoticeRequested(f"{words}It is in {where}")
        )
