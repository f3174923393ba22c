"""A page that tells of a run elsewhere whose trigger has fired, and leads there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.commands.registry import key_of
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.banners import ElsewhereBanner, OtherRunsReader


class AlarmedPage(Page):
    """The library and the briefing: pages without a run of their own."""

    ALARM: ClassVar[str]
    """The id of the command that opens the run that wants somebody."""

    def __init__(
        self,
        *,
        elsewhere: OtherRunsReader = lambda: (),
        attach: Callable[[RunDirectory], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Make the page.

        Args:
            elsewhere: gives the runs that want somebody; called in a thread.
            attach: opens a run; this page stays beneath it.
            wall: gives seconds since 1970.
        """
        super().__init__()
        self._open_run = attach
        self._wall = wall
        self.banner = ElsewhereBanner(elsewhere, wall=wall, key=key_of(self.ALARM))
        """To be put on top."""

    def available(self) -> frozenset[str]:
        """What applies only while a run wants somebody."""
        wanted = self.banner.most_urgent is not None
        return frozenset({self.ALARM} if wanted else ())

    def action_alarm(self) -> None:
        """Open the run that wants somebody."""
        directory = self.banner.most_urgent
        if directory is not None:
            self._open_run(directory)
