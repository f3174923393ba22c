"""One command of the screens: its keys and their names, its words, its place."""

from __future__ import annotations

import unicodedata
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Literal

from msgspec import Struct

NAMED_KEYS = {
    "enter": "Enter",
    "space": "Space",
    "escape": "Esc",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
"""Keys that are no character, and what a person calls them."""

KEY_ALIASES = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
    "del": "delete",
    "ins": "insert",
}
"""Other spellings that people use for keys, and the name of each in `NAMED_KEYS`."""

MODIFIERS = ("alt", "ctrl", "shift")
"""The modifiers of a key, in the order in which Textual names them."""

TEXTUAL_CHARACTER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Characters whose name is not Unicode's: Unicode's name, and Textual's."""

UNSENDABLE = {
    "ctrl+m": "Enter",
    "ctrl+i": "Tab",
    "ctrl+h": "Backspace",
    "ctrl+j": "Enter",
    "ctrl+left_square_bracket": "Esc",
}
"""Keys that terminals cannot send, and the key that arrives in their place."""


def canonical_key(words: str) -> str | None:
    """A key's name as the program knows it; `None` for what is no key.

    Args:
        words: what a person wrote: `?`, `E`, `PgUp`, `ctrl+g`, `slash`.
    """
    # The last part may be a `+` itself: `+`, `ctrl++`.
    head, last = words[:-1], words[-1:]
    if last != "+":
        head, _, last = words.rpartition("+")
    before = [part for part in head.split("+") if part]
    modifiers = {part.strip().lower() for part in before}
    if not modifiers <= set(MODIFIERS):
        return None
    key = _without_modifiers(last if last == " " else last.strip())
    if key is None:
        return None
    if len(key) == 1 and modifiers:
        if modifiers == {"shift"}:
            return key.upper() if key.isalpha() else None
        key = key.lower()
    ordered = [part for part in MODIFIERS if part in modifiers]
    return "+".join((*ordered, key))


def _without_modifiers(words: str) -> str | None:
    """The name of a key without modifiers."""
    if len(words) == 1:
        return _of_character(words)
    name = KEY_ALIASES.get(words.lower(), words.lower())
    return name if name in NAMED_KEYS or name in _punctuation() else None


def _of_character(character: str) -> str | None:
    if character.isalnum():
        return character
    if character == " ":
        return "space"
    if not character.isprintable():
        return None
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return TEXTUAL_CHARACTER_NAMES.get(name, name) or None


@cache
def _punctuation() -> dict[str, str]:
    """The names of ASCII's punctuation, and the characters."""
    found = (chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum())
    return {
        name: character for character in found if (name := _of_character(character))
    }


def key_name(key: str) -> str:
    """What a key is called for a person."""
    *modifiers, last = key.split("+")
    if last in NAMED_KEYS:
        name = NAMED_KEYS[last]
    elif len(last) == 1:
        name = last.upper() if modifiers else last
    else:
        name = _punctuation().get(last, last)
    return "+".join((*(part.capitalize() for part in modifiers), name))


Place = Literal[
    "app",
    "run",
    "checklist",
    "output",
    "hosts",
    "detail",
    "briefing",
    "library",
    "facilitator",
    "review",
    "timeline",
    "stats",
]
"""Where a command works: everywhere, on a screen, or in a pane that has the focus."""

PLACES_TOGETHER: tuple[tuple[Place, ...], ...] = (
    ("run", "checklist", "app"),
    ("run", "output", "app"),
    ("run", "hosts", "app"),
    ("run", "detail", "app"),
    ("briefing", "app"),
    ("library", "app"),
    ("facilitator", "app"),
    ("review", "timeline", "app"),
    ("review", "checklist", "app"),
    ("review", "output", "app"),
    ("review", "hosts", "app"),
    ("review", "detail", "app"),
    ("stats", "app"),
)
"""Places whose commands can be had at the same time.

A key of ours may be in two of them: the nearer place has it. One that config.toml gives
may not.
"""

