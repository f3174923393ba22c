"""The mark beside a long list that says which part of it is in sight."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui.tui.widgets.scrolling import thumb, top_at

THUMB = "▐"


class ScrollMark(Widget):
    """One column at the right; a click or a drag moves what is in sight."""

    top: reactive[int] = reactive(0, repaint=False)
    count: reactive[int] = reactive(0, repaint=False)
    """Rows there are."""

    class Dragged(Message):
        """The person wants other rows in sight."""

        def __init__(self, top: int) -> None:
            super().__init__()
            self.top = top

    def __init__(self) -> None:
        super().__init__(id="mark")
        self._held = False
        self._marked = range(0)
        self._ground = Style.null()

    def watch_top(self) -> None:
        """Draw it where it moves: among many rows, most steps move it by nothing."""
        if thumb(self.top, self.size.height, self.count) != self._marked:
            self.refresh()

    watch_count = watch_top

    def render_lines(self, crop: Region) -> list[Strip]:
        """The mark; looks up once what is the same for each line."""
        self._marked = thumb(self.top, self.size.height, self.count)
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A piece of the mark, or nothing."""
        return Strip([Segment(THUMB if y in self._marked else " ", self._ground)])

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
