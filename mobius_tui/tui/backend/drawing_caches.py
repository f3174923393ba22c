"""Caches of what Textual draws anew: the rows of a pane, dimmed dialog backgrounds.

Textual keeps a widget's lines by where they are. Where text scrolls by one row, each
line is made anew: bordered, padded, and its colours turned into those of the terminal.
A row that moved is the same `Strip`, so what was made of it is found by that. And all
rows have the same borders: Textual makes them once, around a row that is cut out. What
is faded or tinted is left to it altogether.

Textual dims each piece of the screen under a dialog anew at each key, colour by colour;
that took twice the time of all the rest. A screen has some dozens of styles.

Textual 8.2 lets nobody choose a widget's `StylesCache`, whose rows have numbers for
keys; `Strip.divide` keeps the strip itself in its own cache; `BackgroundScreen` tints
each segment anew. Upstream needs: a cache by strip behind that by number, no reference
of a strip to itself, and tints that are made once for each style.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual._styles_cache import StylesCache
from textual.app import RenderResult
from textual.color import Color
from textual.css.styles import RulesMap, StylesBase
from textual.filter import LineFilter
from textual.geometry import Size
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

MAX_CACHED_PANE_ROWS = 128
"""Rows in the cache: those of two screens. Each takes some kilobytes."""
PLACEHOLDER = "\0"
"""A character that no output has: marks the content while the borders are found."""


class CachedRow(Strip):
    """A strip without a reference to itself.

    One of Textual's that is drawn whole keeps itself among the parts that it was cut
    into. So it is garbage that only the collector finds, with all that was made of it:
    where text pours in, looking for it took a third of the screen's processor time, and
    100 ms at once on a busy machine.
    """

    __slots__ = ("_filtered",)

    def __init__(self, segments: Iterable[Segment], cell_length: int) -> None:
        super().__init__(segments, cell_length)
        self._filtered: tuple[tuple[LineFilter, Color], CachedRow] | None = None

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Its parts; see Textual's own."""
        cuts = list(cuts)
        whole = [cut for cut in cuts if cut <= self.cell_length] == [self.cell_length]
        return [self] if whole else super().divide(cuts)

    def apply_filter(self, filter: LineFilter, background: Color) -> CachedRow:  # noqa: A002
        """What a filter makes of it, which is such a row, too."""
        if self._filtered is None or self._filtered[0] != (filter, background):
            row = CachedRow(filter.apply(list(self), background), self.cell_length)
            self._filtered = (filter, background), row
        return self._filtered[1]


def cache_rows(widget: Widget) -> None:
    """Have a widget cache its rows by their strips.

    Textual has no public way to choose a widget's cache.
    """
    widget._styles_cache = RowCache()  # noqa: SLF001


class RowCache(StylesCache):
    """A cache of a widget's lines that makes each row once, wherever it is."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: OrderedDict[int, tuple[Strip, Strip]] = OrderedDict()
        self._appearance: Hashable = None
        self._before: list[Segment] = []
        self._after: list[Segment] = []
        self._background_style = RichStyle.null()

    def render_line(self, styles: StylesBase, y: int, size: Size, *rest: Any) -> Strip:
        """One line of the widget; see Textual's own.

        Args:
            styles: the widget's.
            y: the line, from the top of the border.
            size: of the widget, with its border.
            rest: the content's size, padding, backgrounds, what gives a row of the
                content, titles, opacity, and the terminal's colours.
        """
        content, padding, base, ground, row_of, _, _, opacity, *colours = rest
        place = y - styles.gutter.top
        is_faded = opacity != 1.0 or styles.text_opacity != 1.0 or styles.tint.a
        if is_faded or not 0 <= place < content.height:
            return super().render_line(styles, y, size, *rest)
        appearance = (size, content, padding, base, ground, styles.border, *colours)
        if appearance != self._appearance:
            self._appearance = appearance
            self._rows.clear()
            self._find_border(styles, y, size, *rest)
        row = row_of(place)
        cached = self._rows.get(id(row))
        if cached is None:  # what is kept holds its row: no other has its number
            segments = row.adjust_cell_length(content.width, self._background_style)
            cached = (
                row,
                CachedRow([*self._before, *segments, *self._after], size.width),
            )
            self._rows[id(row)] = cached
            if len(self._rows) > MAX_CACHED_PANE_ROWS:
                self._rows.popitem(last=False)
        return cached[1]

    def _find_border(self, styles: StylesBase, y: int, size: Size, *rest: Any) -> None:
        """Find the border and padding before and after each row."""
        content, padding, base, ground, _, *more = rest
        inner, _ = self.get_inner_outer(base, ground)
        self._background_style = inner.rich_style
        mark = Strip([Segment(PLACEHOLDER, self._background_style)], content.width)
        line = list(
            super().render_line(
                styles, y, size, content, padding, base, ground, lambda _: mark, *more
            )
        )
        at = next(n for n, segment in enumerate(line) if segment.text == PLACEHOLDER)
        self._before, self._after = line[:at], line[at + 1 :]


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
