"""A question that is answered by a word: the environment's name, or a number."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.tui.screens.dialog import Dialog, words_widget
from mobius_tui.tui.theme import Role


class TypedDialog(Dialog[str]):
    """Gives the word that was typed; empty where none is wanted."""

    KEEPS = False

    def __init__(self, title: str, *, wanted: str, tone: Role) -> None:
        """Make the dialog.

        Args:
            title: in the border.
            wanted: the word that has to be typed; empty for none.
            tone: the border's.
        """
        super().__init__(title, tone=tone)
        self.wanted = wanted
        self.line = Input(id="environment", compact=True)

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the word: typed with what it confirms in sight."""
        if self.wanted:
            yield words_widget(f"Type {self.wanted} to confirm:", "bad")
            yield self.line

    @on(Input.Submitted)
    def confirm(self) -> None:
        """Take it as confirmed, where the word is right."""
        if not self.wanted:
            self.dismiss("")
            return
        typed = self.line.value.strip()
        if typed == self.wanted:
            self.dismiss(typed)
        else:
            self.refuse(f"That is not it; type {self.wanted}, or Esc.")
