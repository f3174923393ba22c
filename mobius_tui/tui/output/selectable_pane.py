"""The output pane with a mouse: the wheel scrolls, dragging selects text to copy."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import ClassVar, TypeAlias

from textual import events
from textual.geometry import Offset
from textual.strip import Strip
from textual.timer import Timer

from mobius_tui import sanitize
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.output.selection import (
    COPY_LIMIT,
    Mark,
    Selecting,
    marked,
    read_all,
    read_stretch,
)
from mobius_tui.tui.output.viewport import TextRow, rows_in_sight

WHEEL = 3
"""Rows that one notch of the mouse wheel moves."""

DRAG = 0.05
"""Seconds between two scrolls while the mouse is held beyond an edge."""


class SelectablePane(OutputPane):
    """Selects in the text as it is shown, without time and gutter."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    SelectablePane > .output--selected { text-style: reverse; }
    """

    COMPONENT_CLASSES: ClassVar = {"output--selected"}

    CopyWanted: TypeAlias = pane_messages.CopyWanted
    Told: TypeAlias = pane_messages.Told

    def __init__(self, *, repaints: int = 20, id: str | None = None) -> None:  # noqa: A002
        """Make an empty pane; see `OutputPane`."""
        super().__init__(repaints=repaints, id=id)
        self._selecting = Selecting()
        self._drag_timer: Timer | None = None
        self._pointer = Offset(0, 0)

    @property
    def rows_above(self) -> int:
        """Rows of the pane before the output's first."""
        return 0

    @property
    def has_selection(self) -> bool:
        """Whether something is selected."""
        return self._selecting.stretch is not None

    def lay_out(self) -> list[Strip]:
        """The rows in sight, with what is marked in them."""
        strips = super().lay_out()
        viewport = self.viewport
        if viewport is None or not self.has_marks():
            return strips
        margin = viewport.layout.margin
        rows = rows_in_sight(viewport)
        return [
            marked(strip, row, self.marks(row), margin)
            for strip, row in zip(strips, rows, strict=True)
        ]

    def has_marks(self) -> bool:
        """Whether anything may be marked."""
        return self.has_selection

    def marks(self, row: TextRow) -> list[Mark]:
        """What is marked in a row."""
        stretch = self._selecting.stretch
        if stretch is None:
            return []
        style = self.get_component_rich_style("output--selected", partial=True)
        return [(*stretch.within(row.line.start, len(row.text)), style)]

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(-WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to select: twice for words, three times for lines."""
        at = event.get_content_offset(self)
        if event.button != 1 or at is None or self.viewport is None:
            return
        at -= Offset(0, self.rows_above)
        if not 0 <= at.y < self.room()[1]:
            return
        self.capture_mouse()
        self._pointer = at
        self._selecting.press(self.viewport, at.x, at.y, monotonic())
        if self.has_selection:
            self._hold_still()
        self.repaint(at_once=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select up to the pointer; beyond an edge, scroll on."""
        if self.app.mouse_captured is not self or self.viewport is None:
            return
        inside = self.content_region.offset
        self._pointer = event.screen_offset - inside - Offset(0, self.rows_above)
        self._drag()
        if 0 <= self._pointer.y < self.room()[1]:
            self._stop_scrolling()
        elif self._drag_timer is None:
            self._drag_timer = self.set_interval(DRAG, self._scroll_on)

    def on_mouse_up(self) -> None:
        """The selection stays; a press without a drag has cleared it."""
        self.release_mouse()
        self._stop_scrolling()

    def _drag(self) -> None:
        if self.viewport is not None:
            last = self.room()[1] - 1
            y = min(max(self._pointer.y, 0), last)
            self._selecting.drag(self.viewport, self._pointer.x, y)
            if self.has_selection:
                self._hold_still()
            self.repaint(at_once=True)

    def _scroll_on(self) -> None:
        """Scroll the faster the farther the pointer is beyond the edge."""
        y, height = self._pointer.y, self.room()[1]
        self.scroll_rows(y if y < 0 else y - height + 1)
        self._drag()

    def _stop_scrolling(self) -> None:
        if self._drag_timer is not None:
            self._drag_timer.stop()
            self._drag_timer = None

    def _hold_still(self) -> None:
        """Keep what is selected from being scrolled away by what comes."""
        self.following = False

    def clear_selection(self) -> None:
        """Select nothing."""
        self._selecting.clear()
        self.repaint(at_once=True)

    def action_copy(self) -> None:
        """Copy the selection, or a line, which is selected to show which one."""
        viewport = self.viewport
        path = self.path
        if viewport is None or path is None or not viewport.document.size:
            self.post_message(pane_messages.Told("There is no output to copy."))
            return
        if self._selecting.stretch is None:
            self._selecting.take_line(viewport, self.line_to_copy())
            self.repaint(at_once=True)
        stretch = self._selecting.stretch
        assert stretch is not None
        document = viewport.document
        after = document.line(min(stretch.end.line, document.size - 1)).after
        if after - stretch.start.line > COPY_LIMIT:
            self._refuse(after - stretch.start.line)
            return
        read = partial(read_stretch, path, stretch, after)
        self.post_message(pane_messages.CopyWanted(read))

    def line_to_copy(self) -> int:
        """Where the line begins that is copied if nothing is selected.

        It is the newest one while the pane follows, or else the first one in sight.
        """
        assert self.viewport is not None
        rows = rows_in_sight(self.viewport)
        return rows[-1 if self.following else 0].line.start

    def action_copy_all(self) -> None:
        """Copy the whole output, unless that is too much for any clipboard."""
        viewport = self.viewport
        if viewport is None or self.path is None or not viewport.document.size:
            self.post_message(pane_messages.Told("There is no output to copy."))
        elif viewport.document.size > COPY_LIMIT:
            self._refuse(viewport.document.size)
        else:
            self.post_message(
                pane_messages.CopyWanted(partial(read_all, self.path, self.limit))
            )

    def _refuse(self, size: int) -> None:
        where = sanitize.line(str(self.path))
        words = f"{size / 1e6:,.0f} MB is too much to copy at once; S saves it. "
        self.post_message(pane_messages.Told(f"{words}It is in {where}"))
