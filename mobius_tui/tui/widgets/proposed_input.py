"""A line to fill in, for which a command proposes values."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static


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
