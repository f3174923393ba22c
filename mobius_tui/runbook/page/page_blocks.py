"""What a Markdown page is made of, in the order of its lines.

Blocks are flat: a list's item says how deep it stands, and what stands inside it says
the same. What stands in a tab or a fold-out lies between where that opens and closes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PageHeading:
    """A heading, by `#` or underlined."""

    level: int
    """From 1 to 6."""
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PageParagraph:
    """A paragraph."""

    text: str
    """Without the marks of Markdown."""
    source: str = ""
    """With them, and with its references as links."""
    depth: int = 0
    """How many list items it stands in; 0 outside of lists."""
    codes: tuple[str, ...] = ()
    """What stands between backticks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageItem:
    """An item of a list."""

    text: str
    """Without the marks of Markdown; may be empty."""
    source: str = ""
    depth: int
    """How many other items it stands in."""
    box: bool = False
    """Whether it is one to tick: `- [ ]`."""
    ordered: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeFence:
    """A block of code, fenced or indented."""

    info: str
    """What stands behind the opening fence."""
    text: str
    depth: int = 0
    """How many list items it stands in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageTable:
    """A table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    codes: tuple[tuple[str, ...], ...] = ()
    """Of each row the cells that are code and nothing else; empty for the others."""
    depth: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerStart:
    """Here begins what is shown only where somebody chooses it."""

    title: str
    tabs: int = 0
    """The number of the tabs that this is one of; 0 for a fold-out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerEnd:
    """Here ends what was opened last."""


Block = (
    PageHeading
    | PageParagraph
    | PageItem
    | CodeFence
    | PageTable
    | ContainerStart
    | ContainerEnd
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkdownPage:
    """A whole page."""

    front: tuple[str, ...]
    """The lines of its front matter, without the marks around it."""
    blocks: tuple[Block, ...]
    comments: int
    """How many HTML comments were left out: they are not seen on the page."""
