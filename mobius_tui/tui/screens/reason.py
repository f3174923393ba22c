"""A dialog for one text: why a step is skipped or overridden, a note, an end."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.theme import Role


class ReasonDialog(Dialog[str]):
    """Gives the text."""

    def __init__(
        self,
        title: str,
        words: str,
        *,
        verb: str,
        prompt: str,
        wanted: bool = True,
        tone: Role = "plain",
        composes: bool = False,
    ) -> None:
        """Make the dialog.

        Args:
            title: in the border.
            words: what will happen.
            verb: the button's label.
            prompt: in the empty line.
            wanted: whether an empty text is refused.
            tone: the border's.
            composes: whether the text is the thing itself, and no reason for another.
        """
        super().__init__(title, tone=tone)
        self._words = words
        self._verb = verb
        self._line = Input(placeholder=prompt, id="reason", compact=True)
        self._wanted = wanted
        self.composes = composes

    def compose_body(self) -> Iterable[Widget]:
        """What will happen, and the line."""
        yield words_widget(self._words)
        yield self._line

    def choices(self) -> tuple[Choice, ...]:
        """Do it or not."""
        return (Choice("ok", self._verb, "primary"), Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Type at once."""
        self._line.focus()

    @on(Button.Pressed, "#ok")
    @on(Input.Submitted)
    def give(self) -> None:
        """Give the text, if there is one where it is wanted."""
        words = self._line.value.strip()
        if self._wanted and not words:
            self.refuse("A reason is wanted; it stays on record.")
        else:
            self.dismiss(words)
