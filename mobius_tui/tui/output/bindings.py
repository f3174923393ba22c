"""The keys that work while the output pane has the focus."""

from __future__ import annotations

from mobius_tui.tui.commands import bind, bindings

BINDINGS = (
    *bindings("output"),
    bind("output.wrap", "toggle_wrap"),
    bind("output.times", "toggle_times"),
)
