"""The line above the footer: what Enter does now."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.commands import command
from mobius_tui.tui.offers import Offer
from mobius_tui.tui.theme import assemble


class NextLine(Widget):
    """What Enter does; a click does it, too."""

    offer: reactive[Offer | None] = reactive(None)

    class Taken(Message):
        """The person clicked on it."""

    def render(self) -> RenderResult:
        """One line."""
        offer = self.offer
        if offer is None:
            return Content("")
        note = f"  {offer.note}" if offer.note else ""
        line = assemble(
            (command("next_action").key_name, "key"),
            (" ▸ ", "muted"),
            (offer.text, offer.role if offer.role != "plain" else "strong"),
            (note, offer.role if offer.role != "plain" else "muted"),
        )
        return line.truncate(self.size.width, ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        """Do it."""
        event.stop()
        self.post_message(self.Taken())
