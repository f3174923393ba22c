"""Dialogs for a step that a person does: answers, or a decision."""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec import Struct
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui import sanitize
from mobius_tui.health.safe_search import TooSlowError, lines_matching
from mobius_tui.runbook.model.actions import (
    Ask,
    Choose,
    Manual,
    Option,
    chosen_options,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.value_kinds import (
    stored_value,
    value_on_one_line,
    value_problem,
)
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.communication import role_fields
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import (
    command_fields,
    full_answer_hint,
    offered_options,
    option_destination,
    short_answer_hint,
)
from mobius_tui.tui.presenters.styled_text import Field, FieldKind, assemble, text
from mobius_tui.tui.screen_state import DraftKey, Purpose
from mobius_tui.tui.widgets.answer_inputs import MarkedOptionList


class StepAnswers(Struct, frozen=True):
    """What the person answered."""

    values: dict[str, str]
    note: str


MATCH_TIMEOUT = 0.5
"""Seconds that a pattern may keep a key waiting; the host looks again, and longer."""


def _matches_or_times_out(pattern: str, answer: str) -> bool:
    """Whether an answer matches its pattern, or the match takes too long."""
    try:
        return all(lines_matching(pattern, [answer], whole=True, within=MATCH_TIMEOUT))
    except TooSlowError:
        return True


class AnswersDialog(Dialog[StepAnswers]):
    """The result is the answers by variable, and a note."""

    AUTO_FOCUS = ""  # the line for a note would have it, and be scrolled to

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(
            f"Do {view.plan.name(step.id)}",
            draft_key=DraftKey(purpose=Purpose.ANSWERS, step=step.id),
        )
        self._view = view
        self._step = step
        action = step.action
        asks: tuple[Ask, ...] = action.ask if isinstance(action, Manual) else ()
        self._lines = tuple(
            (
                ask,
                Input(
                    _proposed_answer(view, ask),
                    id=f"ask-{number}",
                    classes="ask",
                    compact=True,
                ),
            )
            for number, ask in enumerate(asks)
        )
        self._note = Input(id="note", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """What to do, a line for each answer, and one for a note."""
        step = self._step
        fields = command_fields(self._view, step)
        doing = tuple(each for each in fields if each.kind is not FieldKind.ASKS)
        if step.why:
            why = self._view.values_for(step).prose(step.why)
            doing = (Field("why", prose=why), *doing)
        doing += tuple(role_fields(self._view.runbook.contacts, step))
        yield fields_widget(doing)
        for ask, line in self._lines:
            form = short_answer_hint(self._view, step, ask)
            about = f"  ({form})" if form else ""
            yield text_widget(f"{ask.title or ask.var}{about}")
            yield line
        yield text_widget("Note, if there is something to remember", "muted")
        yield self._note

    def choices(self) -> tuple[Choice[StepAnswers], ...]:
        """Done or not yet."""
        return (
            Choice("It is done", CallOnPress(self.submit), "primary"),
            Choice("Not yet", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the first answer; without one, Enter means done."""
        first = (
            self._lines[0][1] if self._lines else self.buttons[CallOnPress(self.submit)]
        )
        first.focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Submit the answers if each one matches whole."""
        values: dict[str, str] = {}
        for ask, line in self._lines:
            problem = self._problem(ask, line.value.strip())
            if problem:
                self.refuse(problem)
                line.focus()
                return
            values[ask.var] = line.value.strip()
        note = self._note.value.strip()
        self.dismiss(StepAnswers(values, note))

    def _problem(self, ask: Ask, answer: str) -> str:
        name = sanitize.line(ask.title or ask.var)
        if not answer:
            return f"{name}: an answer is wanted."
        if ask.match is not None and not _matches_or_times_out(ask.match, answer):
            given = sanitize.line(answer)
            form = full_answer_hint(self._view, self._step, ask)
            return f"{name}: “{given}” is not in the form that is wanted: {form}."
        variable = self._view.runbook.variables.get(ask.var)
        if variable is None:
            return ""
        if variable.choices and not variable.many and answer not in variable.choices:
            return f"{name}: it is one of {', '.join(variable.choices)}."
        problem = value_problem(variable, stored_value(variable, answer))
        return sanitize.line(f"{problem}.") if problem else ""


def _proposed_answer(view: RunView, ask: Ask) -> str:
    """The text that an answer's line begins with: the default of its variable."""
    variable = view.runbook.variables.get(ask.var)
    if variable is None or variable.secret or variable.default is None:
        return ""
    return value_on_one_line(variable, variable.default)


NOTHING_LISTED_PROMPT = "Nothing was listed: type it"


class DecisionAnswer(Struct, frozen=True):
    """What was chosen."""

    values: tuple[str, ...]
    reason: str
    lists_again: bool = False
    """Whether nothing was chosen, and the command is to list the options again."""


class DecisionDialog(Dialog[DecisionAnswer]):
    """The result is the values chosen, and why they differ from an earlier choice."""

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(
            f"Decide {view.plan.name(step.id)}",
            draft_key=DraftKey(purpose=Purpose.DECISION, step=step.id),
        )
        assert isinstance(step.action, Choose)
        self._action = step.action
        self._why = view.values_for(step).prose(step.why)
        self._offered = offered_options(view, step.action)
        self._changes_earlier_choice = bool(view.step_state(step.id).attempts)
        # What a step proposes stands first in its list: it is no choice made before.
        is_own = self._changes_earlier_choice or step.action.from_ is None
        held = view.state.variables.get(step.action.var) if is_own else None
        chosen = chosen_options(held.text if held is not None else None)
        self._options = _options(step.action, self._offered, chosen)
        self._reason = Input(id="reason", compact=True)
        self._typed = Input(id="typed", compact=True)
        """A value that is not listed, where a command lists them."""

    def compose_body(self) -> Iterable[Widget]:
        """The options."""
        if self._why.text:
            yield fields_widget((Field("why", prose=self._why),))
        choose = self._action
        yield self._options
        count = len(self._offered)
        how = (
            f"Space marks any of {count}, Enter decides"
            if choose.multi
            else f"↑ ↓ choose one of {count}, Enter decides"
        )
        if count:
            yield text_widget(how, "muted")
        if choose.from_run:
            found = (
                "Or type what is not listed" if self._offered else NOTHING_LISTED_PROMPT
            )
            yield text_widget(found)
            yield self._typed
        if self._changes_earlier_choice:
            yield text_widget("Why it is changed (it stays on record)")
            yield self._reason

    def choices(self) -> tuple[Choice[DecisionAnswer], ...]:
        """Decide or not."""
        decide = Choice[DecisionAnswer]("Decide", CallOnPress(self.submit), "primary")
        not_yet = Choice[DecisionAnswer]("Not yet", CANCEL)
        if not self._action.from_run:
            return (decide, not_yet)
        return (decide, Choice("List again", CallOnPress(self.list_again)), not_yet)

    def list_again(self) -> None:
        """Run the command that lists the options once more."""
        self.dismiss(DecisionAnswer((), "", lists_again=True))

    def on_mount(self) -> None:
        """Focus the list."""
        first = self._options if self._offered else self._typed
        first.focus()

    @on(MarkedOptionList.AnswerRequested)
    @on(Input.Submitted)
    def submit(self) -> None:
        """Submit the choice, if there is one."""
        marked = sorted(self._options.marked)
        values = tuple(self._offered[place].value for place in marked)
        typed = self._typed.value.strip()
        if typed:
            values = (*values, typed) if self._action.multi else (typed,)
        if not values:
            several = "at least one of them" if self._action.multi else "one of them"
            keys = "Space marks" if self._action.multi else "↑ ↓ choose"
            self.refuse(f"Choose {several} first: {keys}.")
            return
        reason = self._reason.value.strip() if self._changes_earlier_choice else ""
        if self._changes_earlier_choice and not reason:
            self.refuse("Say why it is changed.")
            self._reason.focus()
            return
        self.dismiss(DecisionAnswer(values, reason))


def _options(
    choose: Choose, offered: tuple[Option, ...], chosen: Container[str]
) -> MarkedOptionList:
    """The options; marked are those chosen before, or the first one of a list."""
    known = [n for n, option in enumerate(offered) if option.value]
    options = MarkedOptionList(
        tuple(_label(option, listed=choose.from_ is not None) for option in offered),
        multi=choose.multi,
        disabled=frozenset(range(len(offered))) - frozenset(known),
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
    why = assemble((option.why, "muted"), (option_destination(option), "warn"))
    between = "\n" if listed else "  " if option.why else ""
    return Content(between).join([title, why]) if why else title
