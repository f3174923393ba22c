"""A text in parts: its lines, lists, code and tables, each word of it harmless.

Whatever shows or writes a text does it from these parts, so that the screens, plain
lines and reports mean the same by it. What Markdown takes no notice of is kept: line
breaks, indents, empty lines, and how an item is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mobius_tui.runbook.model.templates import fill, template_names


@dataclass(frozen=True, slots=True)
class Prose:
    """A text as its author wrote it, and what the names in it stand for.

    They are apart because a value means nothing in Markdown, whatever it holds.
    """

    text: str
    values: tuple[tuple[str, str], ...] = ()
    """Each name that the text wants filled in, and its value."""

    @property
    def filled(self) -> str:
        """The text as it was written, with its values in it."""
        found = dict(self.values)
        return fill(self.text, lambda name: found.get(name, f"${{{name}}}")).strip("\n")

    @staticmethod
    def of(text: str, lookup: Callable[[str], str]) -> Prose:
        """A text with the values that its names have now."""
        return Prose(text, tuple((name, lookup(name)) for name in template_names(text)))


@dataclass(frozen=True, slots=True)
class ProseSpan:
    """Words within a line that look alike."""

    words: str
    kind: Literal["plain", "strong", "code"] = "plain"
    address: str = ""
    """Where a link leads; empty for what is none."""
    own: bool = True
    """Whether the whole address is the author's: no value stands in it."""

    @property
    def told(self) -> str:
        """The address, where the words are not the same."""
        return "" if self.words == self.address else self.address


ProseRow: TypeAlias = tuple[ProseSpan, ...]
"""A line, as it was written."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of words."""

    rows: tuple[ProseRow, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A line over others."""

    level: int
    row: ProseRow


@dataclass(frozen=True, slots=True)
class Code:
    """Lines in which each blank counts, and nothing is Markdown."""

    rows: tuple[str, ...]
    fenced: bool = False
    """Whether it says that it is code; otherwise it is laid out by blanks."""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One of a list."""

    mark: str
    """As it was written: `-`, `*`, `3.`."""
    number: int | None
    body: Body


@dataclass(frozen=True, slots=True)
class Items:
    """A list, numbered or not."""

    items: tuple[tuple[bool, Item], ...]
    """Each with whether an empty line stands before it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    body: Body


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; each row has as many cells as the head."""

    head: tuple[ProseRow, ...]
    rows: tuple[tuple[ProseRow, ...], ...]


@dataclass(frozen=True, slots=True)
class HorizontalRule:
    """A line between two parts, as it was written."""

    mark: str


ProsePart: TypeAlias = (
    Paragraph | Heading | Code | Items | Quote | Grid | HorizontalRule
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A part, and where it stands."""

    part: ProsePart
    gap: bool = False
    """Whether an empty line stands before it."""
    indent: int = 0
    """Blanks before it, up to 3; of a paragraph they are in its rows."""


Body: TypeAlias = tuple[Placed, ...]
