"""The program's own themes: dark, light, of high contrast, and of the terminal itself.

Calm ground, one accent for the focus, red only for what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

DARK_THEME = Theme(
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
        "text-muted": "#939eaf",
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

LIGHT_THEME = Theme(
    name="mobius-light",
    primary="#0a5aa8",
    secondary="#7a2ea8",
    accent="#0a5aa8",
    foreground="#1c2430",
    background="#fbfcfd",
    surface="#eef1f5",
    panel="#e3e8ef",
    success="#156b2a",
    warning="#7c4a00",
    error="#b3121d",
    dark=False,
    variables={
        "border": "#0a5aa8",
        "border-blurred": "#b3bdca",
        "text-muted": "#4f5b6b",
        "text-warning": "#7c4a00",
        "block-cursor-background": "#cfe2f7",
        "block-cursor-foreground": "#000000",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#e3e8ef",
        "block-cursor-blurred-foreground": "#1c2430",
        "input-selection-background": "#0a5aa8 25%",
        "footer-background": "#eef1f5",
    },
)

CONTRAST_THEME = Theme(
    name="mobius-contrast",
    primary="#7fd4ff",
    secondary="#e6b8ff",
    accent="#7fd4ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#101010",
    success="#6bff7f",
    warning="#ffd84d",
    error="#ff9a9a",
    dark=True,
    variables={
        "border": "#7fd4ff",
        "border-blurred": "#9a9a9a",
        "text-muted": "#d0d0d0",
        "text-warning": "#ffd84d",
        "block-cursor-background": "#002b47",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#202020",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-selection-background": "#7fd4ff 35%",
        "footer-background": "#000000",
    },
)
"""Every text has at least a contrast of 7:1 with its background, as WCAG's AAA asks."""

TERMINAL_COLOURS_THEME = Theme(
    name="mobius-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_magenta",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "text-muted": "ansi_default",
        "text-warning": "ansi_yellow",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "bold underline",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "scrollbar": "ansi_cyan",
        "scrollbar-background": "ansi_default",
        "footer-background": "ansi_default",
    },
)
"""The terminal's own 16 colours; selected text in a field alone has two.

That is black on cyan; else none is drawn as text on another. Blue and bright black are
not used: on the Linux console they are next to invisible.
"""

OWN_THEMES = (DARK_THEME, LIGHT_THEME, CONTRAST_THEME, TERMINAL_COLOURS_THEME)

BLURRED_BORDER_STRENGTH = 0.4
"""The colour of a border without the focus, from 0, the background, to 1, the text."""


def blurred_border(theme: Theme, variables: Mapping[str, str]) -> str:
    """The colour of frames without the focus.

    Textual makes it of the surface where a theme names none, and in most of its themes
    nobody tells that from the ground; a terminal's black or white may be its ground.

    Args:
        theme: the one in use.
        variables: what its variables are without this.
    """
    if theme.ansi:
        return "ansi_default"
    if "border-blurred" in theme.variables:
        return theme.variables["border-blurred"]
    ground = Color.parse(variables["background"])
    return ground.blend(
        Color.parse(variables["foreground"]), BLURRED_BORDER_STRENGTH
    ).hex
