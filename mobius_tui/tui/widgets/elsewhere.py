"""The banner over the library and the briefing: a run elsewhere that wants somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import on
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.elsewhere import Elsewhere
from mobius_tui.tui.elsewhere_lines import elsewhere_lines

EVERY = 1.0
"""Seconds between two looks; after the first, a thousand runs that have ended cost two
milliseconds."""

Look = Callable[[], tuple[Elsewhere, ...]]
"""Gives the runs that want somebody, the most urgent first; called in a thread."""


class ElsewhereBanner(Widget):
    """Two lines while there is such a run, and else none."""

    DEFAULT_CSS = """
    ElsewhereBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
    }
    """

    class Looked(Message):
        """The runs were looked at."""

        def __init__(self, runs: tuple[Elsewhere, ...]) -> None:
            super().__init__()
            self.runs = runs

    def __init__(self, look: Look, *, wall: Callable[[], float], key: str) -> None:
        """Make an empty banner.

        Args:
            look: gives the runs.
            wall: gives seconds since 1970.
            key: the name of the key that opens the first of them.
        """
        super().__init__()
        self._look, self._wall, self._key = look, wall, key
        self._runs: tuple[Elsewhere, ...] = ()
        self._lines: tuple[Content, ...] = ()

    @property
    def first(self) -> RunDirectory | None:
        """The run that it speaks of."""
        return self._runs[0].directory if self._runs else None

    def on_mount(self) -> None:
        """Look now, and from time to time."""
        self._begin_look()
        self.set_interval(EVERY, self._begin_look)

    def _begin_look(self) -> None:
        if self.screen.is_current:
            _: Worker[None] = self.run_worker(
                self._again, exclusive=True, exit_on_error=False
            )

    async def _again(self) -> None:
        """A worker: files are read."""
        self.post_message(self.Looked(await asyncio.to_thread(self._look)))

    @on(Looked)
    def _show(self, event: Looked) -> None:
        event.stop()
        self._runs = event.runs
        lines = elsewhere_lines(event.runs, now=self._wall(), key=self._key)
        if lines == self._lines:
            return
        other_height = len(lines) != len(self._lines)
        self._lines = lines
        self.set_class(bool(lines), "-shown")
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
