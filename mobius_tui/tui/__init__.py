"""The screen: a Textual viewer over a run directory."""

from mobius_tui.tui import environment as environment
