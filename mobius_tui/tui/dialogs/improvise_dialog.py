"""Improvising: a command that is in no step, judged while it is typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from mobius_tui import sanitize
from mobius_tui.run.planning.confirmation import step_confirmation_word
from mobius_tui.run.planning.improvisation import (
    improvised_event,
    judged_effects,
    with_improvised_step,
)
from mobius_tui.runbook.effects.command_effects import ScriptEffects
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runtime_steps import initial_command
from mobius_tui.runbook.model.step_text import EFFECT_LABELS
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, text
from mobius_tui.tui.screen_state import DraftKey, Purpose

_ROLES: dict[str, Role] = {"read": "plain", "change": "warn", "destroy": "bad"}
MAX_NAMED_COMMANDS = 3
"""Commands of a script that are named, with their effects, at most."""


class ImproviseAnswer(Struct, frozen=True):
    """What a person typed."""

    script: str
    confirm: str
    """The word that confirms what destroys; empty where none is wanted."""


class ImproviseDialog(Dialog[ImproviseAnswer]):
    """The result is the command, and the word that confirms it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+enter", "submit", "Run it", show=False, priority=True),
    ]
    keeps_draft_on_close = True

    def __init__(self, view: RunView, after: Step | None) -> None:
        """Make the dialog.

        Args:
            view: the run.
            after: the step that the command comes after, and whose script it begins as;
                `None` for no step: then it begins empty.
        """
        on_step = after.id if after is not None else None
        key = DraftKey(purpose=Purpose.IMPROVISE, step=on_step)
        super().__init__("Run a command that is in no step", draft_key=key)
        self._view = view
        self._after = on_step
        self._area = TextArea(
            _shown(initial_command(after)),
            id="command",
            soft_wrap=True,
            compact=True,
        )
        self._judged = fields_widget((), id="judged")
        self._word = Input(id="environment", compact=True)
        self._asked = Static("", markup=False, classes="words")
        self._wanted = ""

    def compose_body(self) -> Iterable[Widget]:
        """What it is, the command, and what it does."""
        yield text_widget(
            "For bash, with the run's variables. It goes on record as yours, with what "
            "it prints. Tab goes on to Run it.",
            "muted",
        )
        yield self._area
        yield self._judged

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the word, where one is wanted."""
        yield self._asked
        yield self._word

    def choices(self) -> tuple[Choice[ImproviseAnswer], ...]:
        """Run it or not."""
        run = Choice[ImproviseAnswer](
            "Run it", CallOnPress(self.action_submit), "primary"
        )
        return (run, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Focus the line to type in."""
        self._area.move_cursor(self._area.document.end)
        self._area.focus()
        self._judge()

    @on(TextArea.Changed)
    def _judge(self) -> None:
        """Say what the command does, and ask for the word that this wants."""
        view, script = self._view, self._area.text
        found = judged_effects(script, view.runbook)
        event = improvised_event(
            view.plan, script=script, after=self._after, by="", effects=found
        )
        then = with_improvised_step(view.situation, event)
        step = then.plan.steps[event.step]
        self._wanted = step_confirmation_word(
            then.plan, then.state, step, then.by_whose_word
        )
        self._judged.fields = tuple(_fields(view, found, step, bool(script.strip())))
        self._asked.update(text(f"Type {self._wanted} to confirm:", "bad"))
        self._asked.display = self._word.display = bool(self._wanted)

    @on(Input.Submitted)
    def action_submit(self) -> None:
        """Give the command, if the word is right."""
        script = self._area.text
        if not script.strip():
            self.refuse("There is no command.")
        elif self._wanted and self._word.value.strip() != self._wanted:
            self.refuse(f"It destroys: type {self._wanted} to confirm it, or Esc.")
            self._word.focus()
        else:
            self.dismiss(ImproviseAnswer(script, self._wanted))


def _shown(script: str) -> str:
    """A script to edit, made harmless; its tabs stay, which mean something to bash."""
    return "\t".join(sanitize.clean(part, newlines=True) for part in script.split("\t"))


def _fields(
    view: RunView, found: ScriptEffects, step: Step, is_any: bool
) -> Iterator[Field]:
    """What the command does, what of it does so, and whom it waits for."""
    if not is_any:
        yield Field("effect", text("nothing is typed yet", "muted"))
        return
    role = _ROLES[found.effect]
    where = f" in {view.environment}" if view.environment else ""
    yield Field("effect", assemble((f"{EFFECT_LABELS[found.effect]}{where}", role)))
    heaviest = (each for each in found.effects if each.effect == found.effect)
    named = {each.source_text: each for each in heaviest}
    for words, each in [*named.items()][:MAX_NAMED_COMMANDS]:
        why = "" if each.known else "  not known, so it may change something"
        if not each.readable:
            why = "  cannot be read, so it may destroy"
        yield Field("", assemble((words, "command"), (why, "muted")))
    if step.approve is not None:
        words = f"{step.approve.role} approves it first: Enter on its row asks for that"
        yield Field("approval", text(words, "warn"))
