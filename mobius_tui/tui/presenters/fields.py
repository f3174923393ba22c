"""Labelled fields, and a runbook's text in the colours of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache

from msgspec import Struct
from textual.content import Content

from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.prose.text_layout import TextStyle, layout_lines
from mobius_tui.tui.presenters.styled_text import Role, assemble

PROSE_ROLES: Mapping[TextStyle, Role] = {
    "plain": "plain",
    "strong": "strong",
    "code": "command",
    "muted": "muted",
}
"""The role of each look; bold and dim are told apart without a colour."""


@lru_cache(maxsize=64)
def prose_lines(prose: Prose, width: int) -> tuple[Content, ...]:
    """The lines of a prose text, without links or actions."""
    return tuple(
        assemble(*((each.words, PROSE_ROLES[each.style]) for each in line))
        for line in layout_lines(prose, width)
    )


_NOTHING = Content("")


class FieldKind(Enum):
    """Fields that dialogs leave out: they show the same themselves, or need it not."""

    SCRIPT = auto()
    CALLS = auto()
    """A file of the runbook that a script calls."""
    WHY = auto()
    ROLE = auto()
    KEYS = auto()
    """What can be done about a step, with the keys."""
    ASKS = auto()
    """What a person is asked."""
    UNDETECTED = auto()
    """What no drill has seen fail."""


class Field(Struct, frozen=True):
    """A label and its content, with hanging indent."""

    label: str
    content: Content = _NOTHING
    value: str = ""
    """What follows the content, cut in its middle where the line is too short."""
    prose: Prose | None = None
    """A text of the runbook's, in place of all that; its lines are made for the room
    that there is."""
    sign: str = ""
    """What stands before the content, whose other lines begin beneath its first."""
    kind: FieldKind | None = None
    """The kind, if dialogs leave it out; they do not go by the label."""
