"""The rows of the checklist: draws those in sight, and of those what has changed."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui.tui.folding import Outline
from mobius_tui.tui.outline import Row, tally
from mobius_tui.tui.output.row_cache import RowCache
from mobius_tui.tui.view import RunView
from mobius_tui.tui.widgets.row_strip import cut, strip_of
from mobius_tui.tui.widgets.scroll_mark import ScrollMark
from mobius_tui.tui.widgets.scrolling import clamp, top_for

ROLES = ("plain", "strong", "muted", "accent", "good", "warn", "bad", "cursor")
Look = tuple[Row, bool, bool, int, Style]
"""What a row's strip is made of: what it says, whether the cursor is on it, and bright,
cells, and the ground that is left over."""
KEPT = 128
"""Rows whose strips are kept."""


class ChecklistRows(Widget, can_focus=True):
    """A list by lines: 10,000 steps cost no more than the rows that are seen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"checklist--{role}" for role in ROLES}

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[str | None] = reactive[str | None](None, repaint=False)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._styles_cache = RowCache()
        self.top = 0
        """The first row in sight."""
        self._outline = Outline()
        self._mark = ScrollMark()
        self._drawn: dict[int, tuple[Row, bool]] = {}
        self._kept: dict[Look, Strip] = {}
        """Where a row only moved its strip stays the same, and so does what Textual
        and the drawing have made of it."""
        self._styles_of: dict[str, Style] = {}
        self._ground = Style.null()

    def compose(self) -> ComposeResult:
        """The mark of place."""
        yield self._mark

    @property
    def place(self) -> int:
        """The row under the cursor."""
        return self._outline.place(self.key)

    @property
    def rows(self) -> int:
        """The rows that there is room for."""
        return self.size.height

    def watch_view(self) -> None:
        """Draw the rows in sight that have changed."""
        if self.view is None or not self.is_mounted:
            return
        if self._outline.look(self.view):
            self._show_cursor()
            self.refresh()
        self._redraw_changed()
        self._say_how_many()

    def on_mount(self) -> None:
        """Now there is something to draw."""
        self.watch_view()

    def _say_how_many(self) -> None:
        view = self.view
        if view is None:
            return
        words = tally(view)
        if self._outline.query:
            words = f"{self._outline.found} of {len(view.plan.steps)} found · Esc all"
        words = cut(words, max(0, self.size.width - 2))
        if words != str(self.border_subtitle or ""):
            self.border_subtitle = Content(words)

    def watch_key(self) -> None:
        """Move the cursor, scrolling as far as that wants."""
        if not self.is_mounted:
            return
        if self._show_cursor():
            self.refresh()
        else:
            self._redraw_changed()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._show_cursor()
        self._say_how_many()

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
        self._kept = {}

    def _show_cursor(self) -> bool:
        """Scroll until the cursor is in sight; returns whether that moved rows."""
        height, count = self.rows, len(self._outline.keys)
        if height <= 0:
            return False
        top = top_for(self.top, place=self.place, height=height, count=count)
        moved, self.top = top != self.top, top
        self._show_mark()
        return moved

    def _show_mark(self) -> None:
        self._mark.top, self._mark.count = self.top, len(self._outline.keys)
        self._mark.display = self._mark.count > self.rows

    def _redraw_changed(self) -> None:
        if self.view is None:
            return
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y in range(len(self._outline.keys[self.top : self.top + self.rows]))
            if self._drawn.get(y) != self._to_draw(y)
        ]
        if changed:
            self.refresh(*changed)

    def _to_draw(self, y: int) -> tuple[Row, bool]:
        """What a line in sight says, and whether the cursor is on it."""
        key = self._outline.keys[self.top + y]
        return self._outline.row(key), key == self._outline.shown(self.key)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows; looks up once what is the same for each."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        if self.view is None or self.top + y >= len(self._outline.keys):
            self._drawn.pop(y, None)
            return Strip.blank(width, self._ground)
        what, is_cursor = self._drawn[y] = self._to_draw(y)
        is_bright = is_cursor and self.has_focus_within
        look = what, is_cursor, is_bright, width, self._ground
        strip = self._kept.get(look)
        if strip is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            strip = self._kept[look] = self._make(*look)
        return strip

    def _make(
        self, what: Row, is_cursor: bool, is_bright: bool, width: int, beyond: Style
    ) -> Strip:
        """Draw a row."""
        ground = self._style("cursor") if is_cursor else Style.null()
        if is_cursor and not is_bright:
            ground = Style(bgcolor=ground.bgcolor, bold=True)
        strip = strip_of(
            what, width, style=self._style, ground=ground, is_cursor=is_cursor
        )
        return strip.adjust_cell_length(width, beyond)

    def _style(self, role: str) -> Style:
        if role not in self._styles_of:
            style = self.get_component_rich_style(f"checklist--{role}")
            self._styles_of[role] = style
        return self._styles_of[role]

    def _list_anew(self) -> None:
        if self.view is not None:
            self._outline.look(self.view)
            self._show_cursor()
            self._say_how_many()
            self.refresh()

    def _show_from(self, top: int) -> None:
        self.top = clamp(top, height=self.rows, count=len(self._outline.keys))
        self._show_mark()
        self.refresh()
