"""How a flow asks the person, and what it gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from mobius_tui.run.intents import Intent
from mobius_tui.tui.view import RunView

if TYPE_CHECKING:
    from mobius_tui.tui.screens.dialog import Dialog

T = TypeVar("T")


class Ask(Protocol):
    """Shows a dialog and waits for what it gives."""

    async def __call__(self, dialog: Dialog[T], /) -> T | None:
        """Show it."""


Flow = Callable[[Ask, RunView, str | None], Awaitable[Intent | None]]
"""Given how to ask, the run, and the checklist's key that it is about."""


def question(words: str) -> str:
    """A question, whether or not the title that it ends with is one itself."""
    return words.rstrip("?") + "?"
