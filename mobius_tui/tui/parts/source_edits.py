"""The runbook's source beside the run's copy: editing it, and showing what differs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen
from textual.worker import Worker

from mobius_tui import sanitize
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.storage.source_diff import (
    GONE,
    SourceStamp,
    edited_source,
    source_edits,
    source_stamp,
)
from mobius_tui.runbook.toml.positions import HeaderKind
from mobius_tui.tui.backend.full_screens import ForegroundTask
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.dialogs.source_dialogs import ChangesDialog, file_to_edit
from mobius_tui.tui.external.editor import edit_runbook
from mobius_tui.tui.parts.question_gate import QuestionGate
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.screen_state import LeftOutRow, PhaseRow, RowKey, StepRow

SOURCE_CHECK_INTERVAL = 2.0
"""Seconds between two polls whether the runbook's source was edited."""


class SourceEdits:
    """The source of one run; the run goes on by its copy, whatever is edited."""

    def __init__(
        self,
        screen: Screen[Any],
        feed: RunFeed,
        questions: QuestionGate,
        *,
        tell: Notifier,
        show: Callable[[bool], None],
        run_foreground_task: Callable[[ForegroundTask], None],
        was_edited: bool = False,
        is_known: bool = False,
    ) -> None:
        """Know nothing of the source yet.

        Args:
            screen: has the workers and timers.
            feed: the run.
            questions: opens the dialogs.
            tell: says why something cannot be shown.
            show: shows whether the source was edited, for as long as that is so.
            run_foreground_task: leaves the screens, to do something in the plain
                terminal.
            was_edited: whether the person comes back from the editor, and is to be
                shown what differs.
            is_known: whether they know already that the source is another by now.
        """
        self._screen = screen
        self._feed = feed
        self._questions = questions
        self._tell = tell
        self._show_edited = show
        self._run_foreground_task = run_foreground_task
        self._was_edited = was_edited
        self._stamp: SourceStamp | None = None
        self._seen_gone: SourceStamp | None = None
        """The stamp that last had a file which is not there."""
        self._check_worker: Worker[None] | None = None
        self.edits_told = is_known
        """Whether the person knows that the source was edited since the run began."""
        self.is_editing = False
        """Whether the screens go away for the source to be edited."""

    # Editing

    def begin_edit(self, key: RowKey) -> None:
        """Leave the screens for the editor, at a step or phase.

        Args:
            key: of the row of the step or the phase.
        """
        self._questions.begin(self._edit(key))

    async def _edit(self, key: RowKey) -> None:
        began = self._feed.state.began
        if began is None or not began.path:
            self._tell("It is not on record where the runbook's file was.")
            return
        source = await file_to_edit(edited_source(began), self._questions.ask)
        if source is None:
            return
        part, name = _header(key)
        self.is_editing = True
        run = partial(edit_runbook, source, os.environ, part=part, name=name)
        self._run_foreground_task(ForegroundTask(run=run))

    # Showing what differs

    def begin_show(self) -> None:
        """Show what was edited since the run began, or that nothing was."""
        self._questions.begin(self._show(asked=True))

    def show_after_edit(self) -> bool:
        """Show what differs if the person comes from the editor; returns whether so."""
        was_edited, self._was_edited = self._was_edited, False
        if was_edited:
            self._questions.begin(self._show(asked=False))
        return was_edited

    async def _show(self, *, asked: bool) -> None:
        """A worker: compare the source with the run's copy."""
        began = self._feed.state.began
        if began is None:
            return
        lines = await asyncio.to_thread(source_edits, self._feed.directory, began)
        self._note_edited(bool(lines))
        if lines:
            await self._questions.ask(ChangesDialog(lines))
        elif asked:
            self._tell("Nothing was edited since this run began.")

    # Telling of it by itself

    def follow(self) -> None:
        """Tell by itself, and once, when the source is edited while the run goes on."""
        self._show_edited(self.edits_told)
        self._screen.set_interval(SOURCE_CHECK_INTERVAL, self._begin_check)

    def _begin_check(self) -> None:
        state = self._feed.state
        if self._check_worker is not None and self._check_worker.is_running:
            return
        if state.began is not None and state.ended is None and not self.is_editing:
            look, run = partial(self.check_source, state.began), self._screen.run_worker
            self._check_worker = run(look, group="edits", exit_on_error=False)

    async def check_source(self, began: RunBegan) -> None:
        """A worker: compare the files where one of them is another by now.

        Args:
            began: says which file the source is.
        """
        directory = self._feed.directory
        seen = await asyncio.to_thread(source_stamp, directory, began)
        if seen is None or seen == self._stamp:
            return
        is_gone = GONE in seen
        if is_gone and (self._stamp is None or seen != self._seen_gone):
            # It was never here, or it is being written anew, and soon back.
            self._seen_gone = seen
            return
        differs = bool(await asyncio.to_thread(source_edits, directory, began))
        self._stamp = seen
        if differs and not self.edits_told:
            name, key = edited_source(began).name, first_key_name("changes")
            what = "is gone" if is_gone else "was edited"
            words = f"{name} {what} since this run began, which goes on by its copy"
            told = sanitize.line(f"{words}. {key} shows what differs.")
            self._screen.notify(told, severity="warning", timeout=10, markup=False)
        self._note_edited(differs)

    def _note_edited(self, edited: bool) -> None:
        self.edits_told = edited
        self._show_edited(edited)


def _header(key: RowKey) -> tuple[HeaderKind, str]:
    """The TOML header where a row's part of the source begins: its kind and its id."""
    match key:
        case PhaseRow(phase_id) | LeftOutRow(phase_id):
            return "phase", phase_id
        case StepRow(step_id):
            return "phase.step", step_id
