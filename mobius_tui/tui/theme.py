"""The program's own theme, and the names by which widgets ask for colours.

A role says what a text means; its style is a Textual style of theme variables, so that
every theme, and the terminal's own 16 colours, keep the meaning. No role is needed to
understand a text: a glyph or a word always says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.content import Content
from textual.theme import Theme

from mobius_tui import sanitize

Role = Literal[
    "plain",
    "strong",
    "muted",
    "accent",
    "good",
    "warn",
    "bad",
    "name",
    "command",
    "key",
]

STYLES: Mapping[Role, str] = {
    "plain": "$foreground",
    "strong": "bold $foreground",
    "muted": "$text-muted",
    "accent": "$accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "bold $error",
    "name": "$secondary",
    "command": "$accent",
    "key": "bold $accent",
}
"""The style of each role, for `Content`."""

DARK = Theme(
    name="mobius-dark",
    primary="#6cb6ff",
    secondary="#d2a8ff",
    accent="#6cb6ff",
    foreground="#dbe1ea",
    background="#0f151d",
    surface="#161d28",
    panel="#1c2633",
    success="#7ddc8b",
    warning="#f2c55c",
    error="#ff6b6b",
    dark=True,
    variables={
        "border": "#6cb6ff",
        "border-blurred": "#3b4758",
        "text-muted": "#8b96a7",
        "text-warning": "#f2c55c",
        "block-cursor-background": "#21344b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1c2633",
        "block-cursor-blurred-foreground": "#dbe1ea",
        "input-selection-background": "#6cb6ff 35%",
        "footer-background": "#161d28",
    },
)
"""Calm ground, one accent for the focus, red only for what is wrong."""

THEMES = (DARK,)


def text(words: str, role: Role = "plain") -> Content:
    """One line of words from anywhere, made harmless, in a role's style."""
    return Content.styled(sanitize.line(words), STYLES[role])


def assemble(*parts: tuple[str, Role]) -> Content:
    """Several texts, one after the other; see `text`."""
    return Content("").join([text(words, role) for words, role in parts])


def cut_in_middle(words: str, width: int) -> str:
    """Words with `…` for their middle where they are wider than `width` cells."""
    if sanitize.cells(words) <= width:
        return words
    if width < 3:
        return "…"[:width]
    head = tail = 0
    room = width - 1
    while room > 0:
        side = words[head] if head <= tail else words[len(words) - 1 - tail]
        room -= sanitize.cells(side)
        if room < 0:
            break
        if head <= tail:
            head += 1
        else:
            tail += 1
    return f"{words[:head]}…{words[len(words) - tail :]}"
