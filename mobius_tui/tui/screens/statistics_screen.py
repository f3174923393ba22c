"""The statistics of a runbook: what all of its runs say, with charts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from mobius_tui.review import run_statistics
from mobius_tui.review.run_statistics import RunbookStatistics, statistics_lines
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.commands.command import Place
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.presenters.statistics_lines import statistics_chart_lines
from mobius_tui.tui.presenters.styled_text import assemble, text
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.footer import KeyBar

StatisticsReader = Callable[[], RunbookStatistics]
"""Gives the statistics; called in a thread."""
STATISTICS_FRAME_CELLS = 5
"""Cells of the width that the frame and the scroll bar take."""


def read_runbook_statistics(name: str) -> RunbookStatistics:
    """The statistics of a runbook.

    Args:
        name: its id, or its file.

    Raises:
        MobiusError: nothing has that name, or it cannot be read.
    """
    root = runs_root()
    return run_statistics.statistics_of_runbook(
        root, run_statistics.runbook_named(name, root)
    )


class StatisticsScreen(Page):
    """Shows the statistics of a runbook, which are read in a thread."""

    CSS_PATH = ["../styles/app.tcss", "../styles/pages.tcss"]  # noqa: RUF012
    PLACES: ClassVar[tuple[Place, ...]] = ("stats", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("stats")]
    AUTO_FOCUS = "#stats"
    HELP = (
        "What all runs of a runbook that came to an end say of it: incidents, drills "
        "and maintenance apart. Nothing of it is sent anywhere."
    )

    class StatisticsRead(Message):
        """The runs were read."""

        def __init__(self, found: RunbookStatistics) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self,
        title: str,
        read_statistics: StatisticsReader,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Make the screen.

        Args:
            title: the runbook's.
            read_statistics: gives its statistics.
            wall: gives seconds since 1970.
        """
        super().__init__()
        self._heading = title
        self._read_statistics = read_statistics
        self._wall = wall
        self._found: RunbookStatistics | None = None
        looking = text("looking through the runs", "muted")
        self._lines = Static(looking, id="lines", markup=False)
        self._scrolled = VerticalScroll(id="stats")
        self._keys = KeyBar()

    def compose(self) -> ComposeResult:
        """The title, the lines, and the keys."""
        title = assemble((self._heading, "strong"), ("  statistics", "muted"))
        yield Static(title, classes="bar", markup=False)
        with self._scrolled:
            yield self._lines
        yield self._keys

    def on_mount(self) -> None:
        """Read the runs."""
        self._keys.offered = self.footer_commands()
        self.run_worker(self._search(), name="look", exit_on_error=False)

    async def _search(self) -> None:
        """A worker."""
        self.post_message(
            self.StatisticsRead(await asyncio.to_thread(self._read_statistics))
        )

    @on(StatisticsRead)
    def _show_found(self, event: StatisticsRead) -> None:
        event.stop()
        self._found = event.found
        self._show()

    def on_resize(self) -> None:
        """Draw anew for another width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._found is None:
            return
        width = max(40, self.size.width - STATISTICS_FRAME_CELLS)
        lines = statistics_chart_lines(self._found, width=width, now=self._wall())
        self._lines.update(Content("\n").join(lines))

    def action_copy_lines(self) -> None:
        """Copy them as lines, once they are known."""
        if self._found is None:
            self.show_notice("The runs are still being read.")
        else:
            self.copy("\n".join(statistics_lines(self._found)))

    def action_rows(self, count: int) -> None:
        """Scroll."""
        self._scrolled.scroll_relative(y=count, animate=False)
