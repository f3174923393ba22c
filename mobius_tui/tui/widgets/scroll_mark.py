"""The mark beside a long list that says which part of it is in sight."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui.tui.widgets.scrolling import thumb, top_at

THUMB = "▐"


class ScrollMark(Widget):
    """One column at the right; a click or a drag moves what is in sight."""

    top: reactive[int] = reactive(0)
    count: reactive[int] = reactive(0)
    """Rows there are."""

    class Dragged(Message):
        """The person wants other rows in sight."""

        def __init__(self, top: int) -> None:
            super().__init__()
            self.top = top

    def __init__(self) -> None:
        super().__init__(id="mark")
        self._held = False

    def render_line(self, y: int) -> Strip:
        """A piece of the mark, or nothing."""
        marked = y in thumb(self.top, self.size.height, self.count)
        return Strip([Segment(THUMB if marked else " ", self.rich_style)])

    def on_click(self, event: events.Click) -> None:
        """A click is no click on the list beneath."""
        event.stop()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of it."""
        event.stop()
        self._held = True
        self.capture_mouse()
        self._drag_to(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._held:
            self._drag_to(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of it."""
        event.stop()
        self._held = False
        self.release_mouse()

    def _drag_to(self, y: float) -> None:
        top = top_at(int(y), height=self.size.height, count=self.count)
        self.post_message(self.Dragged(top))
