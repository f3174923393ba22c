"""The styles in which output is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual.widget import Widget


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """The styles of a pane, each complete with its background."""

    text: Style
    time: Style
    stderr: Style
    note: Style


def look_of(pane: Widget) -> Look:
    """The styles of a pane as its theme has them now."""
    return Look(
        text=pane.rich_style,
        time=pane.get_component_rich_style("output--time"),
        stderr=pane.get_component_rich_style("output--stderr"),
        note=pane.get_component_rich_style("output--note"),
    )
