"""The themes: names that exist, and contrasts that can be read."""

from __future__ import annotations

from itertools import product

import pytest
from textual.color import Color
from textual.theme import Theme

from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.config.settings import TEXTUAL_THEME_NAMES
from mobius_tui.tui.config.themes import CONTRAST_THEME, DARK_THEME, LIGHT_THEME

SEEN = 1.7
"""A frame is no text: it has to be there, and not to shout."""
AAA, AA = 7.0, 4.5
"""The contrasts that WCAG 2 asks of texts."""
TEXTS = (
    *("foreground", "text-muted", "accent", "success", "warning", "error"),
    *("secondary", "text-warning"),
)
GROUNDS = ("background", "surface", "panel", "block-cursor-background")


def luminance(colour: Color) -> float:
    """WCAG's relative luminance."""

    def linear(part: int) -> float:
        share = part / 255
        low = share / 12.92
        return low if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def colour(theme: Theme, name: str) -> Color:
    found = theme.variables.get(name) or getattr(theme, name.replace("-", "_"), None)
    assert isinstance(found, str), name
    return Color.parse(found)


def name(theme: object) -> str | None:
    return theme.name if isinstance(theme, Theme) else None


@pytest.mark.parametrize(
    ("theme", "least"),
    [(CONTRAST_THEME, AAA), (LIGHT_THEME, AA), (DARK_THEME, AA)],
    ids=name,
)
def test_every_text_is_told_from_every_ground(theme: Theme, least: float) -> None:
    pale = []
    for text, ground in product(TEXTS, GROUNDS):
        ratio = contrast(colour(theme, text), colour(theme, ground))
        if ratio < least:
            pale.append(f"{text} on {ground}: {ratio:.1f}")
    assert pale == []


@pytest.mark.parametrize("theme", [CONTRAST_THEME, LIGHT_THEME, DARK_THEME], ids=name)
def test_buttons_with_the_focus_and_modes_can_be_read(theme: Theme) -> None:
    least = AAA if theme is CONTRAST_THEME else AA
    for ground in ("accent", "error", "primary", "secondary"):
        assert contrast(colour(theme, "background"), colour(theme, ground)) >= least


def test_the_contrast_is_reckoned_as_wcag_does() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    "name",
    [*TEXTUAL_THEME_NAMES, DARK_THEME.name, LIGHT_THEME.name, CONTRAST_THEME.name],
)
async def test_a_frame_without_the_focus_is_told_from_its_ground(name: str) -> None:
    app = MobiusApp()
    theme = app.get_theme(name)
    assert theme is not None
    app.theme = name
    found = app.get_css_variables()
    if theme.ansi:
        assert found["border-blurred"] == "ansi_default"
        return
    frame, ground = (Color.parse(found[n]) for n in ("border-blurred", "background"))
    assert contrast(frame, ground) > SEEN
