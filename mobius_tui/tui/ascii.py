"""Drawing with ASCII alone: one sign for each glyph that the screens draw.

It is done where lines leave for the terminal, so that borders, bars and charts are
reached like words, and no widget need know of it. Each sign is as wide as its glyph.
"""

from __future__ import annotations

import unicodedata

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from mobius_tui.ascii_text import SIGNS


class _Table(dict[int, str]):
    """What `str.translate` asks for each character."""

    def __init__(self, *, all_others: bool) -> None:
        super().__init__({ord(glyph): sign for glyph, sign in SIGNS.items()})
        self._all_others = all_others

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code < 0x80 or not self._all_others:
            sign = character
        else:
            wide = unicodedata.east_asian_width(character) in "WF"
            mark = unicodedata.category(character) in ("Mn", "Me")
            sign = "" if mark else "??" if wide else "?"
        self[code] = sign
        return sign


class Ascii(LineFilter):
    """Puts signs for glyphs."""

    def __init__(self, *, all_others: bool) -> None:
        """Make the filter.

        Args:
            all_others: whether what is neither ASCII nor a glyph of ours becomes `?`:
                where the terminal cannot be sent it.
        """
        super().__init__()
        self._table = _Table(all_others=all_others)

    def words(self, text: str) -> str:
        """A text in ASCII."""
        return text.translate(self._table)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        del background
        return [
            segment
            if segment.text.isascii()
            else Segment(self.words(segment.text), segment.style, segment.control)
            for segment in segments
        ]
