"""Every key, from the registry of commands."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.run.state import Status
from mobius_tui.tui.commands import Command
from mobius_tui.tui.glyphs import ASIDE, MARKS
from mobius_tui.tui.screens.dialog import Dialog
from mobius_tui.tui.theme import assemble

KEY_CELLS = 22
"""Cells of the column of keys."""


class HelpDialog(Dialog[None]):
    """Shows the commands that work here, and what the glyphs mean."""

    def __init__(self, commands: tuple[Command, ...], *, glyphs: bool) -> None:
        super().__init__("Help")
        self._commands = commands
        self._glyphs = glyphs

    def compose_body(self) -> Iterable[Widget]:
        """The keys by group, then the glyphs."""
        yield Static(Content("\n").join(self._lines()), markup=False, id="keys")

    def _lines(self) -> Iterable[Content]:
        groups = dict.fromkeys(command.group for command in self._commands)
        for group in groups:
            yield assemble((group, "strong"))
            for command in self._commands:
                if command.group == group:
                    keys = f"  {command.key_names:<{KEY_CELLS}}"
                    yield assemble((keys, "key"), (command.help or command.title, "plain"))
            yield Content("")
        if self._glyphs:
            yield assemble(("States", "strong"))
            marks = [*(MARKS[status] for status in Status), ASIDE]
            for mark in marks:
                yield assemble((f"  {mark.glyph} ", mark.role), (mark.word, "plain"))
