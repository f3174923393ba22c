"""Home: open runs, runbooks that can be begun, and past runs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mobius_tui.drill.library_listing import LibraryListing
from mobius_tui.errors import MobiusError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.records.run_summary import RunSummary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.backend.full_screens import ForegroundTask
from mobius_tui.tui.commands.command import Place
from mobius_tui.tui.commands.registry import bindings, command_by_id
from mobius_tui.tui.dialogs.source_dialogs import file_to_edit
from mobius_tui.tui.external.editor import edit_runbook
from mobius_tui.tui.parts.other_runs_alarm import OtherRunsAlarm
from mobius_tui.tui.presenters.library_lines import (
    LibraryEntry,
    LibraryGroup,
    phase_rows,
    run_entries,
    run_fields,
    run_table,
    runbook_entries,
    runbook_fields,
    runbook_table,
)
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.presenters.styled_text import cut_in_middle, text
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.banners import OtherRunsReader
from mobius_tui.tui.widgets.detail_pane import Preview
from mobius_tui.tui.widgets.footer import KeyBar
from mobius_tui.tui.widgets.list_controls import FilterLine


def read_status_of_run(path: Path, now: float) -> str:
    """A status update of a run, to paste into a chat.

    Args:
        path: its folder.
        now: seconds since 1970.

    Raises:
        RunError: it never began, or is damaged.
    """
    directory = RunDirectory(path)
    viewer = Viewer(directory)
    presenter = RunPresenter(viewer)
    view = presenter.run_view_at(now, None)
    head = viewer.follower.head
    return status_text(view, presenter.health(view), run=directory.id, head=head)


NO_MATCHES_TEXT = text("  Nothing here matches: Esc lists everything again.")
"""Shown in place of a list in which nothing matches the search."""


class LibraryList(OptionList):
    """Textual's list, with the keys j, k, g and G of the checklist and the output."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]


