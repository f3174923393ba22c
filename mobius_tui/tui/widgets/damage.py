"""The banner of a review whose run is not as it was written: what, and where."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui import sanitize
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.view import RunView

SHOWN = 2
"""Complaints that are shown; `mobius-tui verify` lists all."""


class DamageBanner(Widget):
    """What was found to be wrong with the run, and nothing where that is nothing."""

    DEFAULT_CSS = """
    DamageBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _damage: tuple[str, ...] = ()

    def __init__(self, run: str) -> None:
        """Make an empty banner.

        Args:
            run: the run's id.
        """
        super().__init__()
        self._run = run

    def watch_view(self, view: RunView | None) -> None:
        """Say it, once it is known."""
        damage = (view.damage if view is not None else None) or ()
        if damage != self._damage:
            self._damage = damage
            self.set_class(bool(damage), "-shown")
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        """The first complaints, each on lines of its own."""
        head = Content.styled(" NOT AS IT WAS WRITTEN ", "bold reverse $error")
        lines = [sanitize.line(each) for each in self._damage[:SHOWN]]
        more = len(self._damage) - SHOWN
        if more > 0:
            lines.append(f"and {more} more: mobius-tui verify {self._run}")
        told = Content("\n").join(assemble((f" {each}", "strong")) for each in lines)
        return head + told
