"""The output controller: which output is shown, its tabs, and which are followed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.worker import get_current_worker

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.structs import replace
from mobius_tui.tui.backend.full_screens import ForegroundTask
from mobius_tui.tui.commands.command import Command, OutputNeed, PaneName
from mobius_tui.tui.commands.registry import command_by_id, commands_for_footer
from mobius_tui.tui.dialogs.question import DialogOpener, Notifier, SaveDialog
from mobius_tui.tui.external import output_files
from mobius_tui.tui.external.output_files import OpenWith
from mobius_tui.tui.messages import OutputGrew
from mobius_tui.tui.output.output_choice import OutputChoice
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.parts.hosts_part import StepHostsPart
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.next_action import ShowHostOutput, show_host_output
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screen_state import HostRow, RowKey

SIZE_POLL_INTERVAL = 0.05
"""Seconds between polls of the size of a running step's output."""

OutputChooser = Callable[[RunView, RowKey | None, AttemptId | None], OutputChoice]
"""Gives the output to show.

Takes the run, the checklist's row under the cursor (`None` for no row), and the tab
that the person chose (`None` for the row's own output).
"""


class OutputController:
    """Chooses the output that the output pane shows, and follows the ones that grow."""

    def __init__(
        self,
        screen: Screen[Any],
        feed: RunFeed,
        choose: OutputChooser,
        tell: Notifier,
    ) -> None:
        """Show nothing yet.

        Args:
            screen: has the workers, and is told when an output has grown.
            feed: the run.
            choose: says which output is shown.
            tell: says what cannot be shown.
        """
        self._screen = screen
        self._feed = feed
        self._choose = choose
        self._tab: AttemptId | None = None
        self.pane = OutputPane(id=PaneName.OUTPUT, repaints=feed.repaints)
        self.hosts = StepHostsPart(screen, feed, tell)
        self.shown: OutputChoice | None = None
        """What the pane shows."""
        self.followed: frozenset[AttemptId] = frozenset()
        """The attempts whose output is looked at while they run."""

    # What is shown

    def show(self, view: RunView, key: RowKey | None) -> AttemptId | None:
        """Show the output that belongs to a row, or the tab that was chosen.

        Args:
            view: the run.
            key: the checklist's row under the cursor.

        Returns:
            The attempt whose output that is; `None` for none.
        """
        shown = self.hosts.show(view, self._choose(view, key, self._tab))
        self._show_hosts_or_output()
        if shown != self.shown:
            self.shown = shown
            self.pane.tabs, self.pane.tab = shown.tabs, shown.tab
            self.pane.show(
                shown.path,
                spans=shown.spans,
                title=shown.title,
                running=shown.running,
                placeholder=shown.placeholder,
                limit=shown.limit,
            )
        return shown.tab

    def _show_hosts_or_output(self) -> None:
        """Show the hosts or the output, with the focus if the other one had it."""
        both: tuple[Widget, Widget] = (self.pane, self.hosts.pane)
        away, seen = both if self.hosts.is_listed else reversed(both)
        had_focus = away.has_focus_within
        seen.remove_class("-away")
        away.add_class("-away")
        if had_focus:
            seen.focus()

    def choose_tab(self, tab: AttemptId | None) -> None:
        """Show the output of a tab; `None` for that of the row under the cursor."""
        self._tab = tab

    # The hosts beside it

    def meant_row(self, key: RowKey | None) -> RowKey | None:
        """The row that a command is about: a host's, while the hosts have the focus.

        Args:
            key: the checklist's row under the cursor.
        """
        pane = self.hosts.pane
        if pane.has_focus and pane.step is not None and pane.cursor:
            return HostRow(pane.step, pane.cursor)
        return key

    def host_offer(self) -> ShowHostOutput | None:
        """What Enter does while the hosts have the focus; `None` at other times."""
        pane = self.hosts.pane
        if not pane.has_focus or pane.shown_hosts is None or not pane.cursor:
            return None
        return show_host_output(pane.shown_hosts, pane.cursor)

    # Following

    def follow(self) -> None:
        """Follow the output of every attempt that runs."""
        running = frozenset(self._feed.running_attempts())
        for attempt in running - self.followed:
            self._screen.run_worker(
                self._follow(attempt),
                name=f"follow {attempt}",
                group="output",
                exit_on_error=False,
            )
        self.followed = running

    async def _follow(self, attempt: AttemptId) -> None:
        """A worker: post `OutputGrew` when an output grows, until its step ends."""
        path = self._feed.directory.attempt(*attempt).output
        seen = (path, -1)
        while self._feed.is_running(attempt):
            shown = self._path_of(attempt, path)
            now = shown, _size(shown)
            if now != seen:
                seen = now
                self._screen.post_message(OutputGrew(attempt))
            await asyncio.sleep(SIZE_POLL_INTERVAL)
        self._screen.post_message(OutputGrew(attempt))

    def _path_of(self, attempt: AttemptId, own: Path) -> Path:
        """The output file to poll for an attempt: that of a host, if it is shown."""
        shown = self.shown
        is_shown = shown is not None and shown.tab == attempt
        return shown.path or own if shown is not None and is_shown else own

    def refresh_if_shown(self, attempt: AttemptId) -> None:
        """Refresh the pane if the output that grew is the one on show."""
        if self.shown is not None and self.shown.tab == attempt:
            self.pane.refresh_from_file()

    # Which commands there are

    def applies(self, command: Command) -> bool:
        """Whether a command applies now: to tabs, or to hosts, only where there are."""
        if command.place == "hosts" and not self.hosts.is_listed:
            return False
        match command.needs:
            case OutputNeed.SEVERAL_TABS:
                return bool(self.pane.rows_above)
            case OutputNeed.LIVE_OUTPUT:
                return self.pane.is_shown_stoppable
            case OutputNeed.PLAYBOOK:
                return self.hosts.pane.uses_ansible
            case None:
                return True

    def footer(self, shown: tuple[Command, ...]) -> tuple[Command, ...]:
        """A footer: while the pane has the focus, what works in it comes first.

        Args:
            shown: the footer without regard to the pane.
        """
        others = tuple(each for each in shown if each.place not in ("output", "hosts"))
        if self.hosts.pane.has_focus_within:
            own = commands_for_footer(("hosts",), ())
        elif self.pane.has_focus_within:
            own = commands_for_footer(("output",), ())
            if self.hosts.opened is not None:
                back = command_by_id("output.dismiss")
                own = (replace(back, label="Hosts", act="screen.follow_run"), *own)
        else:
            return others
        own = tuple(each for each in own if self.applies(each))
        taken = {key for command in own for key in command.keys}
        rest = (c for c in others if c.place != "checklist" and not taken & {*c.keys})
        return (*own, *rest)

    # Copies of it elsewhere

    def task(self, way: OpenWith, folder: Path) -> ForegroundTask | None:
        """What shows the output in a pager or an editor; `None` where there is none.

        Args:
            way: by which.
            folder: a private folder for the copy that it is given.
        """
        shown = self.shown
        if shown is None or shown.path is None:
            return None
        run = partial(
            output_files.open_output,
            shown.path,
            way=way,
            name=str(shown.tab),
            folder=folder,
            environ=os.environ,
        )
        return ForegroundTask(run=run)

    async def save(self, open_dialog: DialogOpener, tell: Notifier) -> None:
        """A worker: ask where, then save it; a large one takes a while.

        Args:
            open_dialog: shows a dialog and waits for what it gives.
            tell: says what came of it.
        """
        shown = self.shown
        if shown is None or shown.path is None or shown.tab is None:
            return
        target = await open_dialog(SaveDialog(shown.path, shown.tab))
        if target is None:
            return
        worker = get_current_worker()
        goes_on = lambda: not worker.is_cancelled  # noqa: E731
        try:
            save = partial(
                output_files.save_output, shown.path, target, should_continue=goes_on
            )
            size = await asyncio.to_thread(save)
        except OSError as error:
            tell(f"Not saved: {target}: {error.strerror}", is_problem=True)
        else:
            tell(f"Saved {size:,} bytes in {target}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
