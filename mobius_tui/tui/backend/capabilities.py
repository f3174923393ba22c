"""What a terminal can show: colours, ASCII alone, and a title that is given back."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from mobius_tui import sanitize
from mobius_tui.ascii_text import SIGNS, is_unicode
from mobius_tui.tui.config.settings import OURS, Settings


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


class AsciiFilter(LineFilter):
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


SAVE_TITLE = "\x1b[22;0t"
"""Asks the terminal to remember its title; those that cannot ignore it."""
RESTORE_TITLE = "\x1b[23;0t"
"""Asks for the remembered title."""


def title_sequence(title: str, ascii_filter: AsciiFilter | None) -> str:
    """What sets the title; nothing in it can end the sequence or begin another.

    Args:
        title: from anywhere.
        ascii_filter: puts signs for glyphs, where only those can be sent.
    """
    words = sanitize.line(title)
    if ascii_filter is not None:
        words = ascii_filter.words(words)
    return f"\x1b]0;{words}\x07"


DARK, TERMINALS_OWN = OURS[0], OURS[-1]
"""The themes for many colours, and for few or none."""

Colours = Literal["none", "few", "many"]
"""`few`: the terminal's own 16."""

FEW_GLYPHS = frozenset({"linux", "vt100", "vt102", "vt220"})
"""Terminals whose fonts lack most of what is not ASCII; `linux` is Linux's console."""


def colours(environ: Mapping[str, str]) -> Colours:
    """How many colours there are, and are wanted."""
    if environ.get("NO_COLOR"):
        return "none"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "many"
    term = environ.get("TERM", "")
    return "many" if "256color" in term or "direct" in term else "few"


def has_title(environ: Mapping[str, str]) -> bool:
    """Whether it has a title, and does not show what sets one as text."""
    return environ.get("TERM", "dumb") not in {*FEW_GLYPHS, "dumb"}


def is_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether it should be sent ASCII alone.

    Args:
        environ: the environment.
        encoding: how text is written to it.
    """
    return environ.get("TERM") in FEW_GLYPHS or not is_unicode(encoding)


def fitted(settings: Settings, environ: Mapping[str, str], encoding: str) -> Settings:
    """Settings with everything decided that the person left open.

    Args:
        settings: the person's.
        environ: the environment.
        encoding: how text is written to the terminal.
    """
    found = colours(environ)
    theme = settings.theme or (DARK if found == "many" else TERMINALS_OWN)
    ascii_filter = settings.ascii
    return replace(
        settings,
        theme=TERMINALS_OWN if found == "none" else theme,
        ascii=is_ascii(environ, encoding) if ascii_filter is None else ascii_filter,
        title=settings.title and has_title(environ),
    )