COMMANDS_WITH_OUTPUT = frozenset({"output.times", "output.wrap"})
"""Ids of commands of a run's screen that the output has, too, wherever it is shown."""


class PaneName(StrEnum):
    """The panes of a screen that shows a run, by the ids of their widgets."""

    CHECKLIST = "checklist"
    OUTPUT = "output"
    HOSTS = "hosts"
    """Stands in for the output at times."""
    HEALTH = "health"
    DETAIL = "detail"
    TIMELINE = "timeline"


class OutputNeed(Enum):
    """What an output must have for a command to do something there."""

    SEVERAL_TABS = auto()
    LIVE_OUTPUT = auto()
    PLAYBOOK = auto()
    """The hosts that are shown are run by an Ansible playbook."""


COMMANDS_IN_DIALOGS = frozenset({"follow_up", "leave", "palette", "status", "suspend"})
"""Ids of commands without a flow whose keys work in a dialog, too."""


class FlowId(Enum):
    """A flow: the dialogs that a command, or Enter, opens on the way to an intent."""

    START = auto()
    TICK = auto()
    CHOOSE = auto()
    MESSAGE = auto()
    DECIDE = auto()
    STOP = auto()
    LOOK_FIRST = auto()
    RETRY = auto()
    SKIP = auto()
    RESTORE = auto()
    OVERRIDE = auto()
    ASK_APPROVAL = auto()
    APPROVE = auto()
    IMPROVISE = auto()
    NOTE = auto()
    ENTER_PHASE = auto()
    ENTER_THIS_PHASE = auto()
    CONTACTS = auto()
    SCRIPTS = auto()
    END_RUN = auto()
    ARM = auto()
    ROLL_BACK = auto()
    UNDO = auto()
    RELEASE_BATCH = auto()
    SETTLE_HOST = auto()
    LOST_SECRETS = auto()


class Command(Struct, frozen=True, kw_only=True):
    """One command of the screens."""

    id: str
    """A plain name, by which config.toml gives it other keys; it never changes."""
    keys: tuple[str, ...]
    """As `canonical_key` spells them; the first one is shown where one is."""
    title: str
    """In the palette and the help."""
    label: str = ""
    """In the footer; empty for what is not shown there."""
    help: str = ""
    """What it does, in a sentence; the title, where it is empty."""
    group: str
    place: Place
    bound_by_widget: bool = False
    """Whether the pane itself binds it; listed for the help alone."""
    intent: str = ""
    """The name of the action that it asks the host for, where it is always the same;
    see `availability.action_of`. Without a flow it is sent at once."""
    flow: FlowId | None = None
    """What is asked of the person on the way to an intent; see `flows`."""
    focuses: PaneName | None = None
    """The pane to which it leads; such a command has no other action."""
    needs: OutputNeed | None = None
    """What the output that is shown must have, so that the command applies."""
    depends_on_state: bool = False
    """Whether it applies only at some times, as all does that asks the host.

    That is in some states of the run or the screen, apart from what it `needs` of an
    output: a command with `needs` alone has `False` here.
    """
    act: str = ""
    """The Textual action that it calls; empty if that is named as its id is."""
    needs_key: bool = False
    """Whether it must have a key: config.toml may not take its last one away."""

    @property
    def asks_host(self) -> bool:
        """Whether it ends in an intent to the host."""
        return self.flow is not None or bool(self.intent)

    @property
    def action(self) -> str:
        """The action that a screen or pane carries out."""
        if self.focuses is not None:
            return f"pane('{self.focuses}')"
        return f"ask_host('{self.id}')" if self.asks_host else self.act or self.id

    @property
    def key_name(self) -> str:
        """The first key, for a person; empty where it has none."""
        return key_name(self.keys[0]) if self.keys else ""

    @property
    def key_names(self) -> str:
        """All keys, for a person."""
        return " ".join(key_name(key) for key in self.keys)
