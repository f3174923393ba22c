"""A second person looks at what is about to begin, and says that it may."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.run.approvals import Approval
from mobius_tui.run.approver_names import phrase, wrong_name
from mobius_tui.run.control import account
from mobius_tui.run.plan import effect_of
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.words import EFFECTS
from mobius_tui.tui.describe import command
from mobius_tui.tui.field import Field
from mobius_tui.tui.screens.dialog import Choice, Dialog, fields_widget, words_widget
from mobius_tui.tui.theme import assemble, text
from mobius_tui.tui.view import RunView


class ApproveDialog(Dialog[str]):
    """Gives the name of whoever approves."""

    KEEPS = False

    def __init__(self, view: RunView, step: Step, approval: Approval) -> None:
        self._view = view
        self._step = step
        self._approval = approval
        self._own = view.uid == approval.asked.uid
        """Whether this is the login that asked."""
        self._line = Input(id="phrase", compact=True)
        super().__init__(f"Approve {view.plan.name(step.id)}?", tone="bad")

    def compose_body(self) -> Iterable[Widget]:
        """Who asks, and what would run."""
        view, step, asked = self._view, self._step, self._approval.asked
        where = f" in {view.environment}" if view.environment else ""
        effect = assemble((f"{EFFECTS[effect_of(step)]}{where}", "bad"))
        who = f"{self._approval.by} asks for approval by {asked.role}"
        head = (Field("asked", text(who)), Field("effect", effect))
        yield fields_widget((*head, *command(view, step)))

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the phrase, with what it approves in sight."""
        if self._own:
            words = (
                f"This login asked for it, so another name counts as weaker. Type: "
                f"{phrase('NAME', self._step.id)}, with your name."
            )
        else:
            name = account(self._view.uid)
            words = f"Type {phrase(name, self._step.id)} to approve:"
        yield words_widget(words, "bad")
        yield self._line

    def choices(self) -> tuple[Choice, ...]:
        """Approve or not."""
        return (Choice("approve", "Approve", "error"), Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Put the focus where the phrase is."""
        self._line.focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#approve")
    def give(self) -> None:
        """Give the name, where the phrase is right."""
        typed = self._line.value.strip()
        name = account(self._view.uid)
        if self._own:
            name = typed.removesuffix(phrase("", self._step.id)).strip()
        if typed != phrase(name, self._step.id):
            wanted = phrase("NAME" if self._own else name, self._step.id)
            self.refuse(f"That is not it; type {wanted}, or Esc.")
            return
        wrong = wrong_name(name, self._approval.by) if self._own else ""
        if wrong:
            self.refuse(f"{wrong[0].upper()}{wrong[1:]}.")
        else:
            self.dismiss(name)
