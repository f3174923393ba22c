"""A list with a cursor, by lines: where it stands, its scrollbar, its filter line."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.tui.backend.drawing_caches import cache_rows


def top_showing_row(top: int, *, place: int, height: int, count: int) -> int:
    """The first visible row so that a place is visible, with a row around it.

    At an edge it scrolls by two thirds of the height: so a cursor that goes down row by
    row has all rows drawn and sent once in many keys, and not at each.

    Args:
        top: the first row in sight now.
        place: the row that must be seen.
        height: rows in sight.
        count: rows there are.
    """
    top = clamp_top(top, height=height, count=count)
    if place and place - 1 < top:
        top = min(place - 1, place + 1 - height + height // 3)
    elif min(place + 1, count - 1) >= top + height:
        top = max(place + 2 - height, place - height // 3)
    else:
        top = min(top, place)
    return clamp_top(top, height=height, count=count)


def clamp_top(top: int, *, height: int, count: int) -> int:
    """The nearest first row that leaves no empty line below the last one."""
    return max(0, min(top, count - height))


def thumb_rows(top: int, height: int, count: int) -> range:
    """The scrollbar's rows that its thumb takes; none if all rows fit.

    They count from 0 at the scrollbar's top.

    Args:
        top: the first row in sight.
        height: rows in sight.
        count: rows there are.
    """
    if count <= height or height <= 0:
        return range(0)
    size = max(1, height * height // count)
    begin = round(top / (count - height) * (height - size))
    return range(begin, begin + size)


def top_for_dragged_thumb(y: int, *, height: int, count: int) -> int:
    """The first visible row when the thumb is dragged to a row of the scrollbar.

    Args:
        y: the row, from 0 at the scrollbar's top.
        height: rows in sight.
        count: rows there are.
    """
    return clamp_top(
        round(y / max(1, height - 1) * (count - height)), height=height, count=count
    )


THUMB_GLYPH = "▐"


class ListScrollbar(Widget):
    """A scrollbar of one column; a click or a drag scrolls."""

    top: reactive[int] = reactive(0, repaint=False)
    count: reactive[int] = reactive(0, repaint=False)
    """Rows there are."""

    class Dragged(Message):
        """The list is to be scrolled."""

        def __init__(self, top: int) -> None:
            super().__init__()
            self.top = top

    def __init__(self) -> None:
        super().__init__(id="mark")
        self._is_grabbed = False
        self._thumb_rows = range(0)
        self._background_style = Style.null()

    def watch_top(self) -> None:
        """Draw the thumb where it moves: among many rows, most steps do not move it."""
        if thumb_rows(self.top, self.size.height, self.count) != self._thumb_rows:
            self.refresh()

    watch_count = watch_top

    def render_lines(self, crop: Region) -> list[Strip]:
        """The scrollbar; looks up once what is the same for each line."""
        self._thumb_rows = thumb_rows(self.top, self.size.height, self.count)
        self._background_style = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A row of the thumb, or an empty cell."""
        return Strip(
            [
                Segment(
                    THUMB_GLYPH if y in self._thumb_rows else " ",
                    self._background_style,
                )
            ]
        )

    def on_click(self, event: events.Click) -> None:
        """A click is no click on the list beneath."""
        event.stop()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of it."""
        event.stop()
        self._is_grabbed = True
        self.capture_mouse()
        self._drag_to(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._is_grabbed:
            self._drag_to(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of it."""
        event.stop()
        self._is_grabbed = False
        self.release_mouse()

    def _drag_to(self, y: float) -> None:
        top = top_for_dragged_thumb(int(y), height=self.size.height, count=self.count)
        self.post_message(self.Dragged(top))


class FilterLine(Input):
    """Lists what matches as it is typed; Esc lists all again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "List all again", show=False)
    ]

    class Cleared(Message):
        """The whole list is to be shown again."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            id="filter", compact=True, placeholder=placeholder, select_on_focus=False
        )
        self.display = False

    def action_clear(self) -> None:
        """Ask the owner to empty the line, and to list all again."""
        self.post_message(self.Cleared())


