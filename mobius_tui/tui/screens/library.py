"""Home: the runbooks that come with the program, the open runs, and the past ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mobius_tui.errors import MobiusError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.summary import Summary
from mobius_tui.tui.command import Place
from mobius_tui.tui.commands import bindings
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.theme import Role, assemble, text
from mobius_tui.tui.widgets.key_bar import KeyBar

OUTCOMES: dict[str, Role] = {"completed": "good", "failed": "bad", "damaged": "bad"}


class LibraryScreen(Page):
    """A list to choose from; says what was chosen."""

    CSS_PATH = "../styles/pages.tcss"
    PLACES: ClassVar[tuple[Place, ...]] = ("library", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("library")]

    def __init__(
        self,
        runbooks: Callable[[], Iterable[tuple[Path, str]]],
        runs: Callable[[], Iterable[tuple[RunDirectory, Summary]]],
        *,
        brief: Callable[[Path], None],
        attach: Callable[[RunDirectory], None],
    ) -> None:
        """Make the screen.

        Args:
            runbooks: gives each bundled runbook's file and title.
            runs: gives each run, newest first.
            brief: opens the briefing of a runbook.
            attach: opens a run.
        """
        super().__init__()
        self._runbooks = runbooks
        self._runs = runs
        self._open_briefing = brief
        self._open_run = attach
        self._actions: dict[str, Callable[[], None]] = {}

    def compose(self) -> ComposeResult:
        """The list."""
        yield Static(text("mobius-tui", "strong"), classes="bar", markup=False)
        yield OptionList(id="library", markup=False)
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """Look again whenever it comes to the top."""
        self.query_one(KeyBar).offered = self.footer_commands()
        options = self.query_one(OptionList)
        options.border_title = "Library"
        options.clear_options()
        self._actions = {}
        runs = tuple(self._runs())
        open_ones = [each for each in runs if each[1].outcome == "open"]
        past = [each for each in runs if each[1].outcome != "open"]
        self._add_runs(options, "Open runs", open_ones)
        self._head(options, "Runbooks")
        for path, title in self._runbooks():
            line = assemble((title, "plain"), (f"  {path.stem}", "muted"))
            self._add(options, line, partial(self._open_briefing, path))
        self._add_runs(options, "Past runs", past)
        options.action_first()
        options.focus()

    def _head(self, options: OptionList, words: str) -> None:
        options.add_option(Option(text(words, "strong"), disabled=True))

    def _add(self, options: OptionList, line: Content, act: Callable[[], None]) -> None:
        option_id = f"option-{len(self._actions)}"
        self._actions[option_id] = act
        options.add_option(Option(Content("  ") + line, id=option_id))

    def _add_runs(
        self,
        options: OptionList,
        words: str,
        runs: list[tuple[RunDirectory, Summary]],
    ) -> None:
        if not runs:
            return
        self._head(options, words)
        for directory, summary in runs:
            self._add(options, _line(summary), partial(self._open_run, directory))

    def action_open(self) -> None:
        """Open what is under the cursor."""
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        act = self._actions.get(event.option.id or "")
        if act is None:
            return
        try:
            act()
        except MobiusError as error:
            self.tell(str(error), is_problem=True)


def _line(summary: Summary) -> Content:
    """When, what, where, and how it stands."""
    if summary.began is None:
        return assemble((summary.id, "muted"), (f"  {summary.outcome}", "bad"))
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.began))
    if summary.outcome == "open":
        held = summary.host is not None
        state: tuple[str, Role] = (
            ("▶ still running: attach", "accent")
            if held
            else ("? open, no host", "warn")
        )
    else:
        state = (summary.outcome, OUTCOMES.get(summary.outcome, "warn"))
    return assemble(
        (f"{when}  ", "muted"),
        (f"{summary.title} ", "plain"),
        (f"{summary.environment}  ", "muted"),
        (f"{summary.mode}  ", "muted"),
        state,
    )
