"""The line in which is typed what to find, and under it what is not searched."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

NOT_SEARCHED = "Not searched: of long lines, the bytes that are not shown"
"""What is said where there are lines that are not shown to their end."""


class FindInput(Input):
    """What is typed; up and down go from hit to hit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "Hit before", show=False),
        Binding("down", "go(1)", "Next hit", show=False),
        Binding("escape", "finish", "End finding", show=False),
    ]

    def action_go(self, step: int) -> None:
        """Go to another hit."""
        self.post_message(FindLine.Went(step))

    def action_finish(self) -> None:
        """Find nothing any more."""
        self.post_message(FindLine.Ended())


class FindLine(Vertical):
    """A line at the foot of the pane: what to find, and how often it is there."""

    DEFAULT_CSS = """
    FindLine {
        dock: bottom;
        height: auto;
        background: $panel;
        & > Horizontal { height: 1; }
        & .label { width: auto; text-style: bold; color: $accent; }
        & .count { width: auto; padding: 0 1; color: $text-muted; }
        & Input { width: 1fr; }
        & > .note { height: 1; color: $warning; text-wrap: nowrap; }
    }
    """

    class Changed(Message):
        """Something else is to be found."""

        def __init__(self, wanted: str) -> None:
            super().__init__()
            self.wanted = wanted

    class Went(Message):
        """Another hit is to be shown."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Ended(Message):
        """Nothing is to be found any more."""

    class Left(Message):
        """The hits stay, and the keys go back to the output."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._line = FindInput(compact=True, select_on_focus=True)
        self._count = Static("", classes="count", markup=False)
        self._note = Static(NOT_SEARCHED, classes="note", markup=False)
        self._note.display = False

    def compose(self) -> ComposeResult:
        """Label, line, count; and the note."""
        with Horizontal():
            yield Static("Find ", classes="label", markup=False)
            yield self._line
            yield self._count
        yield self._note

    @property
    def rows(self) -> int:
        """How many it takes of the pane."""
        return self.display + (self.display and self._note.display)

    def say(self, words: str, *, passes_over: bool) -> None:
        """Say how often it is there, and whether some lines are passed over."""
        self._words = words
        self._note.display = passes_over
        self._say_all()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _say_all(self) -> None:
        """Say it, and which keys go on from here."""
        keys = "↑ ↓ Enter" if self._line.has_focus else "n N Esc"
        self._count.update(f"{self._words}  {keys}".strip())

    def begin(self) -> None:
        """Type."""
        self._line.focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left())
