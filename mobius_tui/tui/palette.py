"""The palette: every command that applies now, by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual.command import (
    CommandPalette,
    DiscoveryHit,
    Hit,
    Hits,
    Provider,
    SimpleProvider,
)
from textual.worker import Worker

from mobius_tui.tui.command import Command
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.synonyms import nearness

NAMED = 50.0
"""What a whole name of a command counts, as Textual's search counts letters: as much as
most of a title."""


class Palette(CommandPalette):
    """Textual's own, whose search ends no app.

    What was typed last may be heard of when the palette is on its way out: the list,
    for which Textual asks first of all, has gone by then, and there is nothing to show.
    """

    def run_worker(self, *arguments: Any, **options: Any) -> Worker[Any]:
        """Begin to search, as Textual does."""
        return super().run_worker(*arguments, **{**options, "exit_on_error": False})


class CommandProvider(Provider):
    """Finds commands of the screen beneath the palette."""

    def _commands(self) -> tuple[tuple[Command, Page], ...]:
        page = self.screen
        if not isinstance(page, Page):
            return ()
        return tuple((command, page) for command in page.palette_commands())

    async def discover(self) -> Hits:
        """All of them."""
        for command, page in self._commands():
            yield DiscoveryHit(
                _title(command),
                partial(page.carry_out, command),
                help=command.help or None,
            )

    async def search(self, query: str) -> Hits:
        """Those whose title, word in the footer or other name resembles it."""
        matcher = self.matcher(query)
        for command, page in self._commands():
            title = _title(command)
            own = max(matcher.match(title), matcher.match(command.label))
            score = max(own, NAMED * nearness(command.id, query))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(page.carry_out, command),
                    help=command.help or None,
                )


def a_choice(
    page: Page, offered: Sequence[tuple[str, Callable[[], None]]], words: str
) -> Palette:
    """A palette of other things than commands.

    Args:
        page: the screen beneath it.
        offered: what there is, in words, and what each does.
        words: what is to be typed.
    """
    provider = SimpleProvider(page, list(offered))
    return Palette(providers=[provider], placeholder=words)  # type: ignore[list-item]


def _title(command: Command) -> str:
    """The command in words, with its first key."""
    return f"{command.title}  ({command.key_name})" if command.keys else command.title
