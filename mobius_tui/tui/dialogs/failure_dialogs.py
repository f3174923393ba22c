"""Dialogs where a step failed, or nobody knows what became of one of its hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from msgspec import Struct
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.run.events.fleet_events import Settlement
from mobius_tui.run.intents.fleet_intents import SettleHost
from mobius_tui.run.state.fleet_state import SETTLEMENTS_BY_STATUS
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import Choose, Run, script_without_lint_comments
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.commands.registry import bind, command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.communication import escalation_fields
from mobius_tui.tui.presenters.fleet.host_marks import HOST_MARKS, StepHosts
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.presenters.styled_text import Field, FieldKind, assemble, text
from mobius_tui.tui.screen_state import DraftKey, Purpose, StepRow

FAILURE_COMMANDS = (
    (RunCommand.LOOK_FIRST, "Check"),
    (RunCommand.RETRY, "Retry"),
    (RunCommand.TICK, "Again"),
    (RunCommand.SKIP, "Skip"),
    (RunCommand.OVERRIDE, "Override"),
    (RunCommand.ENTER_PHASE, "Turn aside"),
    (RunCommand.CONTACTS, "Contacts"),
)
"""The commands on a failed step, with the labels of their buttons; their keys work."""


class FailureDialog(Dialog[FlowId]):
    """The result is the flow of the command that the person chose."""

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
        self._decision = deciding_step(view, step)
        self._again = (
            f"Decide {view.plan.numbers[self._decision.id]} again"
            if self._decision is not None
            else ""
        )

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
        if self._again:
            ways.append(Choice(self._again, FlowId.CHOOSE))
        return (*ways, Choice("Look", CANCEL))

    def on_mount(self) -> None:
        """Focus the button that closes the dialog: Enter changes nothing."""
        self.buttons[CANCEL].focus()

    def action_way(self, command_id: str) -> None:
        """Choose a way by its key."""
        if command_id in self._offered:
            self.dismiss(command_by_id(command_id).flow)


def deciding_step(view: RunView, step: Step) -> Step | None:
    """The decision that a failed step follows from, where it may be another one now."""
    wanted = guard_variables(step.when)
    for other in view.runbook.steps():
        own = other.action
        if (
            isinstance(own, Choose)
            and own.var in wanted
            and view.statuses[other.id].status is Status.PASSED
        ):
            return other
    return None


def _known_fields(view: RunView, step: Step) -> tuple[Field, ...]:
    """The state of the step; a longer script is in the pane beneath."""
    hidden = {FieldKind.KEYS, FieldKind.WHY, FieldKind.ROLE, FieldKind.CALLS}
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


_LABELS: Mapping[Settlement, str] = {
    "ran": "It ran",
    "did not run": "It did not",
    "skip": "Leave it out",
    "fail": "It has failed",
}
_SETTLEMENT_MEANINGS: Mapping[Settlement, str] = {
    "ran": "it counts as done, and is never begun again",
    "did not run": "it counts as failed, and may be begun again",
    "skip": "it is left out, named at the end, and the others go on",
    "fail": "it counts as failed, and may be begun again",
}


class HostSettlement(Struct, frozen=True, kw_only=True):
    """What a person says that a host counts for, and the reason."""

    settled: Settlement
    reason: str


class SettleDialog(Dialog[HostSettlement]):
    """The result is what the host counts for, and the reason."""

    def __init__(self, name: str, step_hosts: StepHosts, action: SettleHost) -> None:
        """Make the dialog.

        Args:
            name: the step's number and title.
            step_hosts: its hosts.
            action: names the host and its attempt.
        """
        key = DraftKey(
            purpose=Purpose.SETTLE_HOST,
            step=action.step,
            attempt=action.attempt,
            host=action.host,
        )
        super().__init__(f"What became of {action.host}?", tone="bad", draft_key=key)
        self._step_name = name
        self._own = step_hosts.host_states[action.host]
        self._more = len(step_hosts.to_settle) - 1
        self._ways = SETTLEMENTS_BY_STATUS[self._own.status]
        self._line = Input(
            placeholder="How do you know? It stays on record.",
            id="reason",
            compact=True,
        )

    def compose_body(self) -> Iterable[Widget]:
        """What is known of it, and what each answer means."""
        own, mark = self._own, HOST_MARKS[self._own.status]
        why = f"  {own.reason}" if own.reason else ""
        fields = [
            Field("step", text(self._step_name)),
            Field("now", assemble(mark.glyph_and_word, (why, "plain"))),
        ]
        if self._more:
            it = "1 other is" if self._more == 1 else f"{self._more} others are"
            fields.append(Field("", text(f"{it} asked about after it", "muted")))
        for way in self._ways:
            means = assemble(
                (f"{_LABELS[way]}: ", "strong"), (_SETTLEMENT_MEANINGS[way], "plain")
            )
            fields.append(Field("", means))
        yield fields_widget(tuple(fields))
        advice = "Look on the host itself before you answer."
        if own.host_key is not None:
            advice = (
                "Whether it is the same machine its console says, and ssh does not."
            )
        yield text_widget(advice, "warn")

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the reason."""
        yield self._line

    def choices(self) -> tuple[Choice[HostSettlement], ...]:
        """A button for each way to settle the host, and one to leave it open."""
        said = (
            Choice[HostSettlement](_LABELS[way], CallOnPress(partial(self._say, way)))
            for way in self._ways
        )
        return (*said, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Focus the line for the reason: Enter alone settles nothing."""
        self._line.focus()

    def _say(self, settled: Settlement) -> None:
        reason = self._line.value.strip()
        if reason:
            self.dismiss(HostSettlement(settled=settled, reason=reason))
        else:
            self.refuse("A reason is wanted; it stays on record.")
