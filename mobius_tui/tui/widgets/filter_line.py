"""The line in which one types what a list is searched for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Lists what matches as it is typed; Esc lists all again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "List all again", show=False)
    ]

    class Cleared(Message):
        """The person wants the whole list again."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            id="filter", compact=True, placeholder=placeholder, select_on_focus=False
        )
        self.display = False

    def action_clear(self) -> None:
        """Search for nothing."""
        self.post_message(self.Cleared())
