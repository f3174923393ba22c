"""The banner over everything: a trigger that fired, and what becomes of it."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.alarm import banner
from mobius_tui.tui.view import RunView


class AlarmBanner(Widget):
    """Two lines while there is something to say, and else none."""

    DEFAULT_CSS = """
    AlarmBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
        &.-calm { background: $primary 22%; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _lines: tuple[Content, ...] = ()

    def __init__(self, *, before: str = "") -> None:
        """Make an empty banner.

        Args:
            before: what has to be pressed before the keys that it names.
        """
        super().__init__()
        self._before = before

    def watch_view(self, view: RunView | None) -> None:
        """Say it anew, if it is something else."""
        lines = banner(view, before=self._before)
        if lines == self._lines:
            return
        other_height = len(lines) != len(self._lines)
        self._lines = lines
        self.set_class(bool(lines), "-shown")
        begun = view is not None and view.state.watch.begun is not None
        self.set_class(begun and view is not None and view.state.watch.goes, "-calm")
        self.refresh(layout=other_height)

    def render(self) -> RenderResult:
        """The lines, each cut to the width."""
        width = self.size.width
        return Content("\n").join(
            line.truncate(width, ellipsis=True) for line in self._lines
        )

    def get_content_height(self, *_: object) -> int:
        """As many rows as there are lines."""
        return max(1, len(self._lines))
