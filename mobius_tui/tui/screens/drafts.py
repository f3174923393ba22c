"""What is typed in the fields of a dialog, to be typed on when it is opened again."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Input, TextArea

from mobius_tui.tui.screens.stand import Draft


def written(dialog: Widget) -> Draft:
    """What stands in its fields."""
    lines = {each.id or "": each.value for each in dialog.query(Input)}
    return lines | {each.id or "": each.text for each in dialog.query(TextArea)}


def write(dialog: Widget, draft: Draft) -> None:
    """Put what was typed before into those of its fields that there are."""
    for line in dialog.query(Input):
        if (words := draft.get(line.id or "")) is not None:
            line.select_on_focus = False
            line.value = words
    for area in dialog.query(TextArea):
        if (words := draft.get(area.id or "")) is not None:
            area.text = words
