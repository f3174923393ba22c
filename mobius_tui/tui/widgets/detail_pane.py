"""Fields beside a list: the details of a step, and the preview of a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult, RenderResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.presenters.columns import TableRow
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import (
    border_text,
    detail_fields,
    detail_title,
)
from mobius_tui.tui.presenters.styled_text import (
    ROLE_STYLES,
    Field,
    Role,
    assemble,
    cut_in_middle,
    prose_lines,
    text,
    wrap_content,
)
from mobius_tui.tui.screen_state import RowKey

LABEL_CELLS = 8
"""Cells of the label column."""


def lay_out_fields(fields: tuple[Field, ...], width: int) -> list[Content]:
    """The lines of fields: labels in a column, texts beside them, wrapped there."""
    lines: list[Content] = []
    for field in fields:
        label, sign = f"{field.label:<{LABEL_CELLS}}", field.sign
        room = max(8, width - LABEL_CELLS - cell_len(sign))
        for row in _rows(field, room):
            lines.append(assemble((label, "muted"), (sign, "plain")) + row)
            label, sign = " " * LABEL_CELLS, " " * cell_len(sign)
    return lines


def _rows(field: Field, room: int) -> Iterator[Content]:
    """The lines beside the label of a field."""
    content = field.content
    if field.prose is not None:
        yield from prose_lines(field.prose, room)
        return
    if field.value:
        value = cut_in_middle(field.value, max(3, room - content.cell_length))
        content += Content.styled(value, ROLE_STYLES["plain"])
    yield from wrap_content(content, room)


class FieldList(Widget):
    """Fields with hanging indents; as high as they need."""

    fields: reactive[tuple[Field, ...]] = reactive((), repaint=False)

    def watch_fields(self) -> None:
        """Draw again; lay the screen out again only if the number of lines changed."""
        lines = max(1, len(lay_out_fields(self.fields, self.size.width)))
        self.refresh(layout=lines != self.size.height)

    def render(self) -> RenderResult:
        """The laid-out lines."""
        return Content("\n").join(lay_out_fields(self.fields, self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return max(1, len(lay_out_fields(self.fields, width)))


class DetailPane(VerticalScroll):
    """What there is to know about the step under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("detail")]

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[RowKey | None] = reactive[RowKey | None](None, repaint=False)
    tab: reactive[AttemptId | None] = reactive(None, repaint=False)
    """The attempt whose output is shown; `None` for none."""
    compact: reactive[bool] = reactive(False, repaint=False)  # noqa: FBT003 - a default

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        """Make an empty pane; see Textual's `Widget`."""
        super().__init__(id=id)
        self._fields = FieldList()
        self._border: tuple[str, str, str, Role] | None = None
        """What the border says."""

    def compose(self) -> ComposeResult:
        """The fields."""
        yield self._fields

    def action_rows(self, count: int) -> None:
        """Scroll by rows."""
        self.scroll_relative(y=count, animate=False)

    def action_pages(self, count: int) -> None:
        """Scroll by pages that overlap by one row."""
        self.action_rows(count * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Go to the first line."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """Go to the last line."""
        self.scroll_end(animate=False)

    def watch_view(self) -> None:
        """Show the step again if something changed."""
        self._show()

    def watch_key(self) -> None:
        """Begin at the top of another step."""
        self._show()
        self.scroll_home(animate=False)

    def watch_tab(self) -> None:
        """Show another attempt."""
        self._show()

    def watch_compact(self) -> None:
        """Order the fields for the height that is available."""
        self._show()

    def _show(self) -> None:
        view = self.view
        if view is None or not self.is_mounted:
            return
        step = view.step(self.key)
        pending = step is not None and view.statuses[step.id].status is Status.PENDING
        state = f" · {STATUS_MARKS[Status.PENDING].word}" * pending
        self._set_border(
            detail_title(view, self.key), state, *border_text(view, self.key)
        )
        self._fields.fields = detail_fields(
            view, self.key, compact=self.compact, tab=self.tab
        )

    def _set_border(self, title: str, state: str, words: str, role: Role) -> None:
        """Set the border's texts if they changed: it draws the whole pane."""
        said = (title, state, words, role)
        if said != self._border:
            self._border = said
            self.border_title = Content(title) + assemble((state, "muted"))
            self.border_subtitle = assemble((words, role)) if words else None


class PreviewRows(Widget):
    """Rows in columns; rows that do not fit are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TableRow, ...] = ()

    def render(self) -> RenderResult:
        """As many rows as fit."""
        width, height = self.size
        room = height if len(self.rows) <= height else height - 1
        lines = [row.content_at(width) for row in self.rows[:room]]
        if len(self.rows) > room:
            lines.append(text(f"  and {len(self.rows) - room} more", "muted"))
        return Content("\n").join(lines)


class Preview(Horizontal):
    """Fields on the left; rows on the right, where there are any."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self._fields = FieldList()
        self._rows = PreviewRows()

    def compose(self) -> ComposeResult:
        """Both."""
        yield self._fields
        yield self._rows

    def show(
        self, title: str, fields: Iterable[Field] = (), rows: Iterable[TableRow] = ()
    ) -> None:
        """Show another subject.

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
