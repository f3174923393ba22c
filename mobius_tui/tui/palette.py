"""The palette: every command that applies now, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from mobius_tui.tui.command import Command
from mobius_tui.tui.screens.page import Page


class CommandProvider(Provider):
    """Finds commands of the screen beneath the palette, and the themes after them.

    The themes are Textual's own command; a provider of their own would have them before
    or after the others as it happens to be scheduled.
    """

    def _entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType, str]]:
        """Title, the footer's word for it, what it does, and the line under it."""
        page = self.screen
        if isinstance(page, Page):
            for each in page.palette_commands():
                act = partial(page.carry_out, each)
                yield _title(each), each.label, act, each.help
        words = "For now; the `theme` of config.toml is for good"
        yield "Theme", "", self.app.action_change_theme, words

    async def discover(self) -> Hits:
        """All of them."""
        for title, _label, act, words in self._entries():
            yield DiscoveryHit(title, act, help=words or None)

    async def search(self, query: str) -> Hits:
        """Those whose title, or word in the footer, resembles what was typed."""
        matcher = self.matcher(query)
        for title, label, act, words in self._entries():
            score = max(matcher.match(title), matcher.match(label))
            if score > 0:
                yield Hit(score, matcher.highlight(title), act, help=words or None)


def _title(command: Command) -> str:
    """The command in words, with its first key."""
    return f"{command.title}  ({command.key_name})" if command.keys else command.title
