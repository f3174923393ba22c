"""The mode as a word in a box of its colour: incident, watch, drill or review."""

from __future__ import annotations

from textual.content import Content

from mobius_tui import sanitize

MODE_STYLES = {
    "incident": "bold reverse $error",
    "watch": "bold reverse $accent",
    "drill": "bold reverse $primary",
    "review": "bold reverse $secondary",
}
"""Incidents are red, a rehearsal is calm; reversed, so that no colour is needed."""


def badge(mode: str) -> Content:
    """The mode as a word in a box of its colour."""
    style = MODE_STYLES.get(mode, MODE_STYLES["incident"])
    return Content.styled(f" {sanitize.line(mode).upper()} ", style)
