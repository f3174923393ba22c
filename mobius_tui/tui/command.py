"""One command of the screens: its keys, its words, and where it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mobius_tui.tui.keys import key_name

Place = Literal[
    "app",
    "run",
    "checklist",
    "output",
    "detail",
    "briefing",
    "library",
    "facilitator",
    "review",
    "timeline",
    "stats",
]
"""Where a command works: everywhere, on a screen, or in a pane that has the focus."""

TOGETHER: tuple[tuple[Place, ...], ...] = (
    ("run", "checklist", "app"),
    ("run", "output", "app"),
    ("run", "detail", "app"),
    ("briefing", "app"),
    ("library", "app"),
    ("facilitator", "app"),
    ("review", "timeline", "app"),
    ("review", "checklist", "app"),
    ("review", "output", "app"),
    ("review", "detail", "app"),
    ("stats", "app"),
)
"""Places whose commands can be had at the same time, so that no key may be in two."""

IN_DIALOGS = frozenset({"leave", "status"})
"""Commands beside those with a flow whose keys work in a dialog, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One thing that can be done."""

    id: str
    """A plain name, by which config.toml gives it other keys; it never changes."""
    keys: tuple[str, ...]
    """As `keys.canonical` spells them; the first one is shown where one is."""
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
    at_times: bool = False
    """Whether it does something only in some states of the run, as all flows do."""
    act: str = ""
    """The action that carries it out, where that is not called as the command is."""
    needed: bool = False
    """Whether nobody can do without a key for it."""

    @property
    def action(self) -> str:
        """The action that a screen or pane carries out."""
        return f"flow('{self.id}')" if self.flow else self.act or self.id

    @property
    def key_name(self) -> str:
        """The first key, for a person; empty where it has none."""
        return key_name(self.keys[0]) if self.keys else ""

    @property
    def key_names(self) -> str:
        """All keys, for a person."""
        return " ".join(key_name(key) for key in self.keys)
