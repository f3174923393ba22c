"""What was edited since a run began: a diff, for the next run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.tui.screens.dialog import Dialog, words_widget
from mobius_tui.tui.theme import Role, text

MOST = 2000
"""Lines that are shown; more are counted."""
ROLES: tuple[tuple[str, Role], ...] = (
    ("---", "muted"),
    ("+++", "muted"),
    ("@@", "accent"),
    ("+", "good"),
    ("-", "bad"),
)


class ChangesDialog(Dialog[None]):
    """Shows them; nothing comes of it."""

    ASKS = False

    def __init__(self, lines: Sequence[str]) -> None:
        """Make it.

        Args:
            lines: a unified diff, from anywhere.
        """
        super().__init__("Edited since this run began")
        self._lines = lines

    def compose_body(self) -> Iterable[Widget]:
        """What it is for, and the diff."""
        yield words_widget(
            "This is for the next run. The one that is open goes by its own copy, and "
            "nothing of it has changed.",
        )
        shown = [_line(each) for each in self._lines[:MOST]]
        if len(self._lines) > MOST:
            shown.append(text(f"… and {len(self._lines) - MOST} lines more", "muted"))
        yield Static(Content("\n").join(shown), markup=False, classes="words")


def _line(line: str) -> Content:
    roles = (role for start, role in ROLES if line.startswith(start))
    role: Role = next(roles, "plain")
    return text(line or " ", role)
