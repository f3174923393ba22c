"""One command of the screens: its keys, its words, and where it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal["app", "run", "checklist", "output", "briefing", "library"]
"""Where a command works: everywhere, on a screen, or in a pane that has the focus."""

KEY_NAMES = {
    "enter": "Enter",
    "space": "Space",
    "escape": "Esc",
    "question_mark": "?",
    "at": "@",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "ctrl+g": "Ctrl+G",
    "ctrl+p": "Ctrl+P",
    "ctrl+c": "Ctrl+C",
}
"""What keys are called for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One thing that can be done."""

    id: str
    keys: tuple[str, ...]
    title: str
    """In the palette and the help."""
    label: str = ""
    """In the footer; empty for what is not shown there."""
    help: str = ""
    """What it does, in a sentence; the title, where it is empty."""
    group: str
    place: Place
    by_widget: bool = False
    """Whether the pane itself binds it; listed for the help alone."""
    flow: bool = False
    """Whether it ends in an intent to the host; see `flows`."""

    @property
    def action(self) -> str:
        """The action that a screen or pane carries out."""
        return f"flow('{self.id}')" if self.flow else self.id

    @property
    def key_name(self) -> str:
        """The first key, for a person."""
        return key_name(self.keys[0])

    @property
    def key_names(self) -> str:
        """All keys, for a person."""
        return " ".join(key_name(key) for key in self.keys)


def key_name(key: str) -> str:
    """What a key is called for a person."""
    return KEY_NAMES.get(key, key)
