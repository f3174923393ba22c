"""A step went wrong: what is known, and the ways on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from mobius_tui.runbook.model.actions import Run, script_without_lint_comments
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.commands.registry import bind, command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.communication import escalation_fields
from mobius_tui.tui.presenters.fields import Field, FieldKind
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.row_key import StepRow

FAILURE_COMMANDS = (
    (RunCommand.LOOK_FIRST, "Check"),
    (RunCommand.RETRY, "Retry"),
    (RunCommand.SKIP, "Skip"),
    (RunCommand.OVERRIDE, "Override"),
    (RunCommand.ENTER_PHASE, "Turn aside"),
    (RunCommand.CONTACTS, "Contacts"),
)
"""The commands on a failed step, with the labels of their buttons; their keys work."""


class FailureDialog(Dialog[FlowId]):
    """The result is what the command starts that the person chose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(each, f"way('{each}')") for each, _ in FAILURE_COMMANDS
    ]

    def __init__(self, view: RunView, step: Step) -> None:
        status = view.statuses[step.id].status
        super().__init__(f"{view.plan.name(step.id)}: {status}", tone="bad")
        self._fields = _known_fields(view, step)
        self._offered = available_commands(view, StepRow(step.id))
        looks = RunCommand.LOOK_FIRST in self._offered
        self._first = RunCommand.LOOK_FIRST if looks else RunCommand.RETRY
        self._gate = step.gate

    def compose_body(self) -> Iterable[Widget]:
        """What is known."""
        yield fields_widget(self._fields)
        if self._gate:
            words = "A gate: nothing after it starts until it passes or is overridden."
            yield text_widget(words, "warn")

    def choices(self) -> tuple[Choice[FlowId], ...]:
        """The commands that are available for the failed step, as buttons."""
        ways = [
            Choice(
                f"{command_by_id(each).key_name} {words}".strip(),
                command_by_id(each).flow,
                "primary" if each is self._first else "default",
            )
            for each, words in FAILURE_COMMANDS
            if each in self._offered
        ]
        return (*ways, Choice("Look", CANCEL))

    def on_mount(self) -> None:
        """Focus the button that only makes the checks: Enter changes nothing."""
        self.buttons[CANCEL].focus()

    def action_way(self, command_id: str) -> None:
        """Choose a way by its key."""
        if command_id in self._offered:
            self.dismiss(command_by_id(command_id).flow)


def _known_fields(view: RunView, step: Step) -> tuple[Field, ...]:
    """The state of the step; a longer script is in the pane beneath."""
    hidden = {FieldKind.KEYS, FieldKind.WHY, FieldKind.ROLE}
    script = (
        script_without_lint_comments(step.action.script)
        if isinstance(step.action, Run)
        else ""
    )
    if "\n" in script.strip():
        hidden.add(FieldKind.SCRIPT)
    fields = detail_fields(view, StepRow(step.id), compact=False)
    known = tuple(field for field in fields if field.kind not in hidden)
    return (*known, *escalation_fields(view.runbook.contacts, step))
