"""A run elsewhere whose trigger has fired: pages without a run of their own say so."""

from __future__ import annotations

from collections.abc import Callable

from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.widgets.banners import OtherRunsBanner, OtherRunsReader


class OtherRunsAlarm:
    """Shows a banner while another run needs a person, and opens that run."""

    def __init__(
        self,
        reader: OtherRunsReader,
        *,
        wall: Callable[[], float],
        command: str,
        attach: Callable[[RunDirectory], None],
    ) -> None:
        """Look for none yet: the banner does, once it is on the page.

        Args:
            reader: gives the runs that need a person; called in a thread.
            wall: gives seconds since 1970.
            command: the id of the page's command that opens the run.
            attach: opens a run; the page stays beneath it.
        """
        self.banner = OtherRunsBanner(reader, wall=wall, key=first_key_name(command))
        """To be put on top."""
        self._command = command
        self._attach = attach

    def available(self) -> frozenset[str]:
        """The command, only while a run needs a person."""
        wanted = self.banner.most_urgent is not None
        return frozenset({self._command} if wanted else ())

    def open(self) -> None:
        """Open the run that needs a person."""
        directory = self.banner.most_urgent
        if directory is not None:
            self._attach(directory)
