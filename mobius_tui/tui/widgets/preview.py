"""What is at the cursor of a list, beside it: fields, and rows in columns."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from mobius_tui.tui.columns import Row
from mobius_tui.tui.field import Field
from mobius_tui.tui.theme import text
from mobius_tui.tui.widgets.detail import FieldList


class Rows(Widget):
    """Rows in columns; what has no room is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def render(self) -> RenderResult:
        """As many as there is room for."""
        width, height = self.size
        room = height if len(self.rows) <= height else height - 1
        lines = [row.at(width) for row in self.rows[:room]]
        if len(self.rows) > room:
            lines.append(text(f"  and {len(self.rows) - room} more", "muted"))
        return Content("\n").join(lines)


class Preview(Horizontal):
    """Fields on the left; rows on the right, where there are any."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self._fields = FieldList()
        self._rows = Rows()

    def compose(self) -> ComposeResult:
        """Both."""
        yield self._fields
        yield self._rows

    def show(
        self, title: str, fields: Iterable[Field] = (), rows: Iterable[Row] = ()
    ) -> None:
        """Tell of something else.

        Args:
            title: what it is, from anywhere.
            fields: what is to be known of it.
            rows: what it is made of.
        """
        self.border_title = text(title)
        self._fields.fields = tuple(fields)
        self._rows.rows = tuple(rows)
        self._rows.set_class(not self._rows.rows, "-empty")
        self._rows.refresh()
