"""What a Markdown page is made of, in the order of its lines.

Blocks are flat: a list's item says how deep it stands, and what stands inside it says
the same, so that no page is nested too deep to be read.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading, by `#` or underlined."""

    level: int
    """From 1 to 6."""
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A paragraph."""

    text: str
    depth: int
    """How many list items it stands in; 0 outside of lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An item of a list."""

    text: str
    depth: int
    """How many other items it stands in."""
    box: bool
    """Whether it is one to tick: `- [ ]`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """A block of code, fenced or indented."""

    info: str
    """What stands behind the opening fence."""
    text: str
    depth: int
    """How many list items it stands in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    depth: int


Block = Heading | Words | Item | Fence | Grid


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A whole page."""

    front: tuple[str, ...]
    """The lines of its front matter, without the marks around it."""
    blocks: tuple[Block, ...]
    comments: int
    """How many HTML comments were left out: they are not seen on the page."""
    is_whole: bool
    """Whether it was read to its end; what is far too long is not."""
