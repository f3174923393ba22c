"""The drills of a runbook: how long each took to restore the service, over time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.drill.past_drills import Trend, drills_with_score, trends
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.presenters.statistics_lines import trend_lines
from mobius_tui.tui.presenters.styled_text import text

TrendReader = Callable[[], tuple[Trend, ...]]
"""Gives the drills of a runbook; called in a thread."""
DRILLS_FRAME_CELLS = 5
"""Cells that the frame of the dialog and its scroll bar take."""


def read_trends(runbook: str) -> tuple[Trend, ...]:
    """The drills of a runbook, by what broke the site.

    Args:
        runbook: its id.
    """
    return trends(drills_with_score(runs_root(), runbook))


class DrillsDialog(Dialog[None]):
    """Shows a chart for each way in which the site was broken."""

    ASKS = False

    class TrendsRead(Message):
        """The drills were read."""

        def __init__(self, found: tuple[Trend, ...]) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self,
        title: str,
        trend_reader: TrendReader,
        *,
        runbook: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Make the dialog.

        Args:
            title: the runbook's.
            trend_reader: gives its drills.
            runbook: its id.
            wall: gives seconds since 1970.
        """
        super().__init__(f"Drills of {title}")
        self._nothing_found_text = (
            f"None is over yet: `mobius-tui drill {runbook}` makes one."
        )
        self._read_trends = trend_reader
        self._wall = wall
        self._trends: tuple[Trend, ...] | None = None
        looking = text("looking through the runs", "muted")
        self._shown = Static(looking, id="trends", markup=False)

    def compose_body(self) -> Iterable[Widget]:
        """A chart and the last drills for each fault."""
        yield self._shown

    def on_mount(self) -> None:
        """Search; a thousand drills take a moment to read."""
        self.run_worker(self._search(), exit_on_error=False)

    async def _search(self) -> None:
        """A worker."""
        self.post_message(self.TrendsRead(await asyncio.to_thread(self._read_trends)))

    @on(TrendsRead)
    def _show_trends(self, event: TrendsRead) -> None:
        event.stop()
        self._trends = event.found
        self._show()

    def on_resize(self) -> None:
        """Draw again for another width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._trends is None:
            return
        if not self._trends:
            self._shown.update(text(self._nothing_found_text, "muted"))
            return
        width = self.box.size.width - DRILLS_FRAME_CELLS
        now = self._wall()
        blocks = [
            Content("\n").join(trend_lines(trend, width=width, now=now))
            for trend in self._trends
        ]
        self._shown.update(Content("\n\n").join(blocks))
