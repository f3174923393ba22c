"""The model of a parsed text: lines, lists, code and tables, all sanitized.

Screens, plain lines and reports show texts by this model. It keeps what Markdown would
drop: line breaks, indents, empty lines, and the marks of list items.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from mobius_tui.runbook.text.template_text import fill, template_names


class Prose(Struct, frozen=True):
    """A text as its author wrote it, and the values of the names in it.

    They are separate, since values must not be read as Markdown.
    """

    text: str
    values: tuple[tuple[str, str], ...] = ()
    """Each name that is filled in, and its value."""

    @property
    def filled(self) -> str:
        """The text with its values filled in."""
        values = dict(self.values)
        return fill(self.text, lambda name: values.get(name, f"${{{name}}}")).strip(
            "\n"
        )

    @staticmethod
    def of(text: str, lookup: Callable[[str], str]) -> Prose:
        """A text with the present values of its names.

        Args:
            text: the text.
            lookup: gives the value of a name.
        """
        return Prose(text, tuple((name, lookup(name)) for name in template_names(text)))


class ProseSpan(Struct, frozen=True):
    """A part of a line with one style."""

    words: str
    kind: Literal["plain", "strong", "code"] = "plain"
    address: str = ""
    """The address of a link; empty if it is none."""
    has_literal_address: bool = True
    """Whether the address is the author's, without values filled in."""

    @property
    def separate_address(self) -> str:
        """The address, if it differs from the words; else empty."""
        return "" if self.words == self.address else self.address


ProseLine: TypeAlias = tuple[ProseSpan, ...]
"""A line, as it was written."""


class Paragraph(Struct, frozen=True):
    """A paragraph."""

    lines: tuple[ProseLine, ...]


class Heading(Struct, frozen=True):
    """A heading."""

    level: int
    line: ProseLine


class CodePart(Struct, frozen=True):
    """Lines that are shown as they are."""

    lines: tuple[str, ...]
    fenced: bool = False
    """Whether it is fenced; else it was recognized by its layout."""
    language: str = ""


class ListItem(Struct, frozen=True):
    """A list item."""

    mark: str
    """`-`, `*`, `3.`, as it was written.

    A number that does not increase is replaced by the next one.
    """
    number: int | None
    body: ProseBody


class ListPart(Struct, frozen=True):
    """A list, numbered or not."""

    items: tuple[tuple[bool, ListItem], ...]
    """The items, each as a pair: whether an empty line precedes it, and the item
    itself."""


class QuotePart(Struct, frozen=True):
    """A block quote."""

    body: ProseBody


class TablePart(Struct, frozen=True):
    """A table; each row has as many cells as the head."""

    head: tuple[ProseLine, ...]
    rows: tuple[tuple[ProseLine, ...], ...]


class HorizontalRule(Struct, frozen=True):
    """A line between two parts, as it was written."""

    mark: str


ProsePart: TypeAlias = (
    Paragraph | Heading | CodePart | ListPart | QuotePart | TablePart | HorizontalRule
)


class PlacedPart(Struct, frozen=True):
    """A part, and the space before it."""

    part: ProsePart
    blank_line_before: bool = False
    """Whether an empty line precedes it."""
    indent: int = 0
    """Blanks before it, up to 3; those of a paragraph are in its `lines`."""


ProseBody: TypeAlias = tuple[PlacedPart, ...]
