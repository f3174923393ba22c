"""Style sheets that are parsed once, and the breakpoints that they go by.

Textual reads all of an app's styles anew for each screen that brings some, the styles
of its own widgets among them: some thirty milliseconds, on the way to a first paint.

Textual gives a screen the classes of its breakpoints after it has been laid out for
the first time: for a moment it would be seen as it is on another size of terminal.

Textual 8.2 parses in `Stylesheet.reparse` what it has parsed before, and sets the
classes of breakpoints behind the first layout (`Screen._on_resize`). Upstream needs:
rules kept by their text and variables, and the classes before that layout.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.geometry import Size
from textual.screen import Screen

from mobius_tui.tui.commands.registry import bind

ParsedRules = dict[tuple[str, CSSLocation, bool, int, str], list[RuleSet]]
"""The rules of a sheet, by its text, its place, and how its rules are to be weighed."""

MAX_THEMES = 8
"""Themes whose rules are cached, at most; each has some thousand rules."""
_CACHE: dict[tuple[tuple[str, str], ...], ParsedRules] = {}
"""Parsed rules, by the theme's variables that were filled in."""


class CachedStylesheet(Stylesheet):
    """A style sheet that caches parsed rules by their colours."""

    def _parse_rules(
        self,
        css: str,
        read_from: CSSLocation,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        """The rules of one source; Textual asks for them here, and nowhere else.

        Raises:
            StylesheetError: it is no style sheet.
        """
        key = (css, read_from, is_default_rules, tie_breaker, scope)
        read = self._cached_rules()
        if key not in read:
            read[key] = super()._parse_rules(
                css, read_from, is_default_rules, tie_breaker, scope
            )
        return read[key]

    def reparse(self) -> None:
        """Take the styles of a new screen in, or new colours.

        Raises:
            StylesheetError: a source is no style sheet; the rules are those of before.
        """
        self.parse()

    def _cached_rules(self) -> ParsedRules:
        colours = tuple(self._variables.items())
        if colours not in _CACHE and len(_CACHE) >= MAX_THEMES:
            _CACHE.clear()
        return _CACHE.setdefault(colours, {})


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
