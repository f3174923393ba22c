"""The inputs of a briefing: lines, lists, and lines for which values are proposed."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Select, Static

from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.value_kinds import form_in_words, value_on_one_line
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
