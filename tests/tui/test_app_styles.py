"""What the style sheets name is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual.dom import DOMNode

import mobius_tui.tui
from mobius_tui.tui.presenters.styled_text import BAR_MODES

SHEETS = sorted((Path(mobius_tui.tui.__file__).parent / "styles").glob("*.tcss"))


def below(kind: type) -> set[str]:
    """The names of a class and of all that extend it."""
    return {kind.__name__}.union(*map(below, kind.__subclasses__()))


def test_every_class_that_a_style_sheet_names_is_a_widget() -> None:
    for module in walk_packages(mobius_tui.tui.__path__, "mobius_tui.tui."):
        import_module(module.name)
    import_module("textual.widgets._toast")
    import_module("textual.command")
    widgets = below(DOMNode)
    for sheet in SHEETS:
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        named = set(re.findall(r"(?<![\w.#$-])[A-Z]\w+", rules))
        assert named <= widgets, sheet.name


@pytest.mark.parametrize("name", ["frame.tcss", "terminal.tcss"])
def test_the_bar_has_a_colour_for_every_mode(name: str) -> None:
    (sheet,) = (each for each in SHEETS if each.name == name)
    named = set(re.findall(r"\.-mode-(\w+)", sheet.read_text()))
    assert named == {str(mode) for mode in BAR_MODES}
