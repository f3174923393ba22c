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
    for key in draft.keys() & written(dialog).keys():
        field = dialog.query_one(f"#{key}")
        if isinstance(field, Input):
            field.select_on_focus = False
            field.value = draft[key]
        elif isinstance(field, TextArea):
            field.text = draft[key]
