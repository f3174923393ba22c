"""The blocks of a Markdown page, in the order of its lines.

Blocks are a flat list: list items, and blocks in them, have a depth. The blocks of a
tab or a fold-out are between its start and its end.
"""

from __future__ import annotations

from msgspec import Struct


class PageHeading(Struct, frozen=True, kw_only=True):
    """A heading, by `#` or underlined."""

    level: int
    """From 1 to 6."""
    text: str
    line: int = 0
    """The line of the page where it begins, from 1; 0 if unknown."""


class PageParagraph(Struct, frozen=True, kw_only=True):
    """A paragraph."""

    text: str
    """Without the marks of Markdown."""
    source: str = ""
    """With them, and with its references as links."""
    depth: int = 0
    """The number of list items around it; 0 outside of lists."""
    code_spans: tuple[str, ...] = ()
    """The texts in backticks."""
    line: int = 0


class PageItem(Struct, frozen=True, kw_only=True):
    """An item of a list."""

    text: str
    """Without the marks of Markdown; may be empty."""
    source: str = ""
    depth: int
    """The number of other items around it."""
    has_checkbox: bool = False
    """Whether it has a box to tick: `- [ ]`."""
    number: int | None = None
    """Its number; None if its list has none."""
    code_spans: tuple[str, ...] = ()
    line: int = 0

    @property
    def ordered(self) -> bool:
        """Whether its list is numbered."""
        return self.number is not None


class CodeFence(Struct, frozen=True, kw_only=True):
    """A block of code, fenced or indented."""

    info: str
    """The text after the opening fence."""
    text: str
    depth: int = 0
    """The number of list items around it."""
    line: int = 0


class PageTable(Struct, frozen=True, kw_only=True):
    """A table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    code_cells: tuple[tuple[str, ...], ...] = ()
    """Of each row the cells that only consist of code; empty texts for the others."""
    depth: int = 0
    line: int = 0


class ContainerStart(Struct, frozen=True, kw_only=True):
    """The start of a tab or a fold-out."""

    title: str
    tab_group: int = 0
    """The number of its group of tabs, from 1; 0 for a fold-out.

    Before `pair_containers`: 1 for a tab with an end of its own, 2 for one that the
    start of the next tab ends.
    """
    line: int = 0


class ContainerEnd(Struct, frozen=True, kw_only=True):
    """The end of the container that was opened last."""


Block = (
    PageHeading
    | PageParagraph
    | PageItem
    | CodeFence
    | PageTable
    | ContainerStart
    | ContainerEnd
)


class MarkdownPage(Struct, frozen=True, kw_only=True):
    """A whole page."""

    front_matter: tuple[str, ...]
    """The lines of its front matter, without the delimiters."""
    blocks: tuple[Block, ...]
    comment_count: int
    """The number of HTML comments, which are left out."""
