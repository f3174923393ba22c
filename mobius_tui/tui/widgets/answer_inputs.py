"""Inputs for answers: lines, lists, lines with proposed values, options to mark."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Input, OptionList, Select, Static
from textual.widgets.option_list import Option

from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.value_kinds import form_in_words, value_on_one_line
from mobius_tui.tui.presenters.styled_text import Role, assemble, text, wrap_content

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


def answer_in_widget(widget: AnswerWidget) -> str | None:
    """The answer that an input holds; `None` for a list in which nothing is chosen."""
    if isinstance(widget, Input):
        return widget.value.strip()
    return None if widget.value is Select.NULL else str(widget.value)


class ProposalInput(Input):
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
    """The note under a `ProposalInput`: what the command of its variable listed."""

    def __init__(self, words: Content) -> None:
        super().__init__(words, classes="proposals", markup=False)


class HangingText(Visual):
    """A sign, and a text beside it all of whose lines begin beneath its first one."""

    def __init__(self, sign: Content, label: Content) -> None:
        self._sign = sign
        self._label = label

    def _content_at(self, width: int) -> Content:
        """What is drawn in so many cells."""
        indent = self._sign.cell_length
        first, *more = wrap_content(self._label, max(1, width - indent))
        beneath = [line.pad_left(indent) for line in more]
        return Content("\n").join([self._sign + first, *beneath])

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """The rows, as Textual asks for them."""
        return self._content_at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """The cells that it takes without a line break of ours."""
        indent = self._sign.cell_length
        return indent + self._label.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Its rows in so many cells."""
        return self._content_at(width).get_height(rules, width)


class MarkedOptionList(OptionList):
    """A list to choose one or several of: Space or a click marks, Enter answers.

    Of a single choice the one under the cursor is marked: it is what Enter would take.
    There the cursor is on none at first, unless one is marked already: nobody chooses
    by pressing Enter once more. Where several may be marked it begins on the first
    marked one, or else on the first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", show=False),
        Binding("enter", "take", "Take", show=False),
    ]

    class AnswerRequested(Message):
        """The person pressed Enter."""

    class MarksChanged(Message):
        """Another option is marked than before."""

    def __init__(
        self,
        labels: tuple[Content, ...],
        *,
        multi: bool,
        disabled: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(markup=False, compact=True)
        self._labels = labels
        self._multi = multi
        self._refused = disabled
        """The places of those that can be seen, and not be marked."""
        self.marked: frozenset[int] = frozenset()
        """The places of the options that are marked."""

    def on_mount(self) -> None:
        """Show them, with the cursor on what is marked."""
        self.add_options(
            Option(self._line(n), disabled=n in self._refused)
            for n in range(len(self._labels))
        )
        self.highlighted = min(self.marked, default=0 if self._multi else None)

    def _line(self, place: int) -> HangingText:
        is_marked = place in self.marked
        sign = (
            ("[x] " if is_marked else "[ ] ")
            if self._multi
            else ("(•) " if is_marked else "( ) ")
        )
        if place in self._refused:
            sign = "  ✖ "
        role: Role = "key" if is_marked else "muted"
        return HangingText(assemble((sign, role)), self._labels[place])

    def mark(self, place: int) -> None:
        """Mark an option, or take its mark away where several may be marked.

        One that cannot be marked is passed over.
        """
        if place in self._refused:
            return
        marked = self.marked ^ {place} if self._multi else frozenset({place})
        if marked == self.marked:
            return
        self.marked = marked
        self.post_message(self.MarksChanged())
        for number in range(len(self._labels)):
            self.replace_option_prompt_at_index(number, self._line(number))

    def action_mark(self) -> None:
        """Mark the option under the cursor, or else the first one."""
        if self.highlighted is None:
            self.action_first()
        else:
            self.mark(self.highlighted)

    def action_take(self) -> None:
        """Take what is marked."""
        self.post_message(self.AnswerRequested())

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if not self._multi:
            self.mark(event.option_index)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.mark(event.option_index)
