"""The keys of the output pane; each has an id, by which it can be remapped."""

from __future__ import annotations

from textual.binding import Binding

_KEYS = (
    ("up,k", "rows(-1)", "Up", "output.up"),
    ("down,j", "rows(1)", "Down", "output.down"),
    ("pageup", "pages(-1)", "Page up", "output.page_up"),
    ("pagedown", "pages(1)", "Page down", "output.page_down"),
    ("home,g", "top", "First line", "output.top"),
    ("end,G", "follow", "Last line, and follow", "output.follow"),
    ("left", "shift(-8)", "Left", "output.left"),
    ("right", "shift(8)", "Right", "output.right"),
    ("w", "toggle_wrap", "Wrap long lines", "output.wrap"),
    ("t", "toggle_times", "Times", "output.times"),
)

BINDINGS = tuple(
    Binding(keys, action, words, show=False, id=name)
    for keys, action, words, name in _KEYS
)
"""They work while the pane has the focus."""
