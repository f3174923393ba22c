"""The checklist: every phase and step with its state, and ways to move in it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from mobius_tui.tui.commands import bindings
from mobius_tui.tui.view import PHASE
from mobius_tui.tui.widgets.checklist_rows import ChecklistRows
from mobius_tui.tui.widgets.filter_line import FilterLine
from mobius_tui.tui.widgets.row_strip import SIGN
from mobius_tui.tui.widgets.scroll_mark import ScrollMark

TITLE = "Checklist"
WHEEL = 3
"""Rows that one notch of the mouse wheel moves."""


class Checklist(ChecklistRows):
    """The rows, with a cursor to move, phases to fold, and a line to search in."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("checklist")]

    class Moved(Message):
        """The person put the cursor on a row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class EditWanted(Message):
        """The person wants to edit what a row is about."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = TITLE
        self._before: str | None = None
        """Where the cursor was when a search began."""
        self._line = FilterLine("title, id, or state such as failed")

    def compose(self) -> ComposeResult:
        """The line to search in, too; out of sight until it is wanted."""
        yield from super().compose()
        yield self._line

    @property
    def rows(self) -> int:
        """The rows that there is room for, above the line to search in."""
        return self.size.height - self._line.display

    def _go(self, place: int) -> None:
        keys = self._outline.keys
        if keys:
            self.post_message(self.Moved(keys[max(0, min(place, len(keys) - 1))]))

    def action_cursor(self, count: int) -> None:
        """Move by rows."""
        self._go(self.place + count)

    def action_page(self, count: int) -> None:
        """Move by pages that overlap by one row."""
        self._go(self.place + count * max(1, self.rows - 1))

    def action_phase(self, count: int) -> None:
        """Move to the phase before or after."""
        self._go(self._outline.phase_near(self.place, count))

    def action_first(self) -> None:
        """Go to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._go(len(self._outline.keys) - 1)

    def action_fold(self) -> None:
        """Fold the phase under the cursor, or unfold it."""
        self._outline.fold(self.key)
        self._list_anew()

    def action_fold_done(self) -> None:
        """Fold what is done, or unfold all."""
        self._outline.fold_done()
        self._list_anew()

    def action_edit(self) -> None:
        """Edit the step or phase under the cursor."""
        self.post_message(self.EditWanted(self.key or ""))

    @property
    def is_filtered(self) -> bool:
        """Whether only what matches is listed."""
        return self._line.display

    def action_filter(self) -> None:
        """Search for steps."""
        self._before = self.key
        self.border_title = f"{TITLE} · filter"
        self._line.display = True
        self._line.focus()

    @on(FilterLine.Cleared)
    def _give_up(self) -> None:
        """Back to where the cursor was before the search."""
        self.clear_filter()
        if self._before is not None:
            self.post_message(self.Moved(self._before))

    def clear_filter(self) -> None:
        """List all steps again."""
        self._line.value = ""
        self._line.display = False
        self.border_title = TITLE
        self._outline.query = ""
        self.focus()
        self._list_anew()

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        """List what matches, the cursor on the first of it."""
        event.stop()
        self._outline.query = event.value.strip()
        self.top = 0
        self._list_anew()
        if self._outline.query and self.key not in self._outline.keys:
            self._go(1)  # below the phase that it is in

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        """Back to the list of what was found."""
        event.stop()
        if self._outline.query:
            self.focus()
        else:
            self.clear_filter()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; on a phase's sign, fold it."""
        offset = event.get_content_offset(self)
        keys = self._outline.keys
        if offset is None or self.top + offset.y >= len(keys):
            return
        event.stop()
        key = keys[self.top + offset.y]
        if key.startswith(PHASE) and offset.x < SIGN:
            self._outline.fold(key)
            self._list_anew()
        else:
            self._go(self.top + offset.y)

    @on(ScrollMark.Dragged)
    def _dragged(self, event: ScrollMark.Dragged) -> None:
        event.stop()
        self._show_from(event.top)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self.top + WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self.top - WHEEL)
