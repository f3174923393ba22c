"""A hint of the facilitator, on the screens of the team that drills."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.run.drill_events import Hint
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.view import RunView

LASTS = 180.0
"""Seconds for which a hint is shown."""


class HintBanner(Widget):
    """As many lines as the hint needs while it is new, and else none."""

    DEFAULT_CSS = """
    HintBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $primary 22%;
        &.-shown { display: block; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _hint: Hint | None = None

    def watch_view(self, view: RunView | None) -> None:
        """Show the newest hint, for a while."""
        hints = view.state.hints if view is not None else ()
        is_open = view is not None and view.state.ended is None
        new = hints[-1] if hints and is_open else None
        if view is not None and new is not None and view.now - new.at > LASTS:
            new = None
        if new != self._hint:
            self._hint = new
            self.set_class(new is not None, "-shown")
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        """What was said, and who said it."""
        hint = self._hint
        if hint is None:
            return Content("")
        head = Content.styled(" HINT ", "bold reverse $primary")
        return head + assemble((f" {hint.text}", "strong"), (f"  {hint.who}", "muted"))
