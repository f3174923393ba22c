"""The screens.

A Textual viewer over a run directory, and the only package with Textual. Nothing lies
here but the app, its start, which screen leads where, and messages.
"""

from mobius_tui.tui.backend import startup as startup
