"""What people add to a past run's record: annotations, and action items."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from mobius_tui.errors import MobiusError
from mobius_tui.review import run_action_items, run_annotations
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.review.run_report import ActionItemId, Annotation
from mobius_tui.run.host.host_setup import current_operator
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.dialogs.review_dialogs import (
    ActionItemDialog,
    ActionItemsDialog,
    AnnotateDialog,
    AnnotationsDialog,
)
from mobius_tui.tui.parts.question_gate import (
    DRAFT_KEPT_TEXT,
    DialogSequence,
    QuestionGate,
)


class ReviewAdditions:
    """Asks for annotations and action items, and saves them with the run."""

    def __init__(
        self,
        reviewed_run: ReviewedRun,
        questions: QuestionGate,
        *,
        tell: Notifier,
        added: Callable[[], None],
    ) -> None:
        """Add nothing yet.

        Args:
            reviewed_run: the run.
            questions: opens the dialogs.
            tell: says what came of it.
            added: is called when there may be more on record than was known.
        """
        self._reviewed_run = reviewed_run
        self._questions = questions
        self._tell = tell
        self._added = added

    async def annotate(self, targets: tuple[tuple[str, AnnotationTarget], ...]) -> bool:
        """A worker: ask for an annotation, and save it; returns whether it was saved.

        Args:
            targets: what it can be on, in words, the likeliest first.
        """
        ask = DialogSequence(self._questions)
        said = await ask(AnnotateDialog(targets))
        if said is None:
            return False
        keep = partial(
            run_annotations.annotate,
            self._reviewed_run.directory,
            said.text,
            said.target,
            by=current_operator(),
            now=time.time(),
        )
        if not await self._try_save(keep, ask):
            return False
        self._tell("Kept beside the journal.")
        self._added()
        return True

    async def choose(self, is_here: Callable[[int], bool]) -> tuple[int, float] | None:
        """A worker: list the annotations of the run, in the order of their times.

        They are read anew, as somebody else may have added some.

        Args:
            is_here: whether the cursor is on the annotation of a number.

        Returns:
            The number of the one that is chosen, from 0 in the order of the record,
            and the moment that it is about, in seconds since 1970.
        """
        said = await asyncio.to_thread(
            run_annotations.read_annotations, self._reviewed_run.directory
        )
        self._added()
        order = sorted(range(len(said)), key=lambda number: self._when(said[number]))
        here = next((n for n, each in enumerate(order) if is_here(each)), 0)
        dialog = AnnotationsDialog(
            tuple(said[number] for number in order),
            self._reviewed_run.plan,
            at=here,
            is_open=self._reviewed_run.is_open,
        )
        chosen = await self._questions.ask(dialog)
        if chosen is None:
            return None
        number = order[chosen]
        return number, self._when(said[number])

    def _when(self, said: Annotation) -> float:
        """The moment that an annotation is about, in seconds since 1970.

        Of a step it is its beginning, and of the whole run its end.
        """
        if said.since is not None:
            return said.since
        own = self._reviewed_run.newest_state.steps.get(said.step)
        attempts = own.attempts if own is not None else ()
        began = next((each.started for each in attempts), None)
        return self._reviewed_run.run_history.until if began is None else began

    async def change_items(self) -> None:
        """A worker: list what is left to do, and change one after the other."""
        rewound = self._reviewed_run
        directory = rewound.directory
        at: ActionItemId | None = None
        while True:
            path, runbook = rewound.began.path, rewound.runbook
            find = partial(run_action_items.action_item_list, directory, runbook, path)
            found = await asyncio.to_thread(find)
            today = time.strftime("%Y-%m-%d")
            listed = ActionItemsDialog(found, at=at, today=today)
            chosen = await self._questions.ask(listed)
            if chosen is None:
                return
            at = chosen.id
            ask = DialogSequence(self._questions)
            changed = await ask(ActionItemDialog(chosen))
            if changed is None:
                continue
            at = changed.id
            keep = partial(
                run_action_items.store_action_item,
                directory,
                changed,
                by=current_operator(),
                now=time.time(),
            )
            await self._try_save(keep, ask)

    async def _try_save(
        self, keep: Callable[[], object], typed: DialogSequence
    ) -> bool:
        """Save in a thread; on an error show it, keep the draft, and return False.

        Args:
            keep: does it, in a thread.
            typed: the dialogs that it was typed in; their drafts are kept on an error.
        """
        try:
            await asyncio.to_thread(keep)
        except MobiusError as error:
            kept = (
                f" {DRAFT_KEPT_TEXT}"
                if self._questions.drafts.keep(typed.typed)
                else ""
            )
            self._tell(f"{error}{kept}", is_problem=True)
            return False
        return True
