"""Every key, from the registry of commands."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from mobius_tui.run.steps import Status
from mobius_tui.tui.command import Command
from mobius_tui.tui.glyphs import ASIDE, MARKS
from mobius_tui.tui.screens.dialog import Dialog, words_widget
from mobius_tui.tui.theme import text

KEY_CELLS = 18
"""Cells of the column of keys."""


class HelpDialog(Dialog[None]):
    """Shows the commands that work here, and what the glyphs mean."""

    def __init__(self, commands: tuple[Command, ...], *, glyphs: bool) -> None:
        super().__init__("Help")
        self._commands = commands
        self._glyphs = glyphs

    def compose_body(self) -> Iterable[Widget]:
        """The keys by group, then the glyphs."""
        groups = dict.fromkeys(command.group for command in self._commands)
        for group in groups:
            yield words_widget(group, "strong")
            yield KeyTable(
                tuple(
                    (
                        text(command.key_names, "key"),
                        text(command.help or command.title),
                    )
                    for command in self._commands
                    if command.group == group
                )
            )
        if self._glyphs:
            yield words_widget("States", "strong")
            marks = [*(MARKS[status] for status in Status), ASIDE]
            yield KeyTable(
                tuple((text(mark.glyph, mark.role), text(mark.word)) for mark in marks)
            )


class KeyTable(Widget):
    """Keys in a column, what they do beside them."""

    def __init__(self, rows: tuple[tuple[Content, Content], ...]) -> None:
        super().__init__()
        self._rows = rows

    def _lines(self, width: int) -> Iterable[Content]:
        for key, words in self._rows:
            label = key
            for part in words.wrap(max(10, width - KEY_CELLS - 2)):
                yield (
                    Content("  ")
                    + label.pad_right(KEY_CELLS - label.cell_length)
                    + part
                )
                label = Content("")

    def render(self) -> RenderResult:
        """The laid-out lines."""
        return Content("\n").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return len(tuple(self._lines(width)))
