"""A run's page that asks one thing at a time, and leads to the runbook's source."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.worker import Worker

from mobius_tui import sanitize
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.runbook.toml.positions import HeaderKind
from mobius_tui.tui.backend.base_page import ForegroundTask
from mobius_tui.tui.backend.key_queue import INPUT_GUARD, TimedInput
from mobius_tui.tui.commands.registry import key_of
from mobius_tui.tui.presenters.run_view import PHASE
from mobius_tui.tui.screen_state import ScreenState
from mobius_tui.tui.screens.run_page import RunPage
from mobius_tui.tui.widgets.checklist import Checklist

if TYPE_CHECKING:
    from mobius_tui.run.storage.source_diff import SourceStamp

EDITS = 2.0
"""Seconds between two looks whether the runbook's source was edited."""


class AskingPage(RunPage):
    """Asks, and shows what was edited; sends nothing."""

    def __init__(
        self,
        viewer: Viewer,
        *,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
        stand: ScreenState | None = None,
    ) -> None:
        """Make the page of a run; see `RunPage`."""
        super().__init__(viewer, repaints=repaints, wall=wall, stand=stand)
        self._asking: Worker[None] | None = None
        self._was_edited = stand is not None and stand.edited
        self._edits_told = stand is not None and stand.edits_told
        self._stamp: SourceStamp | None = None
        self._looking: Worker[None] | None = None
        self._refused_at = float("-inf")

    @property
    def stand(self) -> ScreenState:
        """Where the person is, and what they know."""
        return replace(super().stand, edits_told=self._edits_told)

    @property
    def is_asking(self) -> bool:
        """Whether a dialog is open, or about to be."""
        asking = self._asking is not None and self._asking.is_running
        return asking or not self.is_current

    @property
    def is_opening(self) -> bool:
        """Whether a question is about to come on the screen, and keys must wait."""
        return self.is_current and self.is_asking

    def begin_asking(self, work: Coroutine[Any, Any, None]) -> None:
        """One question at a time: what is pressed before it is seen is not meant."""
        if self.is_asking:
            work.close()
        else:
            self._asking = self.run_worker(work, name="ask", exit_on_error=False)

    def hears(self, typed: TimedInput) -> bool:
        """Whether it takes a key, a paste or a click that has come.

        What was typed right behind a command that was refused was meant for the dialog
        that did not open: an Enter would begin a step.
        """
        is_deaf = typed.came - self._refused_at < INPUT_GUARD
        return not (is_deaf and isinstance(typed.event, events.Key | events.Paste))

    def refuse(self, words: str, *, is_problem: bool = False) -> None:
        """Say why a command does nothing."""
        self._refused_at = self.mono()
        self.tell(words, is_problem=is_problem)

    @on(Checklist.EditWanted)
    def _edit_wanted(self, event: Checklist.EditWanted) -> None:
        event.stop()
        self.begin_asking(self._edit(event.key))

    async def _edit(self, key: str) -> None:
        """A worker: leave the screens for the editor, at a step or phase."""
        from mobius_tui.run.storage.source_diff import edited_source
        from mobius_tui.tui.dialogs.source_dialogs import file_to_edit
        from mobius_tui.tui.external.editor import edit

        began = self._sight.state.began
        if began is None or not began.path:
            self.tell("It is not on record where the runbook's file was.")
            return
        source = await file_to_edit(self, edited_source(began))
        if source is None:
            return
        part: HeaderKind = "phase" if key.startswith(PHASE) else "phase.step"
        name = key.removeprefix(PHASE)
        self.is_editing = True
        run = partial(edit, source, os.environ, part=part, name=name)
        self.go_out(ForegroundTask(run=run))

    def action_changes(self) -> None:
        """Show what was edited since the run began."""
        self.begin_asking(self._tell_edits(asked=True))

    async def _tell_edits(self, *, asked: bool) -> None:
        """A worker: compare the source with the run's copy, and show what differs."""
        from mobius_tui.run.storage.source_diff import source_edits
        from mobius_tui.tui.dialogs.source_dialogs import ChangesDialog

        began = self._sight.state.began
        if began is None:
            return
        lines = await asyncio.to_thread(source_edits, self._viewer.directory, began)
        self._edits_told = bool(lines)
        if lines:
            await self.ask(ChangesDialog(lines))
        elif asked:
            self.tell("Nothing was edited since this run began.")

    def follow_edits(self) -> None:
        """Tell by itself, and once, when the source is edited while the run goes on."""
        self.set_interval(EDITS, self._begin_to_look_for_edits)

    def _begin_to_look_for_edits(self) -> None:
        state = self._sight.state
        if self._looking is not None and self._looking.is_running:
            return
        if state.began is not None and state.ended is None and not self.is_editing:
            look = partial(self._look_for_edits, state.began)
            self._looking = self.run_worker(look, group="edits", exit_on_error=False)

    async def _look_for_edits(self, began: RunBegan) -> None:
        """A worker: compare the files where one of them is another by now."""
        from mobius_tui.run.storage.source_diff import (
            edited_source,
            source_edits,
            source_stamp,
        )

        directory = self._viewer.directory
        seen = await asyncio.to_thread(source_stamp, directory, began)
        if seen is None or seen == self._stamp:
            return
        differs = bool(await asyncio.to_thread(source_edits, directory, began))
        self._stamp = seen
        if differs and not self._edits_told:
            name, key = edited_source(began).name, key_of("changes")
            words = f"{name} was edited since this run began, which goes on by its copy"
            told = sanitize.line(f"{words}. {key} shows what differs.")
            self.notify(told, severity="warning", timeout=10, markup=False)
        self._edits_told = differs

    def tells_edits(self) -> bool:
        """Show what differs to whoever has just edited it; whether that is so."""
        was_edited, self._was_edited = self._was_edited, False
        if was_edited:
            self.begin_asking(self._tell_edits(asked=False))
        return was_edited
