"""The detail pane: why, the exact command, its variables, and where a step stands."""

from __future__ import annotations

from textual.app import ComposeResult, RenderResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.run.steps import Status
from mobius_tui.tui.describe import describe, edge, title
from mobius_tui.tui.field import Field
from mobius_tui.tui.glyphs import MARKS
from mobius_tui.tui.theme import STYLES, Role, assemble, cut_in_middle
from mobius_tui.tui.view import RunView
from mobius_tui.tui.wrapping import wrapped

LABEL = 8
"""Cells of the label column."""


def lay_out(fields: tuple[Field, ...], width: int) -> list[Content]:
    """The lines of fields: labels in a column, texts beside them, wrapped there."""
    room = max(8, width - LABEL)
    lines: list[Content] = []
    for field in fields:
        content = field.content
        if field.value:
            left = max(3, room - content.cell_length)
            value = cut_in_middle(field.value, left)
            content += Content.styled(value, STYLES["plain"])
        label = f"{field.label:<{LABEL}}"
        for part in wrapped(content, room):
            lines.append(assemble((label, "muted")) + part)
            label = " " * LABEL
    return lines


class FieldList(Widget):
    """Fields with hanging indents; as high as they need."""

    fields: reactive[tuple[Field, ...]] = reactive((), repaint=False)

    def watch_fields(self) -> None:
        """Draw anew; lay the screen out anew only for another number of lines."""
        lines = max(1, len(lay_out(self.fields, self.size.width)))
        self.refresh(layout=lines != self.size.height)

    def render(self) -> RenderResult:
        """The laid-out lines."""
        return Content("\n").join(lay_out(self.fields, self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return max(1, len(lay_out(self.fields, width)))


class DetailPane(VerticalScroll):
    """What there is to know about the step under the cursor."""

    view: reactive[RunView | None] = reactive(None, repaint=False)
    key: reactive[str | None] = reactive[str | None](None, repaint=False)
    tab: reactive[str] = reactive("", repaint=False)
    """Whose output is looked at, as `STEP.ATTEMPT`."""
    compact: reactive[bool] = reactive(False, repaint=False)  # noqa: FBT003 - a default

    def __init__(self, *, id: str | None = None, can_focus: bool | None = None) -> None:  # noqa: A002
        """Make an empty pane; see Textual's `Widget`."""
        super().__init__(id=id, can_focus=can_focus)
        self._fields = FieldList()
        self._said: tuple[str, str, str, Role] | None = None
        """What the border says."""

    def compose(self) -> ComposeResult:
        """The fields."""
        yield self._fields

    def watch_view(self) -> None:
        """Say it anew, if something changed."""
        self._show()

    def watch_key(self) -> None:
        """Begin at the top of another step."""
        self._show()
        self.scroll_home(animate=False)

    def watch_tab(self) -> None:
        """Say what was so in another attempt."""
        self._show()

    def watch_compact(self) -> None:
        """Say it in the order for the room that there is."""
        self._show()

    def _show(self) -> None:
        view = self.view
        if view is None or not self.is_mounted:
            return
        step = view.step(self.key)
        pending = step is not None and view.standings[step.id].status is Status.PENDING
        state = f" · {MARKS[Status.PENDING].word}" * pending
        self._say_on_the_border(title(view, self.key), state, *edge(view, self.key))
        self._fields.fields = describe(
            view, self.key, compact=self.compact, tab=self.tab
        )

    def _say_on_the_border(
        self, title: str, state: str, words: str, role: Role
    ) -> None:
        """Only where it is something else: telling it draws the whole pane anew."""
        said = (title, state, words, role)
        if said != self._said:
            self._said = said
            self.border_title = Content(title) + assemble((state, "muted"))
            self.border_subtitle = assemble((words, role)) if words else None
