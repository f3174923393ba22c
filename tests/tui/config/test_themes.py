"""The themes: names that exist, and contrasts that can be read."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from textual.color import Color
from textual.theme import Theme

from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.config.settings import TEXTUAL_THEME_NAMES
from mobius_tui.tui.config.themes import (
    BLUE_ORANGE_THEME,
    CONTRAST_THEME,
    DARK_THEME,
    GROUNDS,
    LEAST_CONTRAST,
    LIGHT_THEME,
    TEXTS,
    contrast,
)
from tests.tui.config.colour_vision import VISIONS, Triple, ciede2000, difference

SEEN = 1.7
"""A frame is no text: it has to be there, and not to shout."""
AAA = 7.0
"""The contrast that WCAG 2 asks of texts for those who see little."""
TOLD_APART = 20.0
"""The least difference of states, by CIEDE2000, in the theme that is made for it."""
COLOURED_THEMES = (DARK_THEME, LIGHT_THEME, CONTRAST_THEME, BLUE_ORANGE_THEME)


def colour(theme: Theme, name: str) -> Color:
    found = theme.variables.get(name) or getattr(theme, name.replace("-", "_"), None)
    assert isinstance(found, str), name
    return Color.parse(found)


def name(theme: object) -> str | None:
    return theme.name if isinstance(theme, Theme) else None


@pytest.mark.parametrize(
    "name", [*TEXTUAL_THEME_NAMES, *(theme.name for theme in COLOURED_THEMES)]
)
async def test_every_text_is_told_from_every_ground(name: str) -> None:
    app = MobiusApp()
    app.theme = name
    if app.current_theme.ansi:
        return  # nobody knows what the terminal's colours are
    found = {each: Color.parse(words) for each, words in colours_of(app).items()}
    pale = []
    least = AAA if name == CONTRAST_THEME.name else LEAST_CONTRAST
    for text, ground in product(TEXTS, GROUNDS):
        ratio = contrast(found[text], found["background"] + found[ground])
        if ratio < least:
            pale.append(f"{text} on {ground}: {ratio:.1f}")
    assert pale == []


def colours_of(app: MobiusApp) -> dict[str, str]:
    """The colours that styles, and texts in roles, are drawn with."""
    found = app.get_css_variables()
    assert app.theme_variables == found
    return {name: found[name] for name in (*TEXTS, *GROUNDS)}


@pytest.mark.parametrize("vision", VISIONS)
def test_states_are_told_apart_by_those_who_do_not_see_all_colours(vision: str) -> None:
    states = [
        colour(BLUE_ORANGE_THEME, name) for name in ("success", "warning", "error")
    ]
    for one, other in combinations(states, 2):
        assert difference(one, other, vision) >= TOLD_APART, (one, other)


@pytest.mark.parametrize("theme", COLOURED_THEMES, ids=name)
def test_buttons_with_the_focus_and_modes_can_be_read(theme: Theme) -> None:
    least = AAA if theme is CONTRAST_THEME else LEAST_CONTRAST
    for ground in ("accent", "error", "primary", "secondary"):
        assert contrast(colour(theme, "background"), colour(theme, ground)) >= least


@pytest.mark.parametrize(
    ("one", "other", "published"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_reckoned_as_published(
    one: Triple, other: Triple, published: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(published, abs=0.0001)


def test_the_contrast_is_reckoned_as_wcag_does() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    "name",
    [*TEXTUAL_THEME_NAMES, *(theme.name for theme in COLOURED_THEMES)],
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