class LibraryScreen(Page):
    """The screen that lists runbooks and runs.

    Opening is done by the callbacks it is given.
    """

    CSS_PATH = ["../styles/app.tcss", "../styles/pages.tcss"]  # noqa: RUF012
    PLACES: ClassVar[tuple[Place, ...]] = ("library", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("library")]
    AUTO_FOCUS = "#library"
    HELP = (
        "Enter opens what the cursor is on: a run as it stands, or what is to be known "
        "of a runbook before it is run. Nothing runs by being opened."
    )

    class GroupsRead(Message):
        """The runbooks and runs were read, and put into groups."""

        def __init__(self, found: tuple[LibraryGroup, ...]) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self,
        read_library: Callable[[], LibraryListing],
        *,
        open_briefing: Callable[[Path], None],
        attach: Callable[[RunDirectory], None],
        open_review: Callable[[RunDirectory], Awaitable[None]],
        other_runs_reader: OtherRunsReader = lambda: (),
        wall: Callable[[], float] = time.time,
        at: str = "",
    ) -> None:
        """Make the screen.

        Args:
            read_library: gives what there is; called in a thread.
            open_briefing: opens the briefing of a runbook.
            attach: opens a run.
            open_review: opens a run that is over, as it was.
            other_runs_reader: gives the runs that need a person.
            wall: gives seconds since 1970.
            at: the key of the line that the cursor begins on.
        """
        super().__init__()
        self.other_runs = OtherRunsAlarm(
            other_runs_reader, wall=wall, command="library.alarm", attach=attach
        )
        self._open_run = attach
        self._wall = wall
        self.cursor_key = at
        self._read_library = read_library
        self._open_briefing = open_briefing
        self._open_review = open_review
        self._groups: tuple[LibraryGroup, ...] = ()
        self._entries: dict[str, LibraryEntry] = {}
        self._count = ""
        self._options = LibraryList(id="library", markup=False)
        self._options.border_title = "Library"
        self._filter = FilterLine("title, id, environment, outcome, person, or day")
        self._preview = Preview()
        self._keys = KeyBar()

    def compose(self) -> ComposeResult:
        """The list, and the line to search in."""
        yield Static(text("mobius-tui", "strong"), classes="bar", markup=False)
        yield self.other_runs.banner
        yield self._options
        yield self._preview
        yield self._filter
        yield self._keys

    def available(self) -> frozenset[str]:
        """What applies only while a run elsewhere needs a person."""
        return self.other_runs.available()

    def action_alarm(self) -> None:
        """Open the run that needs a person."""
        self.other_runs.open()

    def on_screen_resume(self) -> None:
        """Look again whenever it comes to the top."""
        self._keys.offered = self.footer_commands()
        look = self._look_again()
        self.run_worker(look, group="look", exclusive=True, exit_on_error=False)

    async def _look_again(self) -> None:
        """A worker: a thousand runs take a moment to read, and to put in columns."""
        self.post_message(self.GroupsRead(await asyncio.to_thread(self._grouped)))

    @on(GroupsRead)
    def _show_found(self, event: GroupsRead) -> None:
        event.stop()
        self._groups = event.found
        self._list()

    def _list(self) -> None:
        """List what matches; the cursor stays on its line."""
        if not self._groups:
            return
        options = self._options
        highlighted = options.highlighted_option
        before = self.cursor_key if highlighted is None else highlighted.id or ""
        query = self._filter.value.lower().split()
        self._entries = {}
        options.clear_options()
        found = self._found(query)
        options.add_options(found or [Option(NO_MATCHES_TEXT, disabled=True)])
        if before in self._entries:
            options.highlighted = options.get_option_index(before)
        else:
            options.action_first()
        self._count = f"{len(self._entries)} found" if query else ""
        self._show_at_cursor()

    def _found(self, query: list[str]) -> list[Option]:
        """Headings, and under each what matches; where there is nothing, what to do."""
        options: list[Option] = []
        for group in self._groups:
            found = [
                each
                for each in group.entries
                if all(word in each.words for word in query)
            ]
            if found:
                options.append(Option(group.heading, disabled=True))
            elif group.hint and not query:
                options.append(Option(text(group.title, "strong"), disabled=True))
                options.append(Option(text(f"  {group.hint}", "muted"), disabled=True))
            for each in found:
                self._entries[each.key] = each
                options.append(Option(each.row, id=each.key))
        return options

    def _grouped(self) -> tuple[LibraryGroup, ...]:
        """The groups of the list; takes a moment, so it is called in a thread."""
        return tuple(self._groups_of(self._read_library()))

    def _groups_of(self, listing: LibraryListing) -> Iterator[LibraryGroup]:
        """The headings, and what to do where there is nothing under one."""
        now = self._wall()
        table = run_table(is_open=True)
        found = run_entries(table, listing.open, self._open_run, now)
        yield LibraryGroup("Open runs", table, found)
        table = runbook_table()
        found = runbook_entries(table, listing.bundled, self._open_briefing, now)
        yield LibraryGroup("Runbooks", table, found)
        hint = "mobius-tui run FILE.toml runs one, and it is listed here from then on"
        found = runbook_entries(table, listing.own_and_recent, self._open_briefing, now)
        yield LibraryGroup("Runbooks of your own", table, found, hint)
        hint = "none yet; mobius-tui demo rehearses one on a site of its own"
        table = run_table(is_open=False)
        found = run_entries(table, listing.past, self._begin_review, now)
        yield LibraryGroup("Past runs", table, found, hint)

    @on(OptionList.OptionHighlighted)
    def _show_at_cursor(self) -> None:
        """Say beside the list, and on its border, what is at the cursor."""
        entry, now = self._at_cursor(), self._wall()
        about = None if entry is None else entry.about
        highlighted = self._options.highlighted_option
        if highlighted is not None:
            self.cursor_key = highlighted.id or ""
        where = ""
        if isinstance(about, RunSummary):
            where = about.id
            self._preview.show(about.id, run_fields(about, now))
        elif about is not None:
            where = str(about.path)
            rows = phase_rows(about.runbook) if about.runbook is not None else ()
            self._preview.show(about.title, runbook_fields(about, now), rows)
        else:
            self._preview.show("")
        room = max(10, self._options.size.width - 4)
        words = " · ".join(part for part in (self._count, where) if part)
        self._options.border_subtitle = text(cut_in_middle(words, room), "muted")

    def _begin_review(self, directory: RunDirectory) -> None:
        work = self._open_review(directory)
        self.run_worker(work, name="review", group="review", exit_on_error=False)

    def action_filter(self) -> None:
        """Search."""
        self._filter.display = True
        self._filter.focus()

    @on(FilterLine.Cleared)
    def action_all(self) -> None:
        """List everything again."""
        self._filter.value = ""
        self._filter.display = False
        self._options.focus()

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self._list()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        if self._entries:
            self._options.focus()

    def action_drills(self) -> None:
        """Show how the drills went of the runbook under the cursor."""
        entry = self._at_cursor()
        if entry is not None:
            self.show_drills(entry.runbook, entry.title)

    def action_stats(self) -> None:
        """Show what all runs of the runbook under the cursor say."""
        from mobius_tui.tui.screens.statistics_screen import (
            StatisticsScreen,
            read_runbook_statistics,
        )

        entry = self._at_cursor()
        if entry is not None:
            name = entry.runbook if entry.source is None else str(entry.source)
            self.app.push_screen(
                StatisticsScreen(entry.title, partial(read_runbook_statistics, name))
            )

    def action_status(self) -> None:
        """Copy a status update of the run under the cursor."""
        entry = self._at_cursor()
        if entry is None or entry.source is not None:
            self.show_notice("That is no run: a run's status can be copied.")
        else:
            self.copy(partial(read_status_of_run, Path(entry.key), self._wall()))

    def _at_cursor(self) -> LibraryEntry | None:
        option = self._options.highlighted_option
        return self._entries.get((option.id if option is not None else "") or "")

    def action_edit(self) -> None:
        """Edit the runbook under the cursor."""
        entry = self._at_cursor()
        if entry is not None and entry.source is not None:
            self.questions.begin(self._edit(entry.source))
        elif entry is not None:
            key = command_by_id("checklist.edit").key_name
            self.show_notice(
                f"That is a run. Open it: {key} edits what it was made of."
            )

    async def _edit(self, path: Path) -> None:
        """A worker: leave the screens for the editor."""
        source = await file_to_edit(path, self.questions.ask)
        if source is not None:
            self.cursor_key = str(source)
            self.run_foreground_task(
                ForegroundTask(run=partial(edit_runbook, source, os.environ))
            )

    def action_open(self) -> None:
        """Open what is under the cursor."""
        self._options.action_select()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        entry = self._entries.get(event.option.id or "")
        if entry is None:
            return
        try:
            entry.open_entry()
        except MobiusError as error:
            self.show_notice(str(error), is_problem=True)