class FilteredPane(Widget, can_focus=True):
    """A pane with a line to search in, which is hidden until it is used."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002
        """Make the pane, without a search.

        Args:
            placeholder: what can be searched for.
            id: of the widget.
        """
        super().__init__(id=id)
        self.filter_line = FilterLine(placeholder)

    def compose(self) -> ComposeResult:
        """The line to search in."""
        yield self.filter_line

    @property
    def is_filtered(self) -> bool:
        """Whether the line to search in is open, with or without words in it."""
        return self.filter_line.display

    def action_filter(self) -> None:
        """Search."""
        self.filter_line.display = True
        self.filter_line.focus()

    def clear_filter(self) -> None:
        """Show everything again."""
        self.filter_line.value = ""
        self.filter_line.display = False
        self.focus()

    @abstractmethod
    def search(self, query: str) -> None:
        """Show what matches.

        Args:
            query: words; empty for everything.
        """

    def cancel_search(self) -> None:
        """Show everything again, at Esc in the line."""
        self.clear_filter()

    @on(FilterLine.Cleared)
    def _filter_cleared(self) -> None:
        self.cancel_search()

    @on(Input.Changed)
    def _search_typed(self, event: Input.Changed) -> None:
        event.stop()
        self.search(event.value.strip())

    @on(Input.Submitted)
    def _accept_search(self, event: Input.Submitted) -> None:
        """Back to the list of what was found."""
        event.stop()
        if event.value.strip():
            self.focus()
        else:
            self.clear_filter()


LIST_ROLES = (
    *("plain", "strong", "muted", "accent", "good", "warn", "bad"),
    "cursor",
)
CURSOR_GLYPH = "»"
WHEEL_ROWS = 3
"""Rows that one notch of the mouse wheel moves."""
MAX_CACHED_LINES = 256
"""The most drawn lines that a list keeps."""
Line = TypeVar("Line", bound=Hashable)
"""What a line of a list says: equal ones are drawn alike."""


class CursorList(FilteredPane, Generic[Line]):
    """A list by lines: 10,000 rows cost no more than those that are seen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{role}" for role in LIST_ROLES}

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002
        """Make an empty list; see `FilteredPane`."""
        super().__init__(placeholder, id=id)
        cache_rows(self)
        self.top = 0
        """The first row in sight."""
        self._scroll_mark = ListScrollbar()
        self._drawn: dict[int, Line | None] = {}
        """What each line says that is on the screen."""
        self._strips: dict[Hashable, Strip] = {}
        """Where a row only moved its strip stays the same, and so does what Textual
        and the drawing have made of it."""
        self._styles_by_role: dict[str, Style] = {}
        self._ground = Style.null()

    def compose(self) -> ComposeResult:
        """The scrollbar, and the line to search in."""
        yield self._scroll_mark
        yield from super().compose()

    # What a list has

    @property
    @abstractmethod
    def row_count(self) -> int:
        """The number of rows."""

    @property
    @abstractmethod
    def cursor_index(self) -> int:
        """The row under the cursor; 0 without one."""

    @abstractmethod
    def move_to(self, index: int) -> None:
        """Put the cursor on a row; there is one of that number."""

    @abstractmethod
    def line_at(self, y: int) -> Line | None:
        """What the line `y` of the pane says; `None` for an empty one."""

    @abstractmethod
    def draw_line(self, line: Line, width: int, *, is_focused: bool) -> Strip:
        """Draw a line.

        Args:
            line: what it says.
            width: cells.
            is_focused: whether keys go to this list.
        """

    @property
    def rows_above(self) -> int:
        """Lines of the pane above the first row."""
        return 0

    def rows_scrolled(self) -> None:
        """Draw the rows that have come into sight, as a person has scrolled there."""
        self.refresh()

    # What is seen

    @property
    def visible_row_count(self) -> int:
        """The number of rows that fit, above the line to search in."""
        return self.size.height - self.rows_above - self.filter_line.display

    def show_cursor(self) -> bool:
        """Scroll until the cursor is visible; returns whether rows moved."""
        height = self.visible_row_count
        if height <= 0:
            return False
        before = self.top
        self.top = top_showing_row(
            self.top, place=self.cursor_index, height=height, count=self.row_count
        )
        self._update_scrollbar()
        return self.top != before

    def _update_scrollbar(self) -> None:
        self._scroll_mark.top, self._scroll_mark.count = self.top, self.row_count
        self._scroll_mark.display = self.row_count > self.visible_row_count

    def _show_from(self, top: int) -> None:
        self.top = clamp_top(top, height=self.visible_row_count, count=self.row_count)
        self._update_scrollbar()
        self.rows_scrolled()

    def redraw_changed(self) -> None:
        """Draw the lines that say something else than what is on the screen."""
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y in range(self.size.height)
            if self._drawn.get(y) != self.line_at(y)
        ]
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines; looks up once what is the same for each."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        line = self._drawn[y] = self.line_at(y)
        if line is None:
            return Strip.blank(width, self._ground)
        key = line, self.has_focus_within, width, self._ground
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= MAX_CACHED_LINES:
                self._strips.clear()
            drawn = self.draw_line(line, width, is_focused=self.has_focus_within)
            strip = self._strips[key] = drawn.adjust_cell_length(width, self._ground)
        return strip

    def style_of(self, role: str) -> Style:
        """The style of a role."""
        if role not in self._styles_by_role:
            style = self.get_component_rich_style(f"list--{role}")
            self._styles_by_role[role] = style
        return self._styles_by_role[role]

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._styles_by_role, self._strips = {}, {}

    def on_focus(self) -> None:
        """The cursor is brighter while the list has the focus."""
        self.refresh()

    on_blur = on_focus

    # Moving

    def move_near(self, index: int) -> None:
        """Put the cursor on a row, or on the one that is nearest to such a number."""
        if self.row_count:
            self.move_to(max(0, min(index, self.row_count - 1)))

    def action_cursor(self, count: int) -> None:
        """Move by rows."""
        self.move_near(self.cursor_index + count)

    def action_page(self, count: int) -> None:
        """Move by pages that overlap by one row."""
        self.move_near(self.cursor_index + count * max(1, self.visible_row_count - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self.move_near(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.move_near(self.row_count - 1)

    # The mouse

    def row_under(self, event: events.Click) -> int | None:
        """The row that was clicked on; `None` where there is none."""
        if self.filter_line.region.contains_point(event.screen_offset):
            return None
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.rows_above:
            return None
        index = self.top + offset.y - self.rows_above
        return index if index < self.row_count else None

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
