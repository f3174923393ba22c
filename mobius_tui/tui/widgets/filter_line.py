"""The line in which steps are searched for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Lists what matches as it is typed; Esc lists all again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "List all steps", show=False)
    ]

    class Cleared(Message):
        """The person wants all steps again."""

    def __init__(self) -> None:
        super().__init__(
            id="filter",
            compact=True,
            placeholder="title, id, or state such as failed",
            select_on_focus=False,
        )

    def action_clear(self) -> None:
        """Search for nothing."""
        self.post_message(self.Cleared())
