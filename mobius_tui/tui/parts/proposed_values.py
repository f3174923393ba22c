"""The inputs of a briefing, and lines for which a command proposes values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Select, Static

from mobius_tui.run.checks.value_commands import ListedValues
from mobius_tui.run.client.listed_values import proposed_value
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.value_kinds import form_in_words, value_on_one_line
from mobius_tui.tui.presenters.briefing_fields import proposal_text
from mobius_tui.tui.presenters.styled_text import assemble, text

AnswerWidget: TypeAlias = Input | Select[str]


def answer_label(variable: Variable) -> Static:
    """The label over an input: what is asked, and the form that an answer has."""
    form = form_in_words(variable)
    words = assemble(
        (variable.title or variable.name, "plain"),
        (f"  ({form})" if form else "", "muted"),
    )
    return Static(words, classes="label", markup=False)


def answer_widget(variable: Variable, known: str) -> AnswerWidget:
    """The input for a variable: a line to type in, or a list of its values.

    Args:
        variable: what is asked for.
        known: the value that it begins with; may be empty.
    """
    if variable.choices and not variable.many:
        options = [(text(choice), choice) for choice in variable.choices]
        chosen = known if known in variable.choices else Select.NULL
        return Select(
            options,
            value=chosen,
            prompt="Choose",
            id=f"var-{variable.name}",
            compact=True,
        )
    return Input(
        value_on_one_line(variable, known),
        id=f"var-{variable.name}",
        password=variable.secret,
        compact=True,
    )


def answer_in_widget(line: AnswerWidget) -> str | None:
    """The answer that an input holds; `None` for a list in which nothing is chosen."""
    if isinstance(line, Input):
        return line.value.strip()
    return None if line.value is Select.NULL else str(line.value)


class ProposedInput(Input):
    """Up and Down go through what is proposed; anything else may be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "take_next(1)", "Next proposed value", show=False),
        Binding("up", "take_next(-1)", "Value before", show=False),
    ]

    def __init__(self, value: str, *, id: str) -> None:  # noqa: A002
        """Make a line.

        Args:
            value: what stands in it at first.
            id: the widget's.
        """
        super().__init__(value, id=id, compact=True)
        self._values: tuple[str, ...] = ()
        self._default = value
        self._untouched = value
        """The value that it has until a person types another."""

    def propose(self, values: tuple[str, ...], first: str) -> None:
        """Propose values; what a person typed stays.

        Args:
            values: all of them.
            first: the one that is taken unless somebody takes another; empty for none.
        """
        self._values = values
        is_untouched = self.value in ("", self._untouched)
        if is_untouched and self.value not in values:
            # What was proposed before, for other values, is proposed no more.
            self.value = self._untouched = first or self._default

    def action_take_next(self, step: int) -> None:
        """Fill in the next value, or the one before."""
        if not self._values:
            return
        known = self.value in self._values
        at = self._values.index(self.value) + step if known else 0
        self.value = self._untouched = self._values[at % len(self._values)]
        self.cursor_position = len(self.value)


class ProposalNote(Static):
    """What was listed, under the line."""

    def __init__(self, words: Content) -> None:
        super().__init__(words, classes="proposals", markup=False)


class ProposedValues:
    """The values that commands listed for each input line, and the note under it."""

    def __init__(self) -> None:
        self._lines: dict[Variable, ProposedInput] = {}
        self._notes: dict[Variable, ProposalNote] = {}
        self._listed: dict[Variable, ListedValues | None] = {}
        self._read: dict[Variable, Mapping[str, str]] = {}
        """What each command read of the other lines."""

    def __bool__(self) -> bool:
        return bool(self._lines)

    def line(self, variable: Variable, known: str) -> ProposedInput:
        """The line of a variable.

        Args:
            variable: it has a command that lists values.
            known: the value that it begins with; may be empty.
        """
        value = value_on_one_line(variable, known)
        made = ProposedInput(value, id=f"var-{variable.name}")
        self._lines[variable] = made
        return made

    def note(self, variable: Variable) -> ProposalNote:
        """The note under a variable's input: what was listed for it."""
        self._listed[variable] = None
        made = ProposalNote(proposal_text(None, "", several=variable.many))
        self._notes[variable] = made
        return made

    def begin(self) -> None:
        """The commands are about to be run, once more."""
        self._listed = dict.fromkeys(self._lines)
        self.refresh_notes()

    def show(
        self, variable: Variable, listed: ListedValues, read: Mapping[str, str]
    ) -> None:
        """Propose what was listed.

        Args:
            variable: whose command listed it.
            listed: what it listed.
            read: the values of other variables that it read, by variable.
        """
        self._listed[variable] = listed
        self._read[variable] = read
        values = tuple(each.value for each in listed.options)
        first = value_on_one_line(variable, proposed_value(variable, listed))
        self._lines[variable].propose((first,) if variable.many else values, first)
        self.refresh_notes()

    def withdraw_outdated(self, held: Mapping[str, str]) -> None:
        """Propose no more what was listed for values that have changed since.

        Args:
            held: what the lines hold now, by variable.
        """
        for variable, read in tuple(self._read.items()):
            changed = [name for name, value in read.items() if held.get(name) != value]
            if changed:
                words = f"not listed for this {', '.join(changed)} yet"
                self.show(variable, ListedValues(problem=words), {})

    def refresh_notes(self) -> None:
        """Mark what each line holds."""
        for variable, note in self._notes.items():
            held = self._lines[variable].value
            words = proposal_text(self._listed[variable], held, several=variable.many)
            note.update(words)
