"""Say it before doing it: the exact command, filled in, before anything changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual import on
from textual.widget import Widget
from textual.widgets import Button

from mobius_tui.run.confirming import step_word
from mobius_tui.run.order import undone_before
from mobius_tui.run.plan import effect_of
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.runbook.words import EFFECTS, check_in_words
from mobius_tui.tui.approved import approved_fields
from mobius_tui.tui.asking import question
from mobius_tui.tui.describe import command, filled
from mobius_tui.tui.field import Field
from mobius_tui.tui.screens.dialog import Choice, fields_widget
from mobius_tui.tui.screens.typed import TypedDialog
from mobius_tui.tui.theme import Role, assemble, text
from mobius_tui.tui.view import RunView

SHOWN = 4
"""Steps that are named as not done yet."""


class ConfirmDialog(TypedDialog):
    """Gives the word that was typed to confirm it; empty where none is wanted."""

    def __init__(self, view: RunView, step: Step) -> None:
        self._view = view
        self._step = step
        self._destroys = effect_of(step) == "destroy"
        wanted = step_word(view.plan, view.state, step)
        again = " again" if view.own(step.id).attempts else ""
        tone: Role = "bad" if self._destroys else "warn"
        title = question(f"Run {view.plan.name(step.id)}{again}")
        super().__init__(title, wanted=wanted, tone=tone)

    def compose_body(self) -> Iterable[Widget]:
        """What will run, where, and what it will do."""
        view, step = self._view, self._step
        effect = EFFECTS[effect_of(step)]
        where = f" in {view.environment}" if view.environment else ""
        role: Role = "bad" if self._destroys else "warn"
        line = assemble((f"{effect}{where}", role))
        head = (Field("effect", line), *approved_fields(view, step))
        head += tuple(_order(view, step))
        if step.why:
            head += (Field("why", prose=Prose(step.why)),)
        checks = tuple(
            Field("then", text(filled(view, check_in_words(check))))
            for check in step.checks
        )
        yield fields_widget((*head, *command(view, step), *checks))

    def choices(self) -> tuple[Choice, ...]:
        """Run or not."""
        run = Choice("run", "Run it", "error" if self._destroys else "primary")
        return (run, Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Put the focus where the confirmation is."""
        (self.line if self.wanted else self.buttons["run"]).focus()

    @on(Button.Pressed, "#run")
    def press(self) -> None:
        """The same as Enter in the line."""
        self.confirm()


def _order(view: RunView, step: Step) -> Iterator[Field]:
    """That it is out of order, and what is still to be done before it."""
    undone = undone_before(view.plan, view.state, step.id, view.standings)
    if undone is None:
        words = "out of order: the run is in another phase"
    elif undone:
        names = ", ".join(view.plan.name(each) for each in undone[:SHOWN])
        more = f" and {len(undone) - SHOWN} more" if len(undone) > SHOWN else ""
        words = f"out of order; not done before it: {names}{more}"
    else:
        return
    yield Field("order", text(words, "warn"))
