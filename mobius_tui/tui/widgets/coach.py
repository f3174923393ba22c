"""The demo's coach mark, above the line that says what Enter does."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.coach import coach_mark
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.view import RunView


class CoachMark(Widget):
    """A line or two while there is something to say, and else none."""

    DEFAULT_CSS = """
    CoachMark {
        height: auto;
        max-height: 3;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $accent 20%;
        &.-shown { display: block; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _words = ""

    def watch_view(self, view: RunView | None) -> None:
        """Say it anew, if it is something else."""
        words = coach_mark(view) if view is not None else ""
        if words != self._words:
            self._words = words
            self.set_class(bool(words), "-shown")
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        """A sign, and the words."""
        return Content.styled("☞ ", "bold $accent") + assemble((self._words, "strong"))
