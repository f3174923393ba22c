"""What widgets show: roles for colours, texts and scripts in them, labelled fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from rich.cells import cell_len
from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.prose.line_breaks import line_ranges
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.prose.text_layout import TextStyle, layout_lines
from mobius_tui.runbook.text import shortening

Role = Literal[
    "plain",
    "strong",
    "muted",
    "accent",
    "good",
    "warn",
    "bad",
    "name",
    "command",
    "key",
]

ROLE_STYLES: Mapping[Role, str] = {
    "plain": "$foreground",
    "strong": "bold $foreground",
    "muted": "$text-muted",
    "accent": "$accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "bold $error",
    "name": "$secondary",
    "command": "$accent",
    "key": "bold $accent",
}
"""The style of each role, for `Content`."""
_MENTION = re.compile(r"\$\{?\w+\}?")
MAX_SCRIPT_LINES = 200
"""Lines of a script that are shown at most."""


def text(words: str, role: Role = "plain") -> Content:
    """One line of words from anywhere, made harmless, in a role's style."""
    return Content.styled(sanitize.line(words), ROLE_STYLES[role])


def assemble(*parts: tuple[str, Role]) -> Content:
    """Several texts, one after the other; see `text`."""
    return Content("").join([text(words, role) for words, role in parts])


def cut(words: str, width: int) -> str:
    """Words cut at the end to `width` cells."""
    return shortening.shortened(words, width, cell_len)


def cut_in_middle(words: str, width: int) -> str:
    """Words with `…` for their middle where they are wider than `width` cells."""
    return shortening.shortened_in_middle(words, width, cell_len)


def padded(words: str, width: int) -> str:
    """Words in exactly `width` cells: cut, or with blanks behind them."""
    return shortening.padded(words, width, cell_len)


def wrap_content(content: Content, width: int) -> list[Content]:
    """The lines of a text.

    Textual breaks at every blank, and a word that is too long wherever the line ends.

    Args:
        content: the text; its own line ends stay.
        width: cells of a line.
    """
    return [
        line
        for row in content.split("\n", allow_blank=True)
        for line in _wrap_row(row, width)
    ]


def _wrap_row(row: Content, width: int) -> list[Content]:
    if row.cell_length <= width:
        return [row]
    ranges = line_ranges(row.plain, width, size=cell_len)
    return [row[begin:end] for begin, end in ranges]


class BarMode(StrEnum):
    """What the bar on top says in place of the run's mode."""

    WATCH = "watch"
    REVIEW = "review"


BAR_MODES: tuple[Mode | BarMode, ...] = (*Mode, *BarMode)
"""All that the bar may say; frame.tcss has a class `-mode-…` for each."""


def _badge_style(mode: Mode | BarMode) -> str:
    """Incidents are red, all else is calm; reversed, so that no colour is needed."""
    match mode:
        case Mode.INCIDENT:
            return "bold reverse $error"
        case Mode.DRILL:
            return "bold reverse $primary"
        case Mode.MAINTENANCE:
            return "bold reverse $foreground"
        case BarMode.WATCH:
            return "bold reverse $accent"
        case BarMode.REVIEW:
            return "bold reverse $secondary"


def badge(mode: Mode | BarMode) -> Content:
    """The mode as a word in a box of its colour."""
    return Content.styled(f" {mode.upper()} ", _badge_style(mode))


def script(source: str, limit: int = MAX_SCRIPT_LINES) -> Content:
    """A script, line by line, with the variables that it mentions made visible."""
    lines = source.strip("\n").split("\n")
    shown = [sanitize.clean(line) for line in lines[:limit]]
    if len(lines) > limit:
        more = len(lines) - limit
        shown.append(f"… and {more} line{'s' * (more > 1)} more")
    return Content("\n").join(_code(line) for line in shown)


def _code(line: str) -> Content:
    """One line of a script: its first word, then mentions of variables."""
    found = Content.styled(line, ROLE_STYLES["plain"])
    first = re.match(r"\s*[\w./-]+(?=\s|$)", line)
    if first is not None:
        found = found.stylize(ROLE_STYLES["command"], first.start(), first.end())
    for mention in _MENTION.finditer(line):
        found = found.stylize(ROLE_STYLES["name"], mention.start(), mention.end())
    return found


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
