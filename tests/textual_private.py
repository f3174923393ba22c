"""What tests use of Textual's private side: none of them names it elsewhere.

What the program uses of it is in `mobius_tui/tui/backend/textual_private.py`.
"""

from __future__ import annotations

from typing import Any

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS as KEY_SEQUENCES
from textual._ansi_sequences import IGNORE_SEQUENCE
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._context import visible_screen_stack
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App, RenderResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets._toast import Toast

__all__ = [
    "IGNORE_SEQUENCE",
    "KEY_SEQUENCES",
    "ChopsUpdate",
    "LayoutUpdate",
    "StylesCache",
    "Toast",
    "XTermParser",
    "background_of",
    "cache_of",
    "full_update",
    "rows_of",
    "set_cache",
]


def rows_of(screen: Screen[Any]) -> list[Strip]:
    """The rows of a screen, without the screens around it."""
    return screen._compositor.render_strips()


def full_update(app: App[Any]) -> LayoutUpdate:
    """All that an app shows."""
    update = app.screen._compositor.render_update(
        full=True, screen_stack=app._background_screens
    )
    assert isinstance(update, LayoutUpdate)
    return update


def background_of(screen: Screen[Any]) -> RenderResult:
    """What is drawn behind a screen's widgets, asked for as the compositor does."""
    visible_screen_stack.set(screen.app._background_screens)
    return screen.render()


def cache_of(widget: Widget) -> Any:
    """The cache of a widget's lines."""
    return widget._styles_cache


def set_cache(widget: Widget, cache: Any) -> None:
    """Give a widget another cache of its lines."""
    widget._styles_cache = cache
