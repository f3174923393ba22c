"""Every key, from the registry of commands; a word typed finds those that it is in."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.dialogs.dialog import Dialog, text_widget
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS, UNENTERED_ASIDE_MARK
from mobius_tui.tui.presenters.styled_text import text
from mobius_tui.tui.widgets.footer import KeyRow, KeyTable


class HelpGroup(Vertical):
    """A heading and its rows, of which those with the words in them are shown."""

    def __init__(self, title: str, rows: tuple[KeyRow, ...]) -> None:
        super().__init__(classes="group")
        self._title = title
        self._rows = rows
        self._table = KeyTable(rows)

    def compose(self) -> Iterable[Widget]:
        """The heading and the table."""
        yield Static(text(self._title, "strong"), markup=False)
        yield self._table

    def find(self, words: str) -> bool:
        """Show the rows that hold the words; returns whether there are any."""
        rows = tuple(row for row in self._rows if words in _row_text(row))
        self._table.rows = rows
        self.display = bool(rows)
        return bool(rows)


class HelpDialog(Dialog[None]):
    """Shows the commands that work here, and what the glyphs mean."""

    def __init__(
        self, commands: tuple[Command, ...], *, introduction: str, glyphs: bool
    ) -> None:
        """Make the dialog.

        Args:
            commands: what it lists.
            introduction: what somebody who reads one sentence should have read.
            glyphs: whether it says what the glyphs of steps mean.
        """
        super().__init__("Help")
        self._commands = commands
        self._introduction = introduction
        self._glyphs = glyphs

    def compose_body(self) -> Iterable[Widget]:
        """A line to find by, the keys by group, then the glyphs."""
        yield Input(placeholder="type a word to find a key", id="find", compact=True)
        yield text_widget(self._introduction, "muted")
        for group in dict.fromkeys(command.group for command in self._commands):
            found = (command for command in self._commands if command.group == group)
            yield HelpGroup(group, tuple(_row(command) for command in found))
        if self._glyphs:
            marks = [*(STATUS_MARKS[status] for status in Status), UNENTERED_ASIDE_MARK]
            states = ((text(mark.glyph, mark.role), text(mark.word)) for mark in marks)
            yield HelpGroup("States", tuple(states))

    @on(Input.Changed, "#find")
    def _find(self, event: Input.Changed) -> None:
        words = event.value.strip().lower()
        found = [group.find(words) for group in self.query(HelpGroup)]
        if not any(found):
            self.refuse("No key has that word.")
            event.prevent_default()  # which would take back what was just said


def _row(command: Command) -> KeyRow:
    words = text(command.title)
    if command.help:
        words += Content("  ") + text(command.help, "muted")
    if command.label.lower() not in command.title.lower():
        words += text(f" ({command.label})", "muted")  # as the footer has it
    # What has no key of its own is found by its name.
    return text(command.key_names or first_key_name("palette"), "key"), words


def _row_text(row: KeyRow) -> str:
    return f"{row[0].plain} {row[1].plain}".lower()
