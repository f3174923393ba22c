"""The palette: every command that applies now, by its name."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mobius_tui.tui.command import Command
from mobius_tui.tui.screens.page import Page


class CommandProvider(Provider):
    """Finds commands of the screen beneath the palette, and then the app's own.

    Textual's provider of the latter is not used beside it: which of the two comes first
    would change from one process to the next.
    """

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
        for own in self.app.get_system_commands(self.screen):
            yield DiscoveryHit(own.title, own.callback, help=own.help)

    async def search(self, query: str) -> Hits:
        """Those whose title, or word in the footer, resembles what was typed."""
        matcher = self.matcher(query)
        for command, page in self._commands():
            title = _title(command)
            score = max(matcher.match(title), matcher.match(command.label))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(page.carry_out, command),
                    help=command.help or None,
                )
        for own in self.app.get_system_commands(self.screen):
            score = matcher.match(own.title)
            if score > 0:
                words = matcher.highlight(own.title)
                yield Hit(score, words, own.callback, help=own.help)


def _title(command: Command) -> str:
    """The command in words, with its first key."""
    return f"{command.title}  ({command.key_name})" if command.keys else command.title
