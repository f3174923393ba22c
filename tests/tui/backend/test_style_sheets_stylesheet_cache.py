"""Style sheets are read once for each set of colours, and right for each."""

from __future__ import annotations

from textual.color import Color

from mobius_tui.tui.backend import style_sheets
from mobius_tui.tui.backend.style_sheets import MAX_THEMES, CachedStylesheet

RED, BLUE = Color.parse("red"), Color.parse("blue")
PLACE = ("here", "")


def sheet(css: str, **colours: str) -> CachedStylesheet:
    made = CachedStylesheet(variables=colours)
    made.add_source(css, read_from=PLACE)
    return made


def test_the_same_text_in_the_same_colours_is_read_once() -> None:
    css = "Label { color: $ink; }"
    first = sheet(css, ink="red").rules
    assert sheet(css, ink="red").rules[0] is first[0]
    assert first[0].styles.color == RED
    assert sheet(css, ink="blue").rules[0].styles.color == BLUE
    assert sheet("Label { color: green; }", ink="red").rules[0] is not first[0]


def test_new_colours_and_new_sources_are_taken_in() -> None:
    made = sheet("Label { color: $ink; }", ink="red")
    assert len(made.rules) == 1
    made.set_variables({"ink": "blue"})
    made.add_source("Button { color: $ink; }", read_from=("there", ""))
    made.reparse()
    assert [rule.styles.color for rule in made.rules] == [BLUE, BLUE]
    assert set(made.rules_map) == {"Label", "Button"}


def test_few_themes_are_kept() -> None:
    for number in range(3 * MAX_THEMES):
        assert sheet("Label { color: $ink; }", ink=f"#0000{number:02x}").rules
    assert len(style_sheets._CACHE) <= MAX_THEMES
