"""Dialogs for one answer (yes or no, text, word, file), and how a flow opens them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from mobius_tui.run.intents.action import Action
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    text_widget,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, text
from mobius_tui.tui.screen_state import DraftKey, Purpose, RowKey

T = TypeVar("T")


class DialogOpener(Protocol):
    """Shows a dialog and waits for what it gives."""

    async def __call__(self, dialog: Dialog[T], /) -> T | None:
        """Show it."""


class Notifier(Protocol):
    """Shows a notice for a moment."""

    def __call__(self, words: str, *, is_problem: bool = False) -> None:
        """Show it."""


Flow = Callable[[DialogOpener, RunView, RowKey | None], Awaitable[Action | None]]
"""A coroutine that turns a command into an action: takes a dialog opener, the view, and
the selected checklist key.
"""


def as_question(words: str) -> str:
    """The words with one `?` at their end, also if the title in them ends with one."""
    return words.rstrip("?") + "?"


class Question(Dialog[bool]):
    """The result is `True` for yes; nothing else is a yes."""

    def __init__(self, title: str, *lines: str, verb: str, tone: Role) -> None:
        super().__init__(title, tone=tone)
        self._lines = lines
        self._verb = verb

    def compose_body(self) -> Iterable[Widget]:
        """What will happen."""
        words = Content("\n").join([text(line) for line in self._lines])
        yield Static(words, markup=False, classes="words")

    def choices(self) -> tuple[Choice[bool], ...]:
        """Yes or no."""
        yes = Choice(self._verb, result=True, variant="primary")
        return (yes, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Enter says yes."""
        self.buttons[True].focus()


class TextDialog(Dialog[str]):
    """The result is the text."""

    def __init__(
        self,
        title: str,
        words: str,
        *,
        draft_key: DraftKey,
        verb: str,
        prompt: str,
        required: bool = True,
        empty_refusal: str = "A reason is wanted; it stays on record.",
        tone: Role = "plain",
        keeps_draft_on_close: bool = False,
    ) -> None:
        """Make the dialog.

        Args:
            title: in the border.
            words: what will happen.
            draft_key: by which what was typed is kept.
            verb: the button's label.
            prompt: in the empty line.
            required: whether an empty text is refused.
            empty_refusal: what is said where it is.
            tone: the border's.
            keeps_draft_on_close: whether Esc keeps the draft: for a text that is what
                the dialog is for, such as a note, and not for a reason.
        """
        super().__init__(title, tone=tone, draft_key=draft_key)
        self._words = words
        self._verb = verb
        self._line = Input(placeholder=prompt, id="reason", compact=True)
        self._required = required
        self._empty_refusal = empty_refusal
        self.keeps_draft_on_close = keeps_draft_on_close

    def compose_body(self) -> Iterable[Widget]:
        """What will happen, and the line."""
        yield text_widget(self._words)
        yield self._line

    def choices(self) -> tuple[Choice[str], ...]:
        """Do it or not."""
        return (
            Choice(self._verb, CallOnPress(self.submit), "primary"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the line to type in."""
        self._line.focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Submit the text, if there is one or none is required."""
        words = self._line.value.strip()
        if self._required and not words:
            self.refuse(self._empty_refusal)
        else:
            self.dismiss(words)


class ConfirmationInput:
    """The input line, in a dialog's foot, for the word that confirms its action."""

    def __init__(self, wanted: str) -> None:
        """Make the line.

        Args:
            wanted: the word that has to be typed; empty for none.
        """
        self.wanted = wanted
        self.line = Input(id="environment", compact=True)

    def compose(self) -> Iterable[Widget]:
        """What is to be typed, and the line; nothing where no word is wanted."""
        if self.wanted:
            yield text_widget(f"Type {self.wanted} to confirm:", "bad")
            yield self.line

    @property
    def is_right(self) -> bool:
        """Whether the word that was typed is the one that is wanted."""
        return not self.wanted or self.line.value.strip() == self.wanted

    def refused(self) -> str:
        """What to say of another one, which is selected: what is typed replaces it."""
        self.line.select_all()
        return f"That is not it; type {self.wanted}, or Esc."


class SaveDialog(Dialog[Path]):
    """The result is the path of a file that does not exist yet."""

    def __init__(self, output: Path, attempt: AttemptId) -> None:
        """Make the dialog.

        Args:
            output: where the output itself is.
            attempt: which attempt printed it.
        """
        key = DraftKey(
            purpose=Purpose.SAVE_OUTPUT, step=attempt.step, attempt=attempt.number
        )
        super().__init__("Save the output", draft_key=key)
        self._output = output
        offered = str(_current_folder() / f"{attempt}.txt")
        self._line = Input(value=offered, id="name", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """What is saved, and the line."""
        yield text_widget(
            "What is saved is the text as it is shown, without colours, in a file that "
            "only you can read. It is never written over another file."
        )
        yield text_widget(f"The exact bytes are in {self._output}", "muted")

    def compose_foot(self) -> Iterable[Widget]:
        """The line."""
        yield self._line

    def choices(self) -> tuple[Choice[Path], ...]:
        """Do it or not."""
        return (
            Choice("Save it", CallOnPress(self.submit), "primary"),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the line to type in."""
        self._line.focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Give the path, if a file can be made there."""
        given = self._line.value.strip()
        path = _current_folder() / os.path.expanduser(given)  # noqa: PTH111 - never fails
        if not given:
            self.refuse("A file needs a name.")
        elif os.path.lexists(path):
            self.refuse("There is such a file already, and it stays. Another name?")
        elif not path.parent.is_dir():
            self.refuse(f"There is no folder {path.parent}")
        else:
            self.dismiss(path)


def _current_folder() -> Path:
    """The current directory, or the home folder where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.path.expanduser("~"))  # noqa: PTH111 - never fails
