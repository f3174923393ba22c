"""What is said of a run that is looked back on: annotations and action items."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial

from textual.reactive import reactive

from mobius_tui.errors import MobiusError
from mobius_tui.review import run_action_items, run_annotations
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.review.run_report import Annotation
from mobius_tui.run.host.takeover import operator
from mobius_tui.tui.dialogs.review_dialogs import (
    ActionItemDialog,
    ActionItemsDialog,
    AnnotateDialog,
    AnnotationsDialog,
)
from mobius_tui.tui.screens.asking_page import AskingPage


class SayingPage(AskingPage):
    """A page on which things are added to a run's record, beside its journal."""

    rewound: ReviewedRun
    mark: reactive[float | None] = reactive[float | None](None, repaint=False)
    """One end of a range, in seconds since 1970; the cursor is the other."""

    def record_changed(self) -> None:
        """Something was added to the record."""

    def is_at(self, number: int) -> bool:
        """Whether the cursor is on the annotation of that number."""
        del number
        return False

    def go_to_said(self, number: int, at: float) -> None:
        """Go to an annotation.

        Args:
            number: its place in the record, from 0.
            at: the moment that it is about, in seconds since 1970.
        """

    def action_mark(self) -> None:
        """Mark one end of a range, or no longer."""
        self.mark = self.rewound.moment if self.mark is None else None
        words = "marked: go to its other end, and annotate it" if self.mark else "gone"
        self.tell(f"The range's end is {words}.")

    def action_annotate(self) -> None:
        """Say something of a moment, a step or a range."""
        if self.rewound.is_open:
            self.tell(
                "The run goes on: a note belongs into its journal, from its screen."
            )
        else:
            self.begin_asking(self._annotate())

    def action_annotations(self) -> None:
        """List what was said of the run, and go to what is chosen of it."""
        self.begin_asking(self._list_annotations())

    async def _list_annotations(self) -> None:
        """A worker: they are read anew, as somebody else may have added some."""
        said = await asyncio.to_thread(
            run_annotations.read_annotations, self.rewound.directory
        )
        self.record_changed()
        order = sorted(range(len(said)), key=lambda number: self._when(said[number]))
        here = next((n for n, each in enumerate(order) if self.is_at(each)), 0)
        dialog = AnnotationsDialog(
            tuple(said[number] for number in order),
            self.rewound.plan,
            at=here,
            is_open=self.rewound.is_open,
        )
        chosen = await self.ask(dialog)
        if chosen is not None:
            number = order[chosen]
            self.go_to_said(number, self._when(said[number]))

    def _when(self, said: Annotation) -> float:
        """The moment that an annotation is about, in seconds since 1970.

        Of a step it is its beginning, and of the whole run its end.
        """
        if said.since is not None:
            return said.since
        own = self.rewound.newest.steps.get(said.step)
        attempts = own.attempts if own is not None else ()
        began = next((each.started for each in attempts), None)
        return self.rewound.rewind.until if began is None else began

    def _places(self) -> Iterator[tuple[str, AnnotationTarget]]:
        """What an annotation can be on, the likeliest first."""
        at = self.rewound.moment
        clock = partial(time.strftime, "%H:%M:%S")
        if self.mark is not None and self.mark != at:
            since, until = sorted((self.mark, at))
            words = f"{clock(time.localtime(since))} to {clock(time.localtime(until))}"
            yield words, AnnotationTarget(since=since, until=until)
        yield clock(time.localtime(at)), AnnotationTarget(since=at)
        step = self.view.step(self.key) if self.view is not None else None
        if step is not None and self.view is not None:
            yield (
                f"step {self.view.plan.numbers[step.id]}",
                AnnotationTarget(step=step.id),
            )
        yield "the run", AnnotationTarget()

    async def _annotate(self) -> None:
        """A worker: ask what, and keep it."""
        said = await self.ask(AnnotateDialog(tuple(self._places())))
        if said is None:
            return
        keep = partial(
            run_annotations.annotate,
            self.rewound.directory,
            said.text,
            said.place,
            by=operator(),
            now=time.time(),
        )
        try:
            await asyncio.to_thread(keep)
        except MobiusError as error:
            self.tell(str(error), is_problem=True)
            return
        self.mark = None
        self.tell("Kept beside the journal.")
        self.record_changed()

    def action_items(self) -> None:
        """Show what is left to do after the run."""
        if self.rewound.is_open:
            self.tell("The run has not ended: what is left to do is not known yet.")
        else:
            self.begin_asking(self._change_items())

    async def _change_items(self) -> None:
        """A worker: list them, and change one after the other."""
        directory, at = self.rewound.directory, ""
        while True:
            path, runbook = self.rewound.began.path, self.rewound.runbook
            find = partial(run_action_items.action_item_list, directory, runbook, path)
            found = await asyncio.to_thread(find)
            today = time.strftime("%Y-%m-%d")
            chosen = await self.ask(ActionItemsDialog(found, at=at, today=today))
            if chosen is None:
                return
            at = chosen
            listed = (each for each in found.items if each.id == chosen)
            item = next(listed, None) or found.new()
            changed = await self.ask(ActionItemDialog(item))
            if changed is None:
                continue
            at = changed.id
            keep = partial(
                run_action_items.keep_action_item,
                directory,
                changed,
                by=operator(),
                now=time.time(),
            )
            try:
                await asyncio.to_thread(keep)
            except MobiusError as error:
                self.tell(str(error), is_problem=True)
