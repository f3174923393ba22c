"""Blocks of HTML in a page, as blocks of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from mobius_tui.runbook.page.blocks import (
    Block,
    Closed,
    Fence,
    Grid,
    Heading,
    Item,
    Opened,
    Words,
)
from mobius_tui.runbook.page.inline import TAGS

_BREAK_NAMES = """
blockquote caption center details dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li
ol p pre summary table tabitem tabs td th tr ul
"""
_BREAKS = frozenset(_BREAK_NAMES.split())
"""Tags that end a paragraph."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-(\w+)")
_LONGEST = 100_000
"""Characters of one block; what is longer is data."""


class HtmlReader(HTMLParser):
    """One walk over one block of HTML; what a tag opens may be closed in another."""

    def __init__(self, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block | None] = []
        """`None` where tabs begin or end."""
        self.comments = 0
        self._depth = depth
        self._lists = 0
        self._said: list[str] = []
        self._open = ""
        """The tag that says what the words that come are for."""
        self._info = ""
        self._links: list[str] = []
        self._rows: list[list[str]] | None = None

    def read(self, text: str) -> None:
        """Read a whole block."""
        if len(text) > _LONGEST:
            self.blocks.append(Words(text=text, source=text, depth=self._depth))
            return
        self.feed(text)
        self.close()
        self._end()
        if self._rows is not None:
            self._table()

    def handle_data(self, data: str) -> None:
        """Words."""
        self._said.append(data)

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - as the parser calls
        """What nobody sees on the page."""
        self.comments += 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that opens something."""
        values = {name: value or "" for name, value in attrs}
        if tag not in TAGS:
            self._said.append(self.get_starttag_text() or "")
            return
        if tag in _BREAKS:
            self._end()
        if tag == "br":
            self._said.append("\n")
        elif tag == "a":
            self._links.append(values.get("href", ""))
        elif tag == "img":
            words = [values.get("alt", ""), values.get("src", "")]
            self._said.append(" ".join(filter(None, words)))
        elif tag == "tabitem":
            title = values.get("label") or values.get("value", "")
            self.blocks.append(Opened(title=title, tabs=1))
        elif tag == "tabs":
            self.blocks.append(None)
        elif tag == "table":
            self._rows = []
        elif tag in ("tr", "td", "th") and self._rows is not None:
            if self._said:
                self._cell()
            if tag == "tr" or not self._rows:
                self._rows.append([])
        elif tag in ("summary", "li", "pre", *_HEADINGS):
            self._open = tag
            self._info = ""
        elif tag in ("ul", "ol"):
            self._lists += 1
        language = _LANGUAGE.search(values.get("class", ""))
        if language is not None and self._open == "pre":
            self._info = language[1]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """A tag that closes something."""
        if tag not in TAGS:
            self._said.append(f"</{tag}>")
            return
        if tag in ("td", "th") and self._rows:
            self._cell()
            return
        if tag in _BREAKS:
            self._end()
        if tag == "a" and self._links:
            address = self._links.pop()
            if address and not address.startswith("#"):
                self._said.append(f" ({address})")
        elif tag in ("details", "tabitem"):
            self.blocks.append(Closed())
        elif tag == "tabs":
            self.blocks.append(None)
        elif tag == "table" and self._rows is not None:
            self._table()
        elif tag in ("ul", "ol"):
            self._lists = max(0, self._lists - 1)

    def _end(self) -> None:
        """End the paragraph that is open."""
        said, kind = "".join(self._said), self._open
        if self._rows is not None and said.strip():
            return
        self._said, self._open = [], ""
        if kind == "pre":
            if said.strip():
                fence = Fence(info=self._info, text=said.strip("\n"), depth=self._depth)
                self.blocks.append(fence)
            return
        text = "\n".join(" ".join(line.split()) for line in said.strip().split("\n"))
        depth = self._depth + max(0, self._lists - 1)
        if kind == "summary":
            self.blocks.append(Opened(title=text.replace("\n", " ") or "Details"))
        elif not text:
            return
        elif kind in _HEADINGS:
            level = _HEADINGS[kind]
            self.blocks.append(Heading(level=level, text=text.replace("\n", " ")))
        elif kind == "li":
            self.blocks.append(Item(text=text, source=text, depth=depth))
        else:
            self.blocks.append(Words(text=text, source=text, depth=self._depth))

    def _cell(self) -> None:
        """End the cell that is open; words between cells are no cell."""
        text = " ".join("".join(self._said).split())
        self._said = []
        if self._rows and (text or self._rows[-1]):
            self._rows[-1].append(text)

    def _table(self) -> None:
        if self._said:
            self._cell()
        head, *rows = [tuple(row) for row in self._rows or () if row] or [()]
        self._rows = None
        if head:
            grid = Grid(head=head, rows=tuple(rows), depth=self._depth)
            self.blocks.append(grid)
