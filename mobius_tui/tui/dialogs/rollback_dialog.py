"""Arming the watch, and beginning the rollback: what will happen, before it can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from mobius_tui.run.client.preflight import understated_step_notices
from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.rollback import rollback_phase, rollback_stop_texts
from mobius_tui.run.planning.trigger_rules import (
    trigger_caveats,
    trigger_rules_in_words,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import variables_set
from mobius_tui.tui.commands.registry import bind
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.dialogs.question import ConfirmationInput
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog, step_heading
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import (
    account_fields,
    shown_by_key,
    subject_fields,
)
from mobius_tui.tui.presenters.styled_text import Field, text


class RollbackDialog(Dialog[str]):
    """The result is the word that was typed, or empty if none is required."""

    BINDINGS: ClassVar[list[BindingType]] = [bind(RunCommand.SCRIPTS, "scripts")]

    def __init__(self, view: RunView, *, arms: bool) -> None:
        """Make the dialog.

        Args:
            view: the run.
            arms: whether a trigger is to begin the rollback, and not the person now.
        """
        phase = rollback_phase(view.plan)
        title = phase.title if phase is not None else ""
        self._view = view
        self._arms = arms
        wanted = (
            ""
            if phase is None
            else rollback_confirmation_word(view.plan, view.state, phase)
        )
        self.confirmation = ConfirmationInput(wanted)
        words = f"Let a trigger begin {title}?" if arms else f"Begin {title} now?"
        super().__init__(words, tone="bad")

    def compose_body(self) -> Iterable[Widget]:
        """What it will do, each step by its title, and where it would stop."""
        view = self._view
        phase = rollback_phase(view.plan)
        steps = phase.steps if phase is not None else ()
        yield text_widget(self._what_it_does(steps))
        fields: list[Field] = []
        if phase is not None and phase.why:
            fields.append(Field("what", prose=view.values.prose(phase.why)))
        if self._arms:
            rules = trigger_rules_in_words(view.runbook.health, view.reported_figures)
            fields += [Field("when", text(words)) for words in rules]
            health, fill = view.runbook.health, view.values.preview
            mind = trigger_caveats(health, fill, view.reported_figures)
            fields += [Field("mind", text(words, "warn")) for words in mind]
            labels = understated_step_notices(view.plan, phase.id) if phase else ()
            fields += [Field("label", text(words, "warn")) for words in labels]
        else:
            reason = view.state.watch.rollback_reason or "you ask"
            fields.append(Field("reason", text(reason)))
        stops = rollback_stop_texts(view.plan, view.state)
        fields += [Field("stops", text(f"at {words}", "bad")) for words in stops]
        fields.extend(account_fields(view))
        fields.append(Field("once", text("it is made at most once in this run")))
        anew = frozenset[str]().union(*map(variables_set, steps))
        subjects = dict.fromkeys(
            f for step in steps for f in subject_fields(view, step, found_anew=anew)
        )
        if subjects:
            yield fields_widget(tuple(subjects))
        heads = Content("\n").join([step_heading(view, step) for step in steps])
        yield Static(heads, markup=False, classes="words")
        fields.insert(0, Field("scripts", shown_by_key("all that they run")))
        yield fields_widget(tuple(fields))

    def _what_it_does(self, steps: Sequence[Step]) -> str:
        """What comes of a yes, in plain words."""
        view = self._view
        where = f" in {view.environment}" if view.environment else ""
        below = "step below" if len(steps) == 1 else f"{len(steps)} steps below"
        does = f"Runs the {below}{where}"
        if self._arms:
            grace = view.runbook.health.trigger.grace if view.runbook.health else ""
            does = (
                f"When a trigger fires, the {below} will run{where}, after a countdown "
                f"of {grace} that anyone can hold"
            )
        in_order = ", one after another" * (len(steps) > 1)
        fails = "it fails" if len(steps) == 1 else "one fails"
        return f"{does}{in_order}. Nobody is asked again; if {fails}, it waits for you."

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the word: typed with what it confirms in sight."""
        yield from self.confirmation.compose()

    def choices(self) -> tuple[Choice[str], ...]:
        """Do it or not."""
        verb = "Arm it" if self._arms else "Begin it"
        return (
            Choice(verb, CallOnPress(self.confirm), "error"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the line for the word; without one, the button that does nothing."""
        (
            self.confirmation.line if self.confirmation.wanted else self.buttons[CANCEL]
        ).focus()

    def action_scripts(self) -> None:
        """Show all that its steps run, over it."""
        if (phase := rollback_phase(self._view.plan)) is not None:
            self.show_over(ScriptDialog(self._view, phase.steps))

    @on(Input.Submitted)
    def confirm(self) -> None:
        """Submit, if the word is right."""
        if self.confirmation.is_right:
            self.dismiss(self.confirmation.wanted)
        else:
            self.refuse(self.confirmation.refused())
