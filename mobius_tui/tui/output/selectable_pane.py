"""Selecting text in the output pane, by dragging the mouse or by a key, and copying it.

It selects in the text as it is shown, without the times and the gutter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic

from textual import events
from textual.geometry import Offset
from textual.timer import Timer

from mobius_tui import sanitize
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.output.selection import (
    COPY_LIMIT,
    MouseSelection,
    read_all,
    read_stretch,
)
from mobius_tui.tui.output.viewport import Stretch, TextRow

DRAG = 0.05
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
    def stretch(self) -> Stretch | None:
        """What is selected; `None` for nothing."""
        return self._selecting.stretch

    def within(self, row: TextRow) -> tuple[int, int]:
        """The columns of a row's text that are selected."""
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
            self._scrolling = pane.set_interval(DRAG, self._scroll_on)

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
        read = partial(read_stretch, path, stretch, after)
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
        words = f"{size / 1e6:,.0f} MB is too much to copy at once; S saves it. "
        self._pane.post_message(
            pane_messages.NoticeRequested(f"{words}It is in {where}")
        )
