"""What a terminal can show, by what the environment says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mobius_tui.ascii_text import is_unicode
from mobius_tui.tui.settings import OURS, Settings

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
    ascii_alone = settings.ascii
    return replace(
        settings,
        theme=TERMINALS_OWN if found == "none" else theme,
        ascii=is_ascii(environ, encoding) if ascii_alone is None else ascii_alone,
        title=settings.title and has_title(environ),
    )
