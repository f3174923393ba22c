"""A message: the text filled in, to edit, to tell, and to tick as told."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Button, TextArea

from mobius_tui import sanitize
from mobius_tui.runbook.model import SendMessage, Step
from mobius_tui.runbook.units import in_words
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.view import RunView


class MessageDialog(Dialog[str]):
    """Gives the text as it was told."""

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(f"Tell: {view.plan.name(step.id)}")
        assert isinstance(step.action, SendMessage)
        message = view.runbook.messages[step.action.message]
        body = view.values.preview(message.body).strip()
        last = view.own(step.id).last
        self._told = ""
        if last is not None and last.ended is not None:
            ago = in_words(max(0.0, view.now - last.ended))
            self._told = f"Told {ago} ago by {last.by}; this is what was said then. "
            body = last.note or body
        self._body = sanitize.clean(body, newlines=True)
        self._to = ", ".join(step.action.to)

    def compose_body(self) -> Iterable[Widget]:
        """Whom it is for, and the text."""
        whom = f"For {self._to}. " if self._to else ""
        words = "Tell it where people read, then mark it: this version sends nothing."
        yield words_widget(f"{self._told}{whom}{words}", "muted")
        yield TextArea(self._body, id="text", soft_wrap=True, compact=True)

    def choices(self) -> tuple[Choice, ...]:
        """Told or not yet."""
        if self._told:
            again = Choice("ok", "Mark as told again")
            return (Choice("cancel", "Close", "primary"), again)
        return (Choice("ok", "Mark as told", "primary"), Choice("cancel", "Not yet"))

    def on_mount(self) -> None:
        """Enter marks it; Tab reaches the text."""
        self.query_one("#cancel" if self._told else "#ok").focus()

    @on(Button.Pressed, "#ok")
    def give(self) -> None:
        """Give the text, edited or not."""
        self.dismiss(self.query_one("#text", TextArea).text)
