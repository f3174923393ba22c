"""All that steps run: scripts, and the files of the runbook that they call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.run.planning.plan import effect_of
from mobius_tui.runbook.model.files_in_scripts import files_of_step
from mobius_tui.runbook.model.runbook import SourceFile, Step
from mobius_tui.runbook.model.step_text import EFFECT_LABELS
from mobius_tui.tui.dialogs.dialog import Dialog, fields_widget, text_widget
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import command_fields, wait_fields
from mobius_tui.tui.presenters.styled_text import FieldKind, Role, script, text

MAX_FILE_LINES = 5000
"""Lines of a file that are shown: more are drawn too slowly."""


class ScriptDialog(Dialog[None]):
    """Shows them, step by step, and then each file once."""

    ASKS = False

    def __init__(self, view: RunView, steps: Sequence[Step]) -> None:
        """Make the dialog.

        Args:
            view: the run.
            steps: which; one, or those of a phase.
        """
        self._view = view
        self._steps = steps
        name = view.plan.name(steps[0].id) if len(steps) == 1 else "each step"
        super().__init__(f"What {name} runs")

    def compose_body(self) -> Iterable[Widget]:
        """What each runs, and the text of the files."""
        view = self._view
        files: dict[SourceFile, None] = {}
        for step in self._steps:
            if len(self._steps) > 1:
                yield Static(step_heading(view, step), markup=False, classes="words")
            command = command_fields(view, step)
            own = (each for each in command if each.kind is not FieldKind.CALLS)
            yield fields_widget((*wait_fields(view, step), *own))
            files.update(dict.fromkeys(files_of_step(step, view.runbook.files)))
        for file in files:
            yield text_widget(file.in_words, "strong")
            shown = script(file.text, MAX_FILE_LINES)
            yield Static(shown, markup=False, classes="words")


def step_heading(view: RunView, step: Step) -> Content:
    """The line of a step among others: its title, and what it does to the world."""
    effect = effect_of(step)
    role: Role = "bad" if effect == "destroy" else "strong"
    mark = f"  {EFFECT_LABELS[effect]}" if effect != "read" else ""
    return text(f"{view.plan.name(step.id)}{mark}", role)
