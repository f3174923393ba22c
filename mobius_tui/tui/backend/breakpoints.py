"""The breakpoints that the styles go by, and screens that know theirs from the start.

Textual gives a screen the classes of its breakpoints after it has been laid out for
the first time: for a moment it would be seen as it is on another size of terminal.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import Screen

from mobius_tui.tui.commands.registry import bind

WIDTHS: list[tuple[int, str]] = [
    (0, "-w-tiny"),
    (40, "-w-narrow"),
    (76, "-w-normal"),
    (110, "-w-wide"),
    (150, "-w-huge"),
]
"""The least columns of each breakpoint, and the CSS class of screens from there on."""
HEIGHTS: list[tuple[int, str]] = [
    (0, "-h-tiny"),
    (10, "-h-short"),
    (20, "-h-normal"),
    (30, "-h-tall"),
    (42, "-h-huge"),
]
"""The least rows of each breakpoint, and the CSS class of screens from there on."""


def breakpoint_classes(size: Size) -> dict[str, bool]:
    """The classes of the breakpoints, and whether a size has each."""
    found = {}
    for cells, steps in (size.width, WIDTHS), (size.height, HEIGHTS):
        has = max(least for least, _ in steps if least <= cells)
        found.update({name: least == has for least, name in steps})
    return found


def set_breakpoint_classes(screen: Screen[Any]) -> None:
    """Give a screen the classes of its terminal's size, before its first layout."""
    screen.update_classes(breakpoint_classes(screen.app.size), animate=False)


class DefaultScreen(Screen[None]):
    """The screen beneath all others; shows the first picture."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("suspend")]

    def on_compose(self) -> None:
        """Know the terminal's size before there is anything to lay out."""
        set_breakpoint_classes(self)
