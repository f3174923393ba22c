"""The terminal's title: kept while the program runs, and given back at its end."""

from __future__ import annotations

from mobius_tui import sanitize
from mobius_tui.tui.ascii import Ascii

SAVE = "\x1b[22;0t"
"""Asks the terminal to remember its title; those that cannot ignore it."""
RESTORE = "\x1b[23;0t"
"""Asks for the remembered title."""


def sequence(title: str, ascii_alone: Ascii | None) -> str:
    """What sets the title; nothing in it can end the sequence or begin another.

    Args:
        title: from anywhere.
        ascii_alone: puts signs for glyphs, where only those can be sent.
    """
    words = sanitize.line(title)
    if ascii_alone is not None:
        words = ascii_alone.words(words)
    return f"\x1b]0;{words}\x07"
