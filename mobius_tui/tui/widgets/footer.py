"""The footer's keys, a table of keys, what Enter does now, the demo's coach mark."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.presenters.coach_marks import coach_mark
from mobius_tui.tui.presenters.next_action import NextAction
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import assemble
from mobius_tui.tui.widgets.banners import WordsBanner

FOOTER_GAP_CELLS = 2
"""Cells between two commands."""
ALWAYS_SHOWN = frozenset({"help", "leave"})
"""Never dropped where the line is too short."""


class KeyBar(Widget):
    """One line of commands, fitted to the width."""

    offered: reactive[tuple[Command, ...]] = reactive(())

    class CommandClicked(Message):
        """A command in the footer was clicked."""

        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def render(self) -> RenderResult:
        """The commands that fit, with their keys."""
        parts = [_key_and_label(each) for each in self._fitting_commands()]
        return Content(" " * FOOTER_GAP_CELLS).join(parts)

    def _fitting_commands(self) -> list[Command]:
        """The commands that fit; those that matter always stay."""
        shown = list(self.offered)
        while shown and self._width(shown) > self.size.width:
            spare = [command for command in shown if command.id not in ALWAYS_SHOWN]
            if not spare:
                break
            shown.remove(spare[-1])
        return shown

    def _width(self, shown: list[Command]) -> int:
        return (
            sum(
                _key_and_label(command).cell_length + FOOTER_GAP_CELLS
                for command in shown
            )
            - FOOTER_GAP_CELLS
        )

    def on_click(self, event: events.Click) -> None:
        """Take the command under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        left = 0
        for each in self._fitting_commands():
            right = left + _key_and_label(each).cell_length
            if left <= offset.x < right:
                event.stop()
                self.post_message(self.CommandClicked(each))
                return
            left = right + FOOTER_GAP_CELLS


def _key_and_label(command: Command) -> Content:
    key = command.key_name
    return assemble((key, "key"), (f"{' ' * bool(key)}{command.label}", "muted"))


KEY_CELLS = 11
"""Cells of the column of keys; more keys than that go on in the next line."""
INDENT = "  "

KeyRow = tuple[Content, Content]
"""The keys, and what they do."""


class KeyTable(Widget):
    """Rows with hanging indents; as high as they need."""

    rows: reactive[tuple[KeyRow, ...]] = reactive((), layout=True)

    def __init__(self, rows: tuple[KeyRow, ...]) -> None:
        super().__init__()
        self.set_reactive(KeyTable.rows, rows)

    def _lines(self, width: int) -> Iterable[Content]:
        room = max(10, width - KEY_CELLS - len(INDENT) - 1)
        blank = Content(" " * KEY_CELLS)
        for keys, words in self.rows:
            pairs = zip_longest(keys.wrap(KEY_CELLS), words.wrap(room))
            for key, part in pairs:
                label = blank if key is None else key.rstrip()
                label = label.pad_right(KEY_CELLS - label.cell_length)
                yield Content(INDENT) + label + Content(" ") + (part or Content(""))

    def render(self) -> RenderResult:
        """The laid-out lines."""
        return Content("\n").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return len(tuple(self._lines(width)))


class NextActionLine(Widget):
    """What Enter does; a click does it, too."""

    offer: reactive[NextAction | None] = reactive(None)

    class Clicked(Message):
        """The line was clicked."""

    def render(self) -> RenderResult:
        """One line."""
        offer = self.offer
        if offer is None:
            return Content("")
        note = f"  {offer.note}" if offer.note else ""
        line = assemble(
            (command_by_id("next_action").key_name, "key"),
            (" ▸ ", "muted"),
            (offer.text, offer.role if offer.role != "plain" else "strong"),
            (note, offer.role if offer.role != "plain" else "muted"),
        )
        return line.truncate(self.size.width, ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        """Do it."""
        event.stop()
        self.post_message(self.Clicked())


class CoachMark(WordsBanner):
    """A line or two with a hint for a first-time user, else none."""

    DEFAULT_CSS = """
    CoachMark { dock: none; max-height: 3; background: $accent 20%; }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)

    def watch_view(self, view: RunView | None) -> None:
        """Show the hint, behind a sign."""
        words = coach_mark(view) if view is not None else ""
        sign = Content.styled("☞ ", "bold $accent")
        self.show_lines((sign + assemble((words, "strong")),) if words else ())
