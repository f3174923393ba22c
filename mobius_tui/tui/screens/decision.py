"""A decision: its options with their reasons, one or several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import Choose, Option
from mobius_tui.tui.describe import leads_to, offered
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.view import RunView
from mobius_tui.tui.widgets.options import Options


@dataclass(frozen=True, slots=True)
class Decided:
    """What was chosen."""

    values: tuple[str, ...]
    reason: str


class DecisionDialog(Dialog[Decided]):
    """Gives the values chosen, and the reason for changing an earlier choice."""

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(f"Decide {view.plan.name(step.id)}")
        assert isinstance(step.action, Choose)
        self._action = step.action
        self._why = " ".join(step.why.split())
        self._options = offered(view, step.action)
        self._changes = bool(view.own(step.id).attempts)
        held = view.state.variables.get(step.action.var)
        self._held = (held.text or "").split("\n") if held is not None else []

    def compose_body(self) -> Iterable[Widget]:
        """The options."""
        if self._why:
            yield words_widget(self._why, "muted")
        choose = self._action
        labels = tuple(_label(option) for option in self._options)
        refused = frozenset(
            n for n, option in enumerate(self._options) if not option.value
        )
        options = Options(labels, multi=choose.multi, refused=refused)
        options.marked = self._marked()
        yield options
        how = (
            "Space marks, Enter decides"
            if choose.multi
            else "↑ ↓ choose, Enter decides"
        )
        yield words_widget(how, "muted")
        if self._changes:
            yield words_widget("Why it is changed (it stays on record)")
            yield Input(id="reason", compact=True)

    def _marked(self) -> frozenset[int]:
        """What was chosen before; of a list, at first, what it proposes."""
        known = [n for n, each in enumerate(self._options) if each.value]
        held = [n for n in known if self._options[n].value in self._held]
        return frozenset(held or (known[:1] if self._action.from_ is not None else ()))

    def choices(self) -> tuple[Choice, ...]:
        """Decide or not."""
        return (Choice("ok", "Decide", "primary"), Choice("cancel", "Not yet"))

    def on_mount(self) -> None:
        """Choose at once."""
        self.query_one(Options).focus()

    @on(Button.Pressed, "#ok")
    @on(Options.Taken)
    @on(Input.Submitted)
    def give(self) -> None:
        """Give what is chosen, if something is."""
        marked = sorted(self.query_one(Options).marked)
        values = tuple(self._options[place].value for place in marked)
        if not values:
            several = "at least one of them" if self._action.multi else "one of them"
            keys = "Space marks" if self._action.multi else "↑ ↓ choose"
            self.refuse(f"Choose {several} first: {keys}.")
            return
        reason = self.query_one("#reason", Input).value.strip() if self._changes else ""
        if self._changes and not reason:
            self.refuse("Say why it is changed.")
            self.query_one("#reason").focus()
            return
        self.dismiss(Decided(values, reason))


def _label(option: Option) -> Content:
    """An option's title, its reason, and where it leads."""
    why = f"  {option.why}" if option.why else ""
    return assemble(
        (option.title or option.value, "plain"),
        (why, "muted"),
        (leads_to(option), "warn"),
    )
