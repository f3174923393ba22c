"""The palette: every command that applies now, by its name."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mobius_tui.tui.command import Command
from mobius_tui.tui.screens.page import Page


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


def _title(command: Command) -> str:
    """The command in words, with its first key."""
    return f"{command.title}  ({command.key_name})" if command.keys else command.title
