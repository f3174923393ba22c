"""A yes or no, with what will happen in words."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Button

from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.theme import Role


class Question(Dialog[bool]):
    """Gives `True` for yes; nothing else is a yes."""

    def __init__(self, title: str, words: str, *, verb: str, tone: Role) -> None:
        super().__init__(title, tone=tone)
        self._words = words
        self._verb = verb

    def compose_body(self) -> Iterable[Widget]:
        """What will happen."""
        yield words_widget(self._words)

    def choices(self) -> tuple[Choice, ...]:
        """Yes or no."""
        return (Choice("yes", self._verb, "primary"), Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Enter says yes."""
        self.buttons["yes"].focus()

    @on(Button.Pressed, "#yes")
    def _yes(self) -> None:
        self.dismiss(result=True)
