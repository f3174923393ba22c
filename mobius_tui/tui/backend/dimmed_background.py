"""The background of a dialog: the screen beneath it, dimmed.

Textual dims each piece of that screen anew at each key in a dialog, colour by colour;
that took twice the time of all the rest. A screen has some dozens of styles.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.app import RenderResult
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

MAX_DIMMED_STYLES = 2048
"""Dimmed styles in the cache: those of a few screens, at each step of a fade."""


class DimmedBackground(Visual):
    """The lines of the screen beneath, with a tint blended over each colour."""

    def __init__(self, screen: Screen[object], tint: Color) -> None:
        """Make it.

        Args:
            screen: what is beneath.
            tint: what lies over it; its alpha says how much it hides.
        """
        self._screen = screen
        self._tint = tint

    def render_strips(
        self,
        width: int,
        height: int | None,
        style: Style,
        options: RenderOptions,  # noqa: ARG002 - as Textual asks
    ) -> list[Strip]:
        """The screen's lines, as they are now."""
        base = style.rich_style
        strips = self._screen._compositor.render_strips()[:height]  # noqa: SLF001
        dimmed = (Strip(self._dim(strip, base), strip.cell_length) for strip in strips)
        return [strip.crop(0, width) for strip in dimmed]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:  # noqa: ARG002
        """The whole width of the container."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:  # noqa: ARG002
        """As high as the screen."""
        return self._screen.size.height

    def _dim(self, strip: Strip, base: RichStyle) -> Iterator[Segment]:
        for text, style, _ in strip:
            yield Segment(text, dim_style(style, base, self._tint))


def dim_background(rendered: RenderResult) -> RenderResult:
    """Our own background in place of Textual's.

    Args:
        rendered: what `Screen.render` returned.
    """
    if isinstance(rendered, BackgroundScreen):
        return DimmedBackground(rendered.screen, rendered.color)
    return rendered


@lru_cache(maxsize=MAX_DIMMED_STYLES)
def dim_style(style: RichStyle | None, base: RichStyle, tint: Color) -> RichStyle:
    """A style with a tint over its colours, without links or actions.

    Args:
        style: of a piece of the screen beneath.
        base: what holds where the style leaves something open.
        tint: the colour.
    """
    bare = RichStyle.null() if style is None else style.clear_meta_and_links()
    if tint.a == 0:
        return base + bare
    ink, ground = (
        (Color.from_rich_color(colour) + tint).rich_color if colour else None
        for colour in (bare.color, bare.bgcolor)
    )
    return base + bare + RichStyle.from_color(ink, ground)
