"""A message: the text filled in, to edit, to copy, to tell, and to tick as told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, TextArea

from mobius_tui import sanitize
from mobius_tui.runbook.model import SendMessage, Step
from mobius_tui.runbook.units import in_words
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.view import RunView

_MENTION = re.compile(r"\$\{[\w.-]+\}")


class MessageDialog(Dialog[str]):
    """Gives the text as it was told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_text", "Copy the text", show=False),
        Binding("e", "edit", "Edit the text", show=False),
    ]

    def __init__(self, view: RunView, step: Step) -> None:
        super().__init__(f"Tell: {view.plan.name(step.id)}")
        assert isinstance(step.action, SendMessage)
        message = view.runbook.messages[step.action.message]
        body = view.values.preview(message.body).strip()
        last = view.own(step.id).last
        self._told = ""
        if last is not None and last.ended is not None:
            ago = in_words(max(0.0, view.now - last.ended))
            self._told = f"Told {ago} ago by {last.by}; this is what was said then."
            body = last.note or body
        self._body = sanitize.clean(body, newlines=True)
        self._to = ", ".join(step.action.to)

    def compose_body(self) -> Iterable[Widget]:
        """Whom it is for, and the text."""
        if self._told:
            yield words_widget(self._told, "good")
        whom = f"For {self._to}. " if self._to else ""
        words = "This version sends nothing: tell it where people read, then mark it."
        yield words_widget(f"{whom}{words} Tab leaves the text.", "muted")
        unknown = ", ".join(dict.fromkeys(_MENTION.findall(self._body)))
        if unknown:
            yield words_widget(f"Not known yet; write it yourself: {unknown}", "warn")
        yield TextArea(self._body, id="text", soft_wrap=True, compact=True)

    def choices(self) -> tuple[Choice, ...]:
        """Told or not yet."""
        others = (Choice("copy", "c Copy"), Choice("edit", "e Edit"))
        if self._told:
            again = Choice("ok", "Mark as told again")
            return (Choice("cancel", "Close", "primary"), *others, again)
        told = Choice("ok", "Mark as told", "primary")
        return (*others, told, Choice("cancel", "Not yet"))

    def on_mount(self) -> None:
        """Enter copies it, and marks it once it is copied; `e` reaches the text."""
        self.query_one("#cancel" if self._told else "#copy").focus()

    @property
    def _text(self) -> str:
        return self.query_one("#text", TextArea).text

    @on(Button.Pressed, "#copy")
    def action_copy_text(self) -> None:
        """Copy the text, edited or not; the next Enter marks it as told."""
        if self.copier is not None:
            self.copier(self._text)
        self.query_one("#ok").focus()

    @on(Button.Pressed, "#edit")
    def action_edit(self) -> None:
        """Go to the end of the text."""
        area = self.query_one("#text", TextArea)
        area.focus()
        area.move_cursor(area.document.end)

    @on(Button.Pressed, "#ok")
    def give(self) -> None:
        """Give the text, edited or not."""
        if self._text.strip():
            self.dismiss(self._text)
        else:
            self.refuse("There is no text; what was told goes on record.")
