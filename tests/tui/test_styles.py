"""Style sheets name what is there: a class that was renamed would lose its looks."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual.dom import DOMNode

import mobius_tui.tui

SHEETS = sorted((Path(mobius_tui.tui.__file__).parent / "styles").glob("*.tcss"))


def _kinds(kind: type[DOMNode]) -> set[str]:
    return {kind.__name__}.union(*map(_kinds, kind.__subclasses__()))


def selectors(sheet: str) -> set[str]:
    """The names of classes of widgets in a style sheet."""
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    heads = re.findall(r"[^{};]+(?=\{)", bare)
    return {n for head in heads for n in re.findall(r"(?<![\w#.$-])[A-Z]\w+", head)}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_widget_that_a_style_sheet_names_exists(sheet: Path) -> None:
    for module in walk_packages(mobius_tui.tui.__path__, "mobius_tui.tui."):
        import_module(module.name)
    assert selectors(sheet.read_text()) - _kinds(DOMNode) == set()


def test_names_are_found_in_a_style_sheet() -> None:
    sheet = "/* Gone { } */ Rows > .Head, Page:focus { color: Red; & Row { } }"
    assert selectors(sheet) == {"Rows", "Page", "Row"}
