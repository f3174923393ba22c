"""Dialogs that turn a run off the main line: to an aside, or back to be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mobius_tui.run.planning.confirmation import undo_confirmation_word
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.undoing import UndoItem, undo_item_text
from mobius_tui.runbook.model.runbook import Phase
from mobius_tui.runbook.model.step_text import EFFECT_LABELS, check_in_words
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.dialogs.question import ConfirmationInput
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import command_fields, fill_in_values
from mobius_tui.tui.presenters.styled_text import (
    Field,
    Role,
    assemble,
    prose_lines,
    text,
)

PHASE_REASON_CELLS = 60
"""Cells of the line that says what a phase is for: those of the narrowest dialog."""


class PhasesDialog(Dialog[str]):
    """The result is the id of the phase."""

    def __init__(
        self, view: RunView, phases: Iterable[Phase], *, likely: str | None
    ) -> None:
        """Make the dialog.

        Args:
            view: the run.
            phases: those that can be turned to now.
            likely: the phase that the step under the cursor leads to when it fails.
        """
        super().__init__("Turn aside to another phase", tone="warn")
        self._view = view
        self._phases = sorted(phases, key=lambda phase: phase.id != likely)
        self._list = OptionList(
            *(Option(self._label(phase), id=phase.id) for phase in self._phases),
            markup=False,
            compact=True,
        )

    def compose_body(self) -> Iterable[Widget]:
        """The phases, the likely one first."""
        words = (
            "Its steps become pending, and are proposed next. Nothing runs by itself."
        )
        yield text_widget(words, "muted")
        yield self._list

    def _label(self, phase: Phase) -> Content:
        number = self._view.plan.phase_numbers[phase.id]
        steps = f"  {len(phase.steps)} steps"
        head = assemble((f"{number} {phase.title}", "plain"), (steps, "muted"))
        reason = self._view.values.prose(phase.why)
        why = prose_lines(reason, PHASE_REASON_CELLS) if phase.why else ()
        return Content("\n").join([head, *(Content("  ") + line for line in why)])

    def choices(self) -> tuple[Choice[str], ...]:
        """Go or not."""
        return (
            Choice("Go there", CallOnPress(self.submit), "primary"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the list."""
        self._list.highlighted = 0
        self._list.focus()

    @on(OptionList.OptionSelected)
    def submit(self) -> None:
        """Submit the phase."""
        place = self._list.highlighted
        if place is not None:
            self.dismiss(self._phases[place].id)


class UndoDialog(Dialog[str]):
    """The result is the id of the oldest step to undo.

    All newer ones are undone too.
    """

    def __init__(
        self, view: RunView, items: Sequence[UndoItem], *, likely: str | None
    ) -> None:
        """Make the dialog.

        Args:
            view: the run.
            items: what could be undone, the newest first.
            likely: the step under the cursor.
        """
        super().__init__("Undo back to which step?", tone="warn")
        self._items = items
        ids = [item.step.id for item in items]
        self._place = ids.index(likely) if likely in ids else 0
        self._list = OptionList(
            *(
                Option(
                    text(
                        undo_item_text(view.plan, view.state, item),
                        "warn" if item.why_not else "plain",
                    ),
                    id=item.step.id,
                )
                for item in items
            ),
            markup=False,
            compact=True,
        )

    def compose_body(self) -> Iterable[Widget]:
        """The steps, the newest first."""
        words = (
            "The newest is first. Down to the line that you choose, each is undone, "
            "from the top. What would run is shown before anything does."
        )
        yield text_widget(words, "muted")
        yield self._list

    def choices(self) -> tuple[Choice[str], ...]:
        """Go on or not."""
        return (
            Choice("Show it", CallOnPress(self.submit), "primary"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the list."""
        self._list.highlighted = self._place
        self._list.focus()

    @on(OptionList.OptionSelected)
    def submit(self) -> None:
        """Submit the step."""
        place = self._list.highlighted
        if place is None:
            return
        if all(item.undo is None for item in self._items[: place + 1]):
            self.refuse("Nothing down to there can be undone. A line below, or Esc?")
        else:
            self.dismiss(self._items[place].step.id)


class UndoConfirmDialog(Dialog[str]):
    """The result is the word that was typed, or empty if none is required."""

    def __init__(self, view: RunView, items: Sequence[UndoItem]) -> None:
        """Make the dialog.

        Args:
            view: the run.
            items: what is undone, the newest first, and what stays on the way.
        """
        count = sum(item.undo is not None for item in items)
        steps = "this step" if count == 1 else f"these {count} steps"
        opens = "Open the run again, and t" if view.state.ended is not None else "T"
        super().__init__(f"{opens}urn to undoing {steps}?", tone="warn")
        self._view = view
        self._items = items
        stays = count < len(items)
        self.confirmation = ConfirmationInput(
            undo_confirmation_word(view.plan, view.state) if stays else ""
        )

    def compose_body(self) -> Iterable[Widget]:
        """Each step in order, with the command that undoes it, or why it stays."""
        words = "Nothing runs by itself: Enter begins each, in this order."
        yield text_widget(words, "muted")
        for item in self._items:
            yield from self._about(item)

    def _about(self, item: UndoItem) -> Iterable[Widget]:
        view = self._view
        words = undo_item_text(view.plan, view.state, item)
        if item.undo is None:
            yield text_widget(words, "warn")
            return
        effect = effect_of(item.undo)
        role: Role = "bad" if effect == "destroy" else "strong"
        yield text_widget(f"{words}  {EFFECT_LABELS[effect]}", role)
        checks = tuple(
            Field("then", text(fill_in_values(view, item.undo, check_in_words(check))))
            for check in item.undo.checks
        )
        yield fields_widget((*command_fields(view, item.undo), *checks))

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the word: typed with what stays in sight."""
        yield from self.confirmation.compose()

    def choices(self) -> tuple[Choice[str], ...]:
        """Do it or not."""
        return (
            Choice("Go there", CallOnPress(self.confirm), "primary"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the confirmation: its line, or the button where no word is wanted."""
        go = self.buttons[CallOnPress(self.confirm)]
        (self.confirmation.line if self.confirmation.wanted else go).focus()

    @on(Input.Submitted)
    def confirm(self) -> None:
        """Submit, if the word is right."""
        if self.confirmation.is_right:
            self.dismiss(self.confirmation.wanted)
        else:
            self.refuse(self.confirmation.refused())
