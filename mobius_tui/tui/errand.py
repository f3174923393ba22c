"""Leaving the screens for a while: something that wants the terminal itself.

The app goes away whole, gives the terminal back as it was, and comes back as a new app
on the same pages. It does not suspend: Textual's `suspend` can lock up for ever when
the terminal is slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mobius_tui.tui.screens.base import BasePage


class Errand(NamedTuple):
    """Something that is done in the plain terminal, with no screen over it."""

    run: Callable[[], str]
    """Does it, in the main thread, outside any event loop; returns what to tell when
    the screens are back, or nothing. It must leave the terminal as it found it."""


class Away(NamedTuple):
    """What the app ends with where it is to come back."""

    errand: Errand
    pages: tuple[Callable[[], BasePage], ...]
    """Makes each page anew, the lowest first."""


Result: TypeAlias = int | Away
"""What the app ends with: an exit code, or what to do before it comes back."""
