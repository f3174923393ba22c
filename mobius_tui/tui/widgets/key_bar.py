"""The footer: the keys of the commands that apply now; each can be clicked."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.command import Command
from mobius_tui.tui.theme import assemble

GAP = 2
"""Cells between two commands."""
ALWAYS = frozenset({"help", "leave"})
"""Never dropped where the line is too short."""


class KeyBar(Widget):
    """One line of commands, fitted to the width."""

    offered: reactive[tuple[Command, ...]] = reactive(())

    class Taken(Message):
        """The person clicked on a command."""

        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def render(self) -> RenderResult:
        """The commands that fit, with their keys."""
        parts = [_part(command) for command in self._fitting()]
        return Content(" " * GAP).join(parts)

    def _fitting(self) -> list[Command]:
        """The commands that fit; those that matter always stay."""
        shown = list(self.offered)
        while shown and self._width(shown) > self.size.width:
            spare = [command for command in shown if command.id not in ALWAYS]
            if not spare:
                break
            shown.remove(spare[-1])
        return shown

    def _width(self, shown: list[Command]) -> int:
        return sum(_part(command).cell_length + GAP for command in shown) - GAP

    def on_click(self, event: events.Click) -> None:
        """Take the command under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        left = 0
        for command in self._fitting():
            right = left + _part(command).cell_length
            if left <= offset.x < right:
                event.stop()
                self.post_message(self.Taken(command))
                return
            left = right + GAP


def _part(command: Command) -> Content:
    key = command.key_name
    return assemble((key, "key"), (f"{' ' * bool(key)}{command.label}", "muted"))
