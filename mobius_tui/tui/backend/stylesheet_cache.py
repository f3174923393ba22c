"""Style sheets that are read once.

Textual reads all of an app's styles anew for each screen that brings some, the styles
of its own widgets among them: some thirty milliseconds, on the way to a first paint.
"""

from __future__ import annotations

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

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
