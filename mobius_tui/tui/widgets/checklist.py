"""The checklist: every phase and step with its state; draws only the rows in sight."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui import sanitize
from mobius_tui.tui.commands import bindings
from mobius_tui.tui.outline import Row, keys, row, tally
from mobius_tui.tui.view import PHASE, RunView

WHEEL = 3
"""Rows that one notch of the mouse wheel moves."""


def cut(words: str, width: int) -> str:
    """Words cut at the end to `width` cells."""
    if sanitize.cells(words) <= width:
        return words
    while words and sanitize.cells(words) > width - 1:
        words = words[:-1]
    return words + "…" if width > 0 else ""


class Checklist(Widget, can_focus=True):
    """A list by lines: 10,000 steps cost no more than the rows that are seen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "checklist--plain",
        "checklist--strong",
        "checklist--muted",
        "checklist--accent",
        "checklist--good",
        "checklist--warn",
        "checklist--bad",
        "checklist--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("checklist")]

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[str | None] = reactive[str | None](None, repaint=False)

    class Moved(Message):
        """The person put the cursor on a row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.top = 0
        """The first row in sight."""
        self._keys: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._entered: tuple[str, ...] | None = None
        self._drawn: dict[int, tuple[Row, bool]] = {}
        self._styles_of: dict[str, Style] = {}

    @property
    def place(self) -> int:
        """The row under the cursor."""
        return self._places.get(self.key or "", 0)

    def watch_view(self) -> None:
        """Draw the rows in sight that have changed."""
        view = self.view
        if view is None:
            return
        if view.state.entered != self._entered:
            self._entered = view.state.entered
            self._keys = keys(view)
            self._places = {key: place for place, key in enumerate(self._keys)}
            self._show_cursor()
            self.refresh()
        self._redraw_changed()
        words = cut(tally(view), max(0, self.size.width - 2))
        if words != str(self.border_subtitle or ""):
            self.border_subtitle = Content(words)

    def watch_key(self) -> None:
        """Move the cursor, scrolling as far as that wants."""
        if self._show_cursor():
            self.refresh()
        else:
            self._redraw_changed()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._show_cursor()
        if self.view is not None:
            words = cut(tally(self.view), max(0, self.size.width - 2))
            self.border_subtitle = Content(words)

    def on_focus(self) -> None:
        """The cursor is brighter while the list has the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """And calmer while it has not."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._styles_of = {}

    def _show_cursor(self) -> bool:
        """Scroll until the cursor is in sight; returns whether that moved rows."""
        height = self.size.height
        if height <= 0:
            return False
        top = min(self.top, max(0, len(self._keys) - height))
        top = max(min(top, self.place - 1 if self.place else 0), 0)
        top = max(top, self.place - height + 2 if self._is_below(top) else top)
        top = max(0, min(top, len(self._keys) - height))
        moved, self.top = top != self.top, top
        return moved

    def _is_below(self, top: int) -> bool:
        last = len(self._keys) - 1
        return min(self.place + 1, last) >= top + self.size.height

    def _redraw_changed(self) -> None:
        view = self.view
        if view is None:
            return
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, key in enumerate(self._in_sight())
            if self._drawn.get(y) != (row(view, key), key == self.key)
        ]
        if changed:
            self.refresh(*changed)

    def _in_sight(self) -> tuple[str, ...]:
        return self._keys[self.top : self.top + self.size.height]

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        place = self.top + y
        if self.view is None or place >= len(self._keys):
            self._drawn.pop(y, None)
            return Strip.blank(width, self.rich_style)
        key = self._keys[place]
        what = row(self.view, key)
        self._drawn[y] = (what, key == self.key)
        return self._strip(what, width, is_cursor=key == self.key)

    def _style(self, role: str) -> Style:
        if role not in self._styles_of:
            style = self.get_component_rich_style(f"checklist--{role}")
            self._styles_of[role] = style
        return self._styles_of[role]

    def _strip(self, what: Row, width: int, *, is_cursor: bool) -> Strip:
        indent = "" if what.is_phase else "  "
        right = f" {what.right} " if what.right else " "
        room = max(4, width - 3 - len(indent) - sanitize.cells(right))
        words = cut(f"{what.number} {what.title}", room)
        space = " " * max(0, room - sanitize.cells(words))
        role = "muted" if what.is_dim else "strong" if what.is_phase else "plain"
        ground = self._style("cursor") if is_cursor else Style.null()
        if is_cursor and not self.has_focus:
            ground = Style(bgcolor=ground.bgcolor, bold=True)
        segments = [
            Segment(f" {what.mark.glyph} ", self._style(what.mark.role) + ground),
            Segment(f"{indent}{words}{space}", self._style(role) + ground),
            Segment(right, self._style(what.right_role) + ground),
        ]
        if is_cursor:
            segments[0] = Segment("»" + segments[0].text[1:], segments[0].style)
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _go(self, place: int) -> None:
        if self._keys:
            place = max(0, min(place, len(self._keys) - 1))
            self.post_message(self.Moved(self._keys[place]))

    def action_cursor(self, count: int) -> None:
        """Move by rows."""
        self._go(self.place + count)

    def action_page(self, count: int) -> None:
        """Move by pages that overlap by one row."""
        self._go(self.place + count * max(1, self.size.height - 1))

    def action_phase(self, count: int) -> None:
        """Move to the phase before or after."""
        heads = [n for n, key in enumerate(self._keys) if key.startswith(PHASE)]
        if count < 0:
            found = [place for place in heads if place < self.place]
            self._go(found[-1] if found else 0)
        else:
            found = [place for place in heads if place > self.place]
            self._go(found[0] if found else len(self._keys) - 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._go(len(self._keys) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is."""
        offset = event.get_content_offset(self)
        if offset is not None and self.top + offset.y < len(self._keys):
            event.stop()
            self._go(self.top + offset.y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll, leaving the cursor where it is."""
        self._scroll(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, leaving the cursor where it is."""
        self._scroll(event, -WHEEL)

    def _scroll(self, event: events.MouseEvent, count: int) -> None:
        event.stop().prevent_default()
        last = max(0, len(self._keys) - self.size.height)
        self.top = max(0, min(self.top + count, last))
        self.refresh()
