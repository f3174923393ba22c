"""What every full screen shares: help, leaving, notices, copying, and its dialogs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.storage.state_folders import make_private_folder, state_home
from mobius_tui.runbook.toml.runbook_source import config_file
from mobius_tui.tui.backend import clipboard
from mobius_tui.tui.backend.full_screens import ForegroundTask, leave_for_task
from mobius_tui.tui.backend.key_queue import TimedInput
from mobius_tui.tui.backend.style_sheets import set_breakpoint_classes
from mobius_tui.tui.commands.command import Command, PaneName, Place
from mobius_tui.tui.commands.registry import (
    ALWAYS_AVAILABLE,
    bindings,
    commands_for_footer,
    commands_of_places,
)
from mobius_tui.tui.config import settings
from mobius_tui.tui.config.settings_file import save_theme
from mobius_tui.tui.dialogs.help_dialog import HelpDialog
from mobius_tui.tui.dialogs.palette import choice_palette
from mobius_tui.tui.messages import TitleChanged
from mobius_tui.tui.parts.question_gate import Drafts, QuestionGate
from mobius_tui.tui.screen_state import Draft, DraftKey
from mobius_tui.tui.widgets.footer import KeyBar

if TYPE_CHECKING:
    from mobius_tui.tui.dialogs.dialog import Dialog

PANES_BY_PLACE: Mapping[Place, PaneName] = {
    "checklist": PaneName.CHECKLIST,
    "output": PaneName.OUTPUT,
    "hosts": PaneName.HOSTS,
    "detail": PaneName.DETAIL,
    "timeline": PaneName.TIMELINE,
}
"""Places that are panes, which carry out their commands themselves."""


class Page(Screen[None]):
    """A full screen with commands from the registry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app"),
        Binding("ctrl+c", "copy_selection", "Copy what is selected", show=False),
    ]
    PLACES: ClassVar[tuple[Place, ...]] = ("app",)
    """Where its commands are, the nearest first."""

    HELP: ClassVar[str] = "Nothing is lost when you leave."
    """The first sentences of the help on this page."""

    mono: Callable[[], float] = monotonic
    """The clock of what is typed: seconds that only go forward."""

    panes: Mapping[PaneName, Widget] = MappingProxyType({})
    """Its panes. They are made with it: whatever asks for one may do so
    before it is composed, and when it has gone."""

    reopen: Callable[[], Page] | None = None
    """Makes this page anew as it stands now; `None` for one that need not come back."""

    def __init__(
        self, *, drafts: Mapping[DraftKey, Draft] = MappingProxyType({})
    ) -> None:
        """Make the page.

        Args:
            drafts: what was typed in its dialogs before the screens went away.
        """
        super().__init__()
        self.questions = QuestionGate(
            self,
            Drafts(drafts),
            prepare_dialog=self._prepare_dialog,
            tell=self.show_notice,
        )

    def on_compose(self) -> None:
        """Know the terminal's size before there is anything to lay out."""
        set_breakpoint_classes(self)

    @property
    def left_behind(self) -> str:
        """What still runs after the app has crashed on this page, in words.

        May be empty.
        """
        return ""

    @property
    def is_opening(self) -> bool:
        """Whether a question is about to come on the screen, and keys must wait."""
        return self.questions.is_opening

    def accepts_input(self, typed: TimedInput) -> bool:
        """Whether it takes a key, a paste or a click that has come."""
        return self.questions.accepts_input(typed)

    def mark_shown(self, at: float) -> None:
        """The terminal shows it, since a moment of the monotonic clock."""
        self.questions.mark_shown(at if self.mono is monotonic else self.mono())

    def keep_draft_for_task(self) -> str:
        """Keep the draft of an open dialog; returns the notice to show afterwards."""
        return self.questions.keep_draft_for_task()

    def _prepare_dialog(self, dialog: Dialog[Any]) -> None:
        """Give a dialog the page's clock, and its ways to copy text and status."""
        dialog.mono, dialog.copy_status = self.mono, self.action_status
        dialog.copy_text = self.copy

    def available(self) -> frozenset[str]:
        """The ids of the commands that apply now, beside those that always do."""
        return frozenset()

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows."""
        return commands_for_footer(self.PLACES, self.available())

    def palette_commands(self) -> tuple[Command, ...]:
        """What the palette finds: what applies now, with or without a label."""
        shown = self.available()
        found = [c for c in commands_of_places(*self.PLACES) if not c.bound_by_widget]
        return tuple(c for c in found if c.id in shown or c.id in ALWAYS_AVAILABLE)

    def title_message(self) -> TitleChanged:
        """What the terminal's title is while this page is on top."""
        return TitleChanged("mobius-tui", ring=False)

    @on(events.ScreenResume)
    def _came_to_the_top(self) -> None:
        self.post_message(self.title_message())

    def show_notice(self, words: str, *, is_problem: bool = False) -> None:
        """Show a notice for a moment."""
        self.notify(
            sanitize.line(words),
            severity="error" if is_problem else "information",
            timeout=10 if is_problem else 4,
            markup=False,
        )

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """A worker that failed says so; the screen stays."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            self.show_notice(str(error) or type(error).__name__, is_problem=True)

    def copy(self, text: str | Callable[[], str]) -> None:
        """Copy text to wherever it can be pasted from, and tell where that is.

        Args:
            text: the text, or what reads it, which is called in a thread.
        """
        work = self._copy(text)
        self.run_worker(work, name="copy", exit_on_error=False)

    def action_status(self) -> None:
        """Copy a status update of the run; without a run, show a notice."""
        self.show_notice("No run is open here, so there is no status to copy.")

    def copies_folder(self) -> Path:
        """The private folder in which what is copied is kept too."""
        return state_home()

    async def _copy(self, text: str | Callable[[], str]) -> None:
        """A worker: try one way after the other, and say what came of it."""
        folder = self.copies_folder()
        try:
            make_private_folder(folder)
            text = text if isinstance(text, str) else await asyncio.to_thread(text)
        except (RunError, OSError) as error:
            self.show_notice(str(error), is_problem=True)
            return
        terminal = self.app.copy_to_clipboard
        copy = partial(
            clipboard.copy_to_clipboard_and_file, text, folder=folder, terminal=terminal
        )
        copied = await asyncio.to_thread(copy)
        self.show_notice(copied.words, is_problem=not copied.is_copied)

    def run_foreground_task(self, task: ForegroundTask) -> None:
        """Leave the screens, do something in the plain terminal, and come back."""
        self.app.exit(leave_for_task(task, self.app.screen_stack))

    def action_leave(self) -> None:
        """Go back to the screen beneath, or out."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            self.app.exit(0)

    def action_copy_selection(self) -> None:
        """Copy what the mouse selected; else leave the key to the hint how to leave."""
        selected = self.get_selected_text()
        if not selected:
            raise SkipAction
        self.copy(selected)

    def action_help(self) -> None:
        """Show every key that works here."""
        listed = commands_of_places(*self.PLACES)
        dialog = HelpDialog(listed, introduction=self.HELP, glyphs="run" in self.PLACES)
        self.questions.show(dialog)

    def show_drills(self, runbook: str, title: str) -> None:
        """Show how the drills of a runbook went.

        Args:
            runbook: its id.
            title: what it is called.
        """
        from mobius_tui.tui.dialogs.drills_dialog import DrillsDialog, read_trends

        dialog = DrillsDialog(title, partial(read_trends, runbook), runbook=runbook)
        self.questions.show(dialog)

    def action_choose_theme(self) -> None:
        """List the themes."""
        themes = [
            (name, partial(self.use_theme, name)) for name in settings.THEME_NAMES
        ]
        self.app.push_screen(choice_palette(self, themes, "The name of a theme"))

    def use_theme(self, theme: str) -> None:
        """Take a theme, and keep it for the next time."""
        self.app.theme = theme
        self.run_worker(self._keep_theme(theme), name="theme", exit_on_error=False)

    async def _keep_theme(self, theme: str) -> None:
        """A worker: write it into config.toml, and say what came of it."""
        file = config_file()
        try:
            await asyncio.to_thread(save_theme, file, theme)
        except MobiusError as error:
            words = f"The colours are {theme} for now, and not kept. {error}"
            self.show_notice(words, is_problem=True)
        else:
            self.show_notice(f"The colours are {theme}, kept in {file.name}")

    @on(KeyBar.CommandClicked)
    async def carry_out_clicked(self, event: KeyBar.CommandClicked) -> None:
        """Do what was clicked in the footer."""
        await self.carry_out(event.command)

    async def carry_out(self, command: Command) -> None:
        """Do what a command says, as if its key had been pressed."""
        pane = PANES_BY_PLACE.get(command.place)
        if pane is not None:
            await self.panes[pane].run_action(command.action)
        else:
            await self.run_action(command.action)
