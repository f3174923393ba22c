"""The checklist: every phase and step with its state, and ways to move in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.tui.backend.drawing_caches import cache_rows
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.presenters.checklist_rows import (
    ChecklistOutline,
    ChecklistRow,
    step_counts_text,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import cut
from mobius_tui.tui.screen_state import RowKey, StepRow
from mobius_tui.tui.widgets.list_controls import (
    FilterLine,
    ListScrollbar,
    clamp_top,
    top_showing_row,
)

FOLD_CLICK_CELLS = 5
"""Cells from the left in which a click folds a phase: its mark and its sign."""
FULL_CHECKLIST_CELLS = 36
"""Cells of width from which a step's row repeats what its phase's row says already."""
CHECKLIST_CURSOR = "»"


def draw_row(
    what: ChecklistRow,
    width: int,
    *,
    style: Callable[[str], Style],
    ground: Style,
    is_cursor: bool,
) -> Strip:
    """Draw a row.

    Args:
        what: what it says.
        width: cells.
        style: the style of a role.
        ground: the background of the whole row.
        is_cursor: whether the cursor is on it.
    """
    indent = "" if what.is_phase else "  "
    title = f"{indent}{what.title}"
    right = f" {what.right}" if what.right else ""
    is_crowded = cell_len(title) + cell_len(right) > width - 4
    if is_crowded and what.right_if_short:
        right = f" {what.right_if_short}"
    if width < FULL_CHECKLIST_CELLS and (
        what.repeats_phase or (what.may_omit_right and is_crowded)
    ):
        right = ""
    room = max(4, width - 4 - cell_len(right))
    words = cut(title, room)
    space = " " * max(0, room - cell_len(words))
    role = "muted" if what.is_dim else "strong" if what.is_phase else "plain"
    left = CHECKLIST_CURSOR if is_cursor else " "
    segments = [
        Segment(f"{left}{what.mark.glyph} ", style(what.mark.role) + ground),
        Segment(f"{words}{space}", style(role) + ground),
        Segment(f"{right} ", style(what.right_role) + ground),
    ]
    return Strip(segments)


CHECKLIST_ROLES = (
    "plain",
    "strong",
    "muted",
    "accent",
    "good",
    "warn",
    "bad",
    "cursor",
)
StripKey = tuple[ChecklistRow, bool, bool, int, Style]
"""The key of a cached strip: the row, whether the cursor is on it, whether the cursor
is bright, the width in cells, and the background."""
MAX_CACHED_CHECKLIST_STRIPS = 128
"""The most strips in the cache."""


class ChecklistRows(Widget, can_focus=True):
    """A list by lines: 10,000 steps cost no more than the rows that are seen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"checklist--{role}" for role in CHECKLIST_ROLES
    }

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[RowKey | None] = reactive[RowKey | None](None, repaint=False)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        cache_rows(self)
        self.top = 0
        """The first row in sight."""
        self._outline = ChecklistOutline()
        self._scroll_mark = ListScrollbar()
        self._drawn: dict[int, tuple[ChecklistRow, bool]] = {}
        self._strips: dict[StripKey, Strip] = {}
        """Where a row only moved its strip stays the same, and so does what Textual
        and the drawing have made of it."""
        self._role_styles: dict[str, Style] = {}
        self._background_style = Style.null()

    def compose(self) -> ComposeResult:
        """The scrollbar."""
        yield self._scroll_mark

    @property
    def cursor_index(self) -> int:
        """The row under the cursor."""
        return self._outline.row_index(self.key)

    @property
    def visible_row_count(self) -> int:
        """The number of rows that fit."""
        return self.size.height

    def watch_view(self) -> None:
        """Draw the visible rows that have changed."""
        if self.view is None or not self.is_mounted:
            return
        if self._outline.update(self.view):
            self._show_cursor()
            self.refresh()
        self._redraw_changed()
        self._show_count()

    def on_mount(self) -> None:
        """Now there is something to draw."""
        self.watch_view()

    def _show_count(self) -> None:
        view = self.view
        if view is None:
            return
        words = step_counts_text(view)
        if self._outline.query:
            words = (
                f"{self._outline.match_count} of {len(view.plan.steps)} found · Esc all"
            )
        words = cut(words, max(0, self.size.width - 2))
        if words != str(self.border_subtitle or ""):
            self.border_subtitle = Content(words)

    def watch_key(self) -> None:
        """Move the cursor, and scroll as far as necessary."""
        if not self.is_mounted:
            return
        if self._show_cursor():
            self.refresh()
        else:
            self._redraw_changed()

    def on_resize(self) -> None:
        """Keep the cursor visible."""
        self._show_cursor()
        self._show_count()

    def on_focus(self) -> None:
        """The cursor is brighter while the list has the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """And calmer while it has not."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._role_styles = {}
        self._strips = {}

    def _show_cursor(self) -> bool:
        """Scroll until the cursor is visible; returns whether rows moved."""
        height, count = self.visible_row_count, len(self._outline.keys)
        if height <= 0:
            return False
        top = top_showing_row(
            self.top, place=self.cursor_index, height=height, count=count
        )
        moved, self.top = top != self.top, top
        self._update_scrollbar()
        return moved

    def _update_scrollbar(self) -> None:
        self._scroll_mark.top, self._scroll_mark.count = (
            self.top,
            len(self._outline.keys),
        )
        self._scroll_mark.display = self._scroll_mark.count > self.visible_row_count

    def _redraw_changed(self) -> None:
        if self.view is None:
            return
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y in range(
                len(self._outline.keys[self.top : self.top + self.visible_row_count])
            )
            if self._drawn.get(y) != self._row_at(y)
        ]
        if changed:
            self.refresh(*changed)

    def _row_at(self, y: int) -> tuple[ChecklistRow, bool]:
        """The row at a visible line, and whether the cursor is on it."""
        key = self._outline.keys[self.top + y]
        return self._outline.row(key), key == self._outline.visible_row(self.key)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows; looks up once what is the same for each."""
        self._background_style = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        if self.view is None or self.top + y >= len(self._outline.keys):
            self._drawn.pop(y, None)
            return Strip.blank(width, self._background_style)
        what, is_cursor = self._drawn[y] = self._row_at(y)
        is_bright = is_cursor and self.has_focus_within
        look = what, is_cursor, is_bright, width, self._background_style
        strip = self._strips.get(look)
        if strip is None:
            if len(self._strips) >= MAX_CACHED_CHECKLIST_STRIPS:
                self._strips.clear()
            strip = self._strips[look] = self._make(*look)
        return strip

    def _make(
        self,
        what: ChecklistRow,
        is_cursor: bool,
        is_bright: bool,
        width: int,
        beyond: Style,
    ) -> Strip:
        """Draw a row."""
        ground = self._style("cursor") if is_cursor else Style.null()
        if is_cursor and not is_bright:
            ground = Style(bgcolor=ground.bgcolor, bold=True)
        strip = draw_row(
            what, width, style=self._style, ground=ground, is_cursor=is_cursor
        )
        return strip.adjust_cell_length(width, beyond)

    def _style(self, role: str) -> Style:
        if role not in self._role_styles:
            style = self.get_component_rich_style(f"checklist--{role}")
            self._role_styles[role] = style
        return self._role_styles[role]

    def _rebuild_rows(self) -> None:
        if self.view is not None:
            self._outline.update(self.view)
            self._show_cursor()
            self._show_count()
            self.refresh()

    def _show_from(self, top: int) -> None:
        self.top = clamp_top(
            top, height=self.visible_row_count, count=len(self._outline.keys)
        )
        self._update_scrollbar()
        self.refresh()


CHECKLIST_TITLE = "Checklist"
WHEEL_ROWS = 3
"""Rows that one notch of the mouse wheel moves."""


class Checklist(ChecklistRows):
    """The rows, with a cursor to move, phases to fold, and a line to search in."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("checklist")]

    class Moved(Message):
        """The person wants the cursor on a row; the owner moves it, by `key`."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    class EditWanted(Message):
        """The source of a row is to be edited."""

        def __init__(self, key: RowKey) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = CHECKLIST_TITLE
        self._key_before_search: RowKey | None = None
        """Where the cursor was when a search began."""
        self._filter_line = FilterLine("title, id, or state such as failed")

    def compose(self) -> ComposeResult:
        """The scrollbar, and the line to search in, hidden until it is used."""
        yield from super().compose()
        yield self._filter_line

    @property
    def visible_row_count(self) -> int:
        """The number of rows that fit above the line to search in."""
        return self.size.height - self._filter_line.display

    def _move_to(self, place: int) -> None:
        if keys := self._outline.keys:
            self.post_message(self.Moved(keys[max(0, min(place, len(keys) - 1))]))

    def action_cursor(self, count: int) -> None:
        """Move by rows."""
        self._move_to(self.cursor_index + count)

    def action_page(self, count: int) -> None:
        """Move by pages that overlap by one row."""
        self._move_to(self.cursor_index + count * max(1, self.visible_row_count - 1))

    def action_phase(self, count: int) -> None:
        """Move to the phase before or after."""
        self._move_to(self._outline.phase_near(self.cursor_index, count))

    def action_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move_to(len(self._outline.keys) - 1)

    def action_fold(self) -> None:
        """Fold the phase under the cursor, or unfold it."""
        self._outline.fold(self.key)
        self._rebuild_rows()

    def action_fold_done(self) -> None:
        """Fold what is done, or unfold all."""
        self._outline.fold_done()
        self._rebuild_rows()

    @property
    def has_left_out(self) -> bool:
        """Whether steps that do not apply are out of sight, or were shown by a key."""
        return self._outline.has_left_out

    def action_left_out(self) -> None:
        """Show the steps that do not apply, or hide them."""
        if not self.has_left_out:
            self.notify("No step is out of sight: each one applies.", markup=False)
            return
        self._outline.toggle_left_out()
        self._rebuild_rows()

    def action_edit(self) -> None:
        """Edit the step or phase under the cursor."""
        if self.key is not None:
            self.post_message(self.EditWanted(self.key))

    @property
    def is_filtered(self) -> bool:
        """Whether the line to search in is open, with or without words in it."""
        return self._filter_line.display

    def action_filter(self) -> None:
        """Search for steps."""
        self._key_before_search = self.key
        self.border_title = f"{CHECKLIST_TITLE} · filter"
        self._filter_line.display = True
        self._filter_line.focus()

    @on(FilterLine.Cleared)
    def _cancel_search(self) -> None:
        """Return to where the cursor was before the search."""
        self.clear_filter()
        if self._key_before_search is not None:
            self.post_message(self.Moved(self._key_before_search))

    def clear_filter(self) -> None:
        """List all steps again."""
        self._filter_line.value = ""
        self._filter_line.display = False
        self.border_title = CHECKLIST_TITLE
        self._outline.query = ""
        self.focus()
        self._rebuild_rows()

    @on(Input.Changed)
    def _search_typed(self, event: Input.Changed) -> None:
        """List what matches; the cursor moves only if its row is not listed."""
        event.stop()
        self._outline.query = event.value.strip()
        self.top = 0
        self._rebuild_rows()
        if self._outline.query and self.key not in self._outline.keys:
            self._move_to(1)  # below the phase that it is in

    @on(Input.Submitted)
    def _accept_search(self, event: Input.Submitted) -> None:
        """Back to the list of what was found."""
        event.stop()
        if self._outline.query:
            self.focus()
        else:
            self.clear_filter()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; on a phase's sign, fold it."""
        if self._filter_line.region.contains_point(event.screen_offset):
            return
        offset = event.get_content_offset(self)
        keys = self._outline.keys
        if offset is None or self.top + offset.y >= len(keys):
            return
        event.stop()
        key = keys[self.top + offset.y]
        if not isinstance(key, StepRow) and offset.x < FOLD_CLICK_CELLS:
            self._outline.fold(key)
            self._rebuild_rows()
        else:
            self._move_to(self.top + offset.y)

    @on(ListScrollbar.Dragged)
    def _dragged(self, event: ListScrollbar.Dragged) -> None:
        event.stop()
        self._show_from(event.top)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self.top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self.top - WHEEL_ROWS)
