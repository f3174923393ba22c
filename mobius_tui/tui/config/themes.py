"""The program's own themes, and what makes every theme readable.

Calm ground, one accent for the focus, red only for what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

BLUE_ORANGE_THEME = Theme(
    name="mobius-blue-orange",
    primary="#c9b8ff",
    secondary="#e6b8ff",
    accent="#c9b8ff",
    foreground="#dbe1ea",
    background="#0f151d",
    surface="#161d28",
    panel="#1c2633",
    success="#62b9fa",
    warning="#fef3a2",
    error="#ec7d03",
    dark=True,
    variables={
        "border": "#c9b8ff",
        "border-blurred": "#3b4758",
        "text-muted": "#939eaf",
        "text-warning": "#fef3a2",
        "block-cursor-background": "#21344b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1c2633",
        "block-cursor-blurred-foreground": "#dbe1ea",
        "input-selection-background": "#c9b8ff 35%",
        "footer-background": "#161d28",
    },
)
"""For people who cannot tell red from green, or blue from yellow.

What is well is blue, what warns a pale yellow, what failed orange: the three are at
least 20 apart (CIEDE2000) for each kind of dichromacy, as Machado, Oliveira and
Fernandes (2009) reckon what is seen.
"""

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

OWN_THEMES = (
    DARK_THEME,
    LIGHT_THEME,
    CONTRAST_THEME,
    BLUE_ORANGE_THEME,
    TERMINAL_COLOURS_THEME,
)

BLURRED_BORDER_STRENGTH = 0.4
"""The colour of a border without the focus, from 0, the background, to 1, the text."""
CURSOR_STRENGTH = 0.2
"""The colour of the cursor's row, from 0, the background, to 1, the accent."""
MUTED_STRENGTH = 0.7
"""The colour of a muted text, from 0, the background, to 1, the text."""
LEAST_CONTRAST = 4.5
"""The least contrast of a text with any ground: WCAG 2's AA."""
STEPS_TO_CONTRAST = 20
"""Steps in which a text of too little contrast goes towards white, or black."""
TEXTS = (
    *("foreground", "text-muted", "accent", "success", "warning", "error"),
    *("primary", "secondary", "text-warning"),
)
"""The variables that texts are drawn in."""
GROUNDS = ("background", "surface", "panel", "block-cursor-background")
"""The variables that they are drawn on."""


def seen_variables(theme: Theme, variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables, with texts that can be read and frames that are seen.

    Textual's themes draw some texts with a contrast of 1.4 on their panels, give the
    cursor's row a ground on which a failure's red is lost, and frames without the focus
    the colour of the surface. Ours are made so that they need none of this but for the
    terminal's own, whose colours nobody knows.

    Args:
        theme: the one in use.
        variables: what its variables are without this.
    """
    found = dict(variables)
    if theme.ansi:
        return {**found, "border-blurred": "ansi_default"}
    if theme in OWN_THEMES:
        return found
    ground, text, accent = (
        Color.parse(found[name]) for name in ("background", "foreground", "accent")
    )
    if "border-blurred" not in theme.variables:
        found["border-blurred"] = ground.blend(text, BLURRED_BORDER_STRENGTH).hex
    found["block-cursor-background"] = ground.blend(accent, CURSOR_STRENGTH).hex
    found["block-cursor-blurred-background"] = found["panel"]
    found["text-muted"] = ground.blend(text, MUTED_STRENGTH).hex
    grounds = [ground + Color.parse(found[name]) for name in GROUNDS]
    pole = Color.parse("white" if theme.dark else "black")
    for name in TEXTS:
        found[name] = _readable(found[name], grounds, pole)
    for state in ("block-cursor", "block-cursor-blurred"):
        found[f"{state}-foreground"] = found["foreground"]
    return found


def _readable(text: str, grounds: Sequence[Color], pole: Color) -> str:
    """A colour of a text, moved towards a pole until it is readable on each ground."""
    colour = grounds[0] + Color.parse(pole.hex if text.startswith("auto") else text)
    for step in range(STEPS_TO_CONTRAST):
        found = colour.blend(pole, step / STEPS_TO_CONTRAST)
        if all(contrast(found, ground) >= LEAST_CONTRAST for ground in grounds):
            return found.hex
    return pole.hex


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours as WCAG 2 reckons it, from 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    """WCAG's relative luminance, from 0 to 1."""

    def linear(part: int) -> float:
        share = part / 255
        low = share / 12.92
        return low if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
