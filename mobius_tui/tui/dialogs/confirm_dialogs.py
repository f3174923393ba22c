"""A step before it begins: confirmed by who begins it, or approved by another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.run.planning.confirmation import (
    approval_phrase,
    approver_name_problem,
    step_confirmation_word,
    step_confirmed_with,
    steps_confirmed_with,
)
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.proposal import unfinished_steps_before
from mobius_tui.run.state.step_state import Approval
from mobius_tui.run.storage.state_folders import account_name
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.step_text import (
    EFFECT_LABELS,
    check_in_words,
)
from mobius_tui.tui.commands.registry import bind
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    ButtonVariant,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.dialogs.question import ConfirmationInput, as_question
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog
from mobius_tui.tui.presenters.fleet.step_hosts import hosts_ahead_fields
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import (
    account_fields,
    approved_fields,
    command_fields,
    fill_in_values,
    guard_text,
    subject_fields,
)
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, text

MAX_UNFINISHED_STEPS = 4
"""Steps that are named as not done yet."""


class ConfirmDialog(Dialog[str]):
    """The result is the word that was typed, or empty if none is required."""

    BINDINGS: ClassVar[list[BindingType]] = [bind(RunCommand.SCRIPTS, "scripts")]

    def __init__(self, view: RunView, step: Step) -> None:
        self._view = view
        self._step = step
        self._destroys = effect_of(step) == "destroy"
        self.confirmation = ConfirmationInput(
            step_confirmation_word(view.plan, view.state, step, account_name(view.uid))
        )
        again = " again" if view.step_state(step.id).attempts else ""
        tone: Role = "bad" if self._destroys else "warn"
        title = as_question(f"Run {view.plan.name(step.id)}{again}")
        super().__init__(title, tone=tone)

    def compose_body(self) -> Iterable[Widget]:
        """What will run, where, and what it will do."""
        view, step = self._view, self._step
        effect = EFFECT_LABELS[effect_of(step)]
        where = f" in {view.environment}" if view.environment else ""
        role: Role = "bad" if self._destroys else "warn"
        line = assemble((f"{effect}{where}", role))
        head = (*subject_fields(view, step), Field("effect", line))
        head += tuple(hosts_ahead_fields(view, step))
        head += tuple(_confirmation_fields(view, step))
        head += account_fields(view)
        head += tuple(approved_fields(view, step))
        head += tuple(_out_of_order_fields(view, step))
        if view.has_guard_checks_to_make(step):
            head += (Field("when", text(guard_text(view, step))),)
        if step.why:
            head += (Field("why", prose=view.values_for(step).prose(step.why)),)
        checks = tuple(
            Field("then", text(fill_in_values(view, step, check_in_words(check))))
            for check in step.checks
        )
        folds = bool(self.confirmation.wanted)
        command = command_fields(view, step, folds=folds)
        yield fields_widget((*head, *command, *checks))

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the word: typed with what it confirms in sight."""
        yield from self.confirmation.compose()

    def choices(self) -> tuple[Choice[str], ...]:
        """Run or not."""
        variant: ButtonVariant = "error" if self._destroys else "primary"
        run = Choice[str]("Run it", CallOnPress(self.confirm), variant)
        return (run, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Focus the confirmation: its line, or the button where no word is wanted."""
        (
            self.confirmation.line
            if self.confirmation.wanted
            else self.buttons[CallOnPress(self.confirm)]
        ).focus()

    def action_scripts(self) -> None:
        """Show all that it runs, over it."""
        self.show_over(ScriptDialog(self._view, (self._step,)))

    @on(Input.Submitted)
    def confirm(self) -> None:
        """Submit, if the word is right."""
        if self.confirmation.is_right:
            self.dismiss(self.confirmation.wanted)
        else:
            self.refuse(self.confirmation.refused())


def _confirmation_fields(view: RunView, step: Step) -> Iterator[Field]:
    """What else is confirmed by it, or with what it is confirmed already."""
    others = steps_confirmed_with(view.plan, view.statuses, step)
    if others and effect_of(step) == "destroy":
        names = ", ".join(view.plan.name(each.id) for each in others)
        words = f"what you type here confirms {names}, too: it is not asked again"
        yield Field("covers", text(words, "warn"))
    by = account_name(view.uid)
    before = step_confirmed_with(view.plan, view.state, step, by)
    if before is not None:
        name = view.plan.name(before.id)
        words = f"{view.environment} was typed at {name}, which covers this step"
        yield Field("covered", text(words))


def _out_of_order_fields(view: RunView, step: Step) -> Iterator[Field]:
    """That it is out of order, and what is still to be done before it."""
    undone = unfinished_steps_before(view.plan, view.state, step.id, view.statuses)
    if undone is None:
        words = "out of order: the run is in another phase"
    elif undone:
        names = ", ".join(
            view.plan.name(each) for each in undone[:MAX_UNFINISHED_STEPS]
        )
        more = (
            f" and {len(undone) - MAX_UNFINISHED_STEPS} more"
            if len(undone) > MAX_UNFINISHED_STEPS
            else ""
        )
        words = f"out of order; not done before it: {names}{more}"
    else:
        return
    yield Field("order", text(words, "warn"))


class ApproveDialog(Dialog[str]):
    """The result is the name of the approver."""

    BINDINGS: ClassVar[list[BindingType]] = [bind(RunCommand.SCRIPTS, "scripts")]

    def __init__(self, view: RunView, step: Step, approval: Approval) -> None:
        self._view = view
        self._step = step
        self._approval = approval
        self._is_own_request = view.uid == approval.request.uid
        """Whether this is the login that asked."""
        self._line = Input(id="phrase", compact=True)
        super().__init__(f"Approve {view.plan.name(step.id)}?", tone="bad")

    def compose_body(self) -> Iterable[Widget]:
        """Who asks, and what would run."""
        view, step, asked = self._view, self._step, self._approval.request
        where = f" in {view.environment}" if view.environment else ""
        effect = assemble((f"{EFFECT_LABELS[effect_of(step)]}{where}", "bad"))
        who = f"{self._approval.asked_by} asks for approval by {asked.role}"
        head = [*subject_fields(view, step), Field("asked", text(who))]
        head.append(Field("effect", effect))
        if files := asked.files_text:
            head.append(
                Field("files", text(f"as they were when it was asked: {files}"))
            )
        yield fields_widget((*head, *command_fields(view, step, folds=True)))

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the phrase; what it approves stays visible."""
        if self._is_own_request:
            words = (
                f"This login asked for it, so another name counts as weaker. Type: "
                f"{approval_phrase('NAME', self._step.id)}, with your name."
            )
        else:
            name = account_name(self._view.uid)
            words = f"Type {approval_phrase(name, self._step.id)} to approve:"
        yield text_widget(words, "bad")
        yield self._line

    def choices(self) -> tuple[Choice[str], ...]:
        """Approve or not."""
        return (
            Choice("Approve", CallOnPress(self.submit), "error"),
            Choice("Don't", CANCEL),
        )

    def action_scripts(self) -> None:
        """Show all that would run, over it."""
        self.show_over(ScriptDialog(self._view, (self._step,)))

    def on_mount(self) -> None:
        """Put the focus where the phrase is."""
        self._line.focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Give the name, where the phrase is right."""
        typed = self._line.value.strip()
        name = account_name(self._view.uid)
        if self._is_own_request:
            name = typed.removesuffix(approval_phrase("", self._step.id)).strip()
        if typed != approval_phrase(name, self._step.id):
            wanted = approval_phrase(
                "NAME" if self._is_own_request else name, self._step.id
            )
            self.refuse(f"That is not it; type {wanted}, or Esc.")
            return
        wrong = (
            approver_name_problem(name, self._approval.asked_by)
            if self._is_own_request
            else ""
        )
        if wrong:
            self.refuse(f"{wrong[0].upper()}{wrong[1:]}.")
        else:
            self.dismiss(name)
