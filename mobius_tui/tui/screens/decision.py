"""A decision: its options with their reasons, one or several."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import Choose, Option
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.tui.describe import leads_to, offered
from mobius_tui.tui.field import Field
from mobius_tui.tui.screens.dialog import Choice, Dialog, fields_widget, words_widget
from mobius_tui.tui.theme import assemble, text
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
        self._why = step.why
        self._offered = offered(view, step.action)
        self._changes = bool(view.own(step.id).attempts)
        # What a step proposes stands first in its list: it is no choice made before.
        is_own = self._changes or step.action.from_ is None
        held = view.state.variables.get(step.action.var) if is_own else None
        chosen = (held.text or "").split("\n") if held is not None else []
        self._options = _options(step.action, self._offered, chosen)
        self._reason = Input(id="reason", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """The options."""
        if self._why:
            yield fields_widget((Field("why", prose=Prose(self._why)),))
        choose = self._action
        yield self._options
        how = (
            "Space marks, Enter decides"
            if choose.multi
            else "↑ ↓ choose, Enter decides"
        )
        yield words_widget(how, "muted")
        if self._changes:
            yield words_widget("Why it is changed (it stays on record)")
            yield self._reason

    def choices(self) -> tuple[Choice, ...]:
        """Decide or not."""
        return (Choice("ok", "Decide", "primary"), Choice("cancel", "Not yet"))

    def on_mount(self) -> None:
        """Choose at once."""
        self._options.focus()

    @on(Button.Pressed, "#ok")
    @on(Options.Taken)
    @on(Input.Submitted)
    def give(self) -> None:
        """Give what is chosen, if something is."""
        marked = sorted(self._options.marked)
        values = tuple(self._offered[place].value for place in marked)
        if not values:
            several = "at least one of them" if self._action.multi else "one of them"
            keys = "Space marks" if self._action.multi else "↑ ↓ choose"
            self.refuse(f"Choose {several} first: {keys}.")
            return
        reason = self._reason.value.strip() if self._changes else ""
        if self._changes and not reason:
            self.refuse("Say why it is changed.")
            self._reason.focus()
            return
        self.dismiss(Decided(values, reason))


def _options(
    choose: Choose, offered: tuple[Option, ...], chosen: Container[str]
) -> Options:
    """The options, those marked that were chosen before; of a list, else the first."""
    known = [n for n, option in enumerate(offered) if option.value]
    options = Options(
        tuple(_label(option, listed=choose.from_ is not None) for option in offered),
        multi=choose.multi,
        refused=frozenset(range(len(offered))) - frozenset(known),
    )
    marked = [n for n in known if offered[n].value in chosen]
    proposed = known[:1] if choose.from_ is not None else ()
    options.marked = frozenset(marked or proposed)
    return options


def _label(option: Option, *, listed: bool) -> Content:
    """An option's title, its reason, and where it leads.

    Titles that a step has listed are the rows of a table: the reason stands beneath.
    """
    title = text(option.title or option.value)
    why = assemble((option.why, "muted"), (leads_to(option), "warn"))
    between = "\n" if listed else "  " if option.why else ""
    return Content(between).join([title, why]) if why else title
