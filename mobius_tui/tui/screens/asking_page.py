"""A run's page that asks one thing at a time, and leads to the runbook's source."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from textual import events, on
from textual.worker import Worker

from mobius_tui.run.viewer import Viewer
from mobius_tui.runbook.step_place import Part
from mobius_tui.tui.errand import Errand
from mobius_tui.tui.guard import DEAF, Typed
from mobius_tui.tui.screens.run_page import RunPage
from mobius_tui.tui.screens.stand import Stand
from mobius_tui.tui.view import PHASE
from mobius_tui.tui.widgets.checklist import Checklist


class AskingPage(RunPage):
    """Asks, and shows what was edited; sends nothing."""

    def __init__(
        self,
        viewer: Viewer,
        *,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
        stand: Stand | None = None,
    ) -> None:
        """Make the page of a run; see `RunPage`."""
        super().__init__(viewer, repaints=repaints, wall=wall, stand=stand)
        self._asking: Worker[None] | None = None
        self._was_edited = stand is not None and stand.edited
        self._refused_at = float("-inf")

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

    def hears(self, typed: Typed) -> bool:
        """Whether it takes a key, a paste or a click that has come.

        What was typed right behind a command that was refused was meant for the dialog
        that did not open: an Enter would begin a step.
        """
        is_deaf = typed.came - self._refused_at < DEAF
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
        from mobius_tui.run.edited import source_of
        from mobius_tui.tui.editing import edit
        from mobius_tui.tui.screens.source import file_to_edit

        began = self._sight.state.began
        if began is None or not began.path:
            self.tell("It is not on record where the runbook's file was.")
            return
        source = await file_to_edit(self, source_of(began))
        if source is None:
            return
        part: Part = "phase" if key.startswith(PHASE) else "phase.step"
        name = key.removeprefix(PHASE)
        self.is_editing = True
        run = partial(edit, source, os.environ, part=part, name=name)
        self.go_out(Errand(run=run))

    def action_changes(self) -> None:
        """Show what was edited since the run began."""
        self.begin_asking(self._tell_edits(asked=True))

    async def _tell_edits(self, *, asked: bool) -> None:
        """A worker: compare the source with the run's copy, and show what differs."""
        from mobius_tui.run.edited import edits
        from mobius_tui.tui.screens.changes import ChangesDialog

        began = self._sight.state.began
        if began is None:
            return
        lines = await asyncio.to_thread(edits, self._viewer.directory, began)
        if lines:
            await self.ask(ChangesDialog(lines))
        elif asked:
            self.tell("Nothing was edited since this run began.")

    def tells_edits(self) -> bool:
        """Show what differs to whoever has just edited it; whether that is so."""
        was_edited, self._was_edited = self._was_edited, False
        if was_edited:
            self.begin_asking(self._tell_edits(asked=False))
        return was_edited
