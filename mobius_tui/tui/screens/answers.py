"""A thing that a person does: what to do, and the answers that it wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui import sanitize
from mobius_tui.health.patterns import TooSlowError, found
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import Ask, Manual
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.tui.describe import command
from mobius_tui.tui.field import Field
from mobius_tui.tui.forms import full_form, short_form
from mobius_tui.tui.screens.dialog import Choice, Dialog, fields_widget, words_widget
from mobius_tui.tui.view import RunView
from mobius_tui.tui.whom import role_fields


@dataclass(frozen=True, slots=True)
class Ticked:
    """What the person answered."""

    values: dict[str, str]
    note: str


LONGEST = 0.5
"""Seconds that a pattern may keep a key waiting; the host looks again, and longer."""


def _may_match(pattern: str, answer: str) -> bool:
    """Whether an answer has the form that is wanted, or that is not known in time."""
    try:
        return all(found(pattern, [answer], whole=True, within=LONGEST))
    except TooSlowError:
        return True


class AnswersDialog(Dialog[Ticked]):
    """Gives the answers by variable, and a note if one was made."""

    AUTO_FOCUS = ""  # the line for a note would have it, and be scrolled to

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(f"Do {view.plan.name(step.id)}")
        self._view = view
        self._step = step
        action = step.action
        asks: tuple[Ask, ...] = action.ask if isinstance(action, Manual) else ()
        self._lines = tuple(
            (ask, Input(id=f"ask-{number}", classes="ask", compact=True))
            for number, ask in enumerate(asks)
        )
        self._note = Input(id="note", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """What to do, a line for each answer, and one for a note."""
        step = self._step
        fields = command(self._view, step)
        doing = tuple(field for field in fields if field.label != "asks")
        if step.why:
            doing = (Field("why", prose=Prose(step.why)), *doing)
        doing += tuple(role_fields(self._view.runbook.contacts, step))
        yield fields_widget(doing)
        for ask, line in self._lines:
            form = short_form(self._view, step, ask)
            about = f"  ({form})" if form else ""
            yield words_widget(f"{ask.title or ask.var}{about}")
            yield line
        yield words_widget("Note, if there is something to remember", "muted")
        yield self._note

    def choices(self) -> tuple[Choice, ...]:
        """Done or not yet."""
        return (Choice("ok", "It is done", "primary"), Choice("cancel", "Not yet"))

    def on_mount(self) -> None:
        """Type the first answer at once; without one, Enter says that it is done."""
        first = self._lines[0][1] if self._lines else self.buttons["ok"]
        first.focus()

    @on(Button.Pressed, "#ok")
    @on(Input.Submitted)
    def give(self) -> None:
        """Give the answers, if each one matches whole."""
        values: dict[str, str] = {}
        for ask, line in self._lines:
            problem = self._problem(ask, line.value.strip())
            if problem:
                self.refuse(problem)
                line.focus()
                return
            values[ask.var] = line.value.strip()
        note = self._note.value.strip()
        self.dismiss(Ticked(values, note))

    def _problem(self, ask: Ask, answer: str) -> str:
        name = sanitize.line(ask.title or ask.var)
        if not answer:
            return f"{name}: an answer is wanted."
        if ask.match is not None and not _may_match(ask.match, answer):
            given = sanitize.line(answer)
            form = full_form(self._view, self._step, ask)
            return f"{name}: “{given}” is not in the form that is wanted: {form}."
        variable = self._view.runbook.variables.get(ask.var)
        allowed = variable.choices if variable is not None else ()
        if allowed and answer not in allowed:
            return f"{name}: it is one of {', '.join(allowed)}."
        return ""
