"""Parts of a list: the first visible row, the scrollbar, the filter line."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input


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
