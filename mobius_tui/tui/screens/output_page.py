"""What a page does for its output pane: copies, opens, saves, and changes tabs."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from textual import on
from textual.worker import get_current_worker

from mobius_tui.tui.backend.base_page import ForegroundTask
from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.commands.registry import footer
from mobius_tui.tui.output.output_workbench import OutputWorkbench
from mobius_tui.tui.presenters.output_choice import OutputChoice
from mobius_tui.tui.screens.paned_page import PanedPage

TABS = frozenset({"output.next_tab", "output.previous_tab"})


class OutputPage(PanedPage):
    """A page with an output pane, which reaches for nothing but its file."""

    shown: OutputChoice | None = None
    """What the pane shows."""
    chosen_tab: str | None = None
    """The tab that the person wants, in place of the one that belongs to the cursor."""

    def __init__(self, *, repaints: int) -> None:
        """Make the page.

        Args:
            repaints: the most repaints of the output in a second.
        """
        super().__init__()
        self.output = OutputWorkbench(id="output", repaints=repaints)

    def show_output(self) -> None:
        """Find out what the pane shows, and show it."""

    def put_in_pane(self, shown: OutputChoice) -> None:
        """Hand the pane what it shows, if that is news."""
        if shown == self.shown:
            return
        self.shown = shown
        pane = self.output
        pane.tabs, pane.tab = shown.tabs, shown.tab
        pane.show(
            shown.path,
            spans=shown.spans,
            title=shown.title,
            running=shown.running,
            placeholder=shown.placeholder,
            limit=shown.limit,
        )

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows: in the output pane, what works there, first."""
        shown = super().footer_commands()
        pane = self.output
        others = tuple(command for command in shown if command.place != "output")
        if not pane.has_focus_within:
            return others
        own = tuple(
            command
            for command in footer(("output",), ())
            if (command.id not in TABS or pane.rows_above)
            and (command.id != "output.stop" or pane.stops)
        )
        taken = {key for command in own for key in command.keys}
        rest = (c for c in others if c.place != "checklist" and not taken & {*c.keys})
        return (*own, *rest)

    def palette_commands(self) -> tuple[Command, ...]:
        """What the palette finds: tabs and their stop only where there are some."""
        pane = self.output
        return tuple(
            command
            for command in super().palette_commands()
            if (command.id not in TABS or pane.rows_above)
            and (command.id != "output.stop" or pane.stops)
        )

    def action_copy_selection(self) -> None:
        """Copy what is selected: in the output, or in another pane."""
        pane = self.output
        if pane.has_selection:
            pane.action_copy()
        else:
            super().action_copy_selection()

    def action_wrap(self) -> None:
        """Wrap the output's long lines, or not."""
        self.output.action_toggle_wrap()

    def action_times(self) -> None:
        """Show when each line of the output came, or not."""
        self.output.action_toggle_times()

    @on(OutputWorkbench.CopyWanted)
    def _copy_wanted(self, event: OutputWorkbench.CopyWanted) -> None:
        event.stop()
        self.copy(event.read)

    @on(OutputWorkbench.Told)
    def _told(self, event: OutputWorkbench.Told) -> None:
        event.stop()
        self.tell(event.words)

    @on(OutputWorkbench.TabChosen)
    def _tab_chosen(self, event: OutputWorkbench.TabChosen) -> None:
        event.stop()
        self.chosen_tab = event.key
        self.show_output()
        self.offered = self.footer_commands()

    @on(OutputWorkbench.OpenWanted)
    def _open_wanted(self, event: OutputWorkbench.OpenWanted) -> None:
        event.stop()
        shown = self.shown
        if shown is None or shown.path is None:
            return
        if event.way == "save":
            work = self._save(shown.path, f"{shown.tab}.txt")
            self.run_worker(work, name="save", exit_on_error=False)
            return
        from mobius_tui.tui.external import output_files

        run = partial(
            output_files.open_output,
            shown.path,
            way=event.way,
            name=shown.tab,
            folder=self.copies_folder(),
            environ=os.environ,
        )
        self.go_out(ForegroundTask(run=run))

    async def _save(self, output: Path, name: str) -> None:
        """A worker: ask where, then save it; a large one takes a while."""
        from mobius_tui.tui.dialogs.question import SaveDialog
        from mobius_tui.tui.external import output_files

        target = await self.ask(SaveDialog(output, name))
        if target is None:
            return
        worker = get_current_worker()
        goes_on = lambda: not worker.is_cancelled  # noqa: E731
        try:
            save = partial(output_files.save, output, target, goes_on=goes_on)
            size = await asyncio.to_thread(save)
        except OSError as error:
            self.tell(f"Not saved: {target}: {error.strerror}", is_problem=True)
        else:
            self.tell(f"Saved {size:,} bytes in {target}")
