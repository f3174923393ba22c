"""What the app asks of a full screen, without all that a page brings along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.screen import Screen

from mobius_tui.tui.errand import Away, Errand
from mobius_tui.tui.room import Roomy


class BasePage(Roomy, Screen[None]):
    """A full screen, as the app knows it."""

    reopen: Callable[[], BasePage] | None = None
    """Makes this page anew as it stands now; `None` for one that need not come back."""

    @property
    def left_behind(self) -> str:
        """What goes on when the program comes to a fault here; empty for nothing."""
        return ""

    @property
    def is_opening(self) -> bool:
        """Whether a question is about to come on the screen, and keys must wait."""
        return False

    def set_aside(self) -> str:
        """Keep what is not done yet, and return what to tell of it when it is back."""
        return ""

    def action_leave(self) -> None:
        """Go back to the screen beneath, or out."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            self.app.exit(0)


def away(errand: Errand, stack: Sequence[Screen[Any]]) -> Away:
    """What the app ends with to do something, and to come back on the same pages."""
    pages = [page for page in stack if isinstance(page, BasePage)]
    closed = " ".join(filter(None, (page.set_aside() for page in pages)))
    reopens = (page.reopen for page in pages)
    made = tuple(reopen for reopen in reopens if reopen is not None)

    def run() -> str:
        return " ".join(filter(None, (errand.run(), closed)))

    return Away(errand=Errand(run=run), pages=made)
