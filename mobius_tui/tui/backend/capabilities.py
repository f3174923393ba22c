"""What a terminal can show: colours, ASCII alone, and its title.

Textual 8.2 leaves the number of colours to Rich and knows whether NO_COLOR is set; it
does not know which glyphs a terminal draws, and sets no title. Upstream needs: a filter
for terminals without UTF-8, and a title that its driver sets and puts back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from mobius_tui import sanitize
from mobius_tui.ascii_text import ASCII_SIGNS, is_unicode
from mobius_tui.structs import replace
from mobius_tui.tui.config.settings import OWN_THEME_NAMES, Settings


class _AsciiTable(dict[int, str]):
    """A table for `str.translate`: what to print for each character, by its code."""

    def __init__(self, *, all_others: bool) -> None:
        super().__init__({ord(glyph): sign for glyph, sign in ASCII_SIGNS.items()})
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
    """Replaces glyphs with ASCII signs."""

    def __init__(self, *, all_others: bool) -> None:
        """Make the filter.

        Args:
            all_others: whether what is neither ASCII nor a glyph of ours becomes `?`:
                where the terminal cannot be sent it.
        """
        super().__init__()
        self._table = _AsciiTable(all_others=all_others)

    def to_ascii(self, text: str) -> str:
        """A text in ASCII."""
        return text.translate(self._table)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        del background
        return [
            segment
            if segment.text.isascii()
            else Segment(self.to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


SAVE_TITLE = "\x1b[22;0t"
"""Asks the terminal to remember its title; those that cannot ignore it."""
RESTORE_TITLE = "\x1b[23;0t"
"""Asks for the remembered title."""


def title_sequence(title: str, ascii_filter: AsciiFilter | None) -> str:
    """The sequence that sets a title, which cannot end it or begin another.

    Args:
        title: from anywhere.
        ascii_filter: puts signs for glyphs, where only those can be sent.
    """
    shown_title = sanitize.line(title)
    if ascii_filter is not None:
        shown_title = ascii_filter.to_ascii(shown_title)
    return f"\x1b]0;{shown_title}\x07"


DARK_THEME_NAME, TERMINAL_THEME_NAME = OWN_THEME_NAMES[0], OWN_THEME_NAMES[-1]
"""Names of the themes for terminals with many colours, and with few or none."""

Colours = Literal["none", "few", "many"]
"""How many colours a terminal has: `few` are its own 16, `many` are 256 and more."""

TERMINALS_WITH_FEW_GLYPHS = frozenset({"linux", "vt100", "vt102", "vt220"})
"""Terminals whose fonts lack most of what is not ASCII; `linux` is Linux's console."""


def colour_support(environ: Mapping[str, str]) -> Colours:
    """How many colours the terminal has and the person wants."""
    if environ.get("NO_COLOR"):
        return "none"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "many"
    term = environ.get("TERM", "")
    return "many" if "256color" in term or "direct" in term else "few"


def can_set_title(environ: Mapping[str, str]) -> bool:
    """Whether the terminal takes a title, and does not print the sequence as text."""
    return environ.get("TERM", "dumb") not in {*TERMINALS_WITH_FEW_GLYPHS, "dumb"}


def needs_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether the terminal should be sent nothing but ASCII.

    Args:
        environ: the environment.
        encoding: how text is written to it.
    """
    return environ.get("TERM") in TERMINALS_WITH_FEW_GLYPHS or not is_unicode(encoding)


def resolve_settings(
    settings: Settings, environ: Mapping[str, str], encoding: str
) -> Settings:
    """Decide what the person left open, by what the terminal can show.

    What it cannot show, or NO_COLOR forbids, is not done even if the person chose it:
    the theme is that without colours, and no title is set.

    Args:
        settings: the person's.
        environ: the environment.
        encoding: how text is written to the terminal.
    """
    found = colour_support(environ)
    theme = settings.theme or (
        DARK_THEME_NAME if found == "many" else TERMINAL_THEME_NAME
    )
    ascii_setting = settings.ascii
    return replace(
        settings,
        theme=TERMINAL_THEME_NAME if found == "none" else theme,
        ascii=needs_ascii(environ, encoding)
        if ascii_setting is None
        else ascii_setting,
        title=settings.title and can_set_title(environ),
    )
