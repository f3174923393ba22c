"""Turning aside: the phases off the main line, and which one to go to."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mobius_tui.run.planning.plan import Plan
from mobius_tui.runbook.model.runbook import Phase
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    text_widget,
)
from mobius_tui.tui.presenters.fields import prose_lines
from mobius_tui.tui.presenters.styled_text import assemble

PHASE_REASON_CELLS = 60
"""Cells of the line that says what a phase is for: those of the narrowest dialog."""


class PhasesDialog(Dialog[str]):
    """The result is the id of the phase."""

    def __init__(
        self, plan: Plan, phases: Iterable[Phase], *, likely: str | None
    ) -> None:
        """Make the dialog.

        Args:
            plan: the runbook's.
            phases: those that can be turned to now.
            likely: the phase that the step under the cursor leads to when it fails.
        """
        super().__init__("Turn aside to another phase", tone="warn")
        self._plan = plan
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
        number = self._plan.phase_numbers[phase.id]
        steps = f"  {len(phase.steps)} steps"
        head = assemble((f"{number} {phase.title}", "plain"), (steps, "muted"))
        why = prose_lines(Prose(phase.why), PHASE_REASON_CELLS) if phase.why else ()
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
