"""Inline Markdown and HTML of a page, as text and blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    ContainerEnd,
    ContainerStart,
    PageHeading,
    PageItem,
    PageParagraph,
    PageTable,
)

_TAG_NAMES = """
a abbr b big blockquote br caption center code col colgroup dd del details dfn div dl dt
em figcaption figure font h1 h2 h3 h4 h5 h6 hr html i iframe img ins kbd li mark ol p
picture pre q s samp script small span strike strong style sub summary sup table tabitem
tabs tbody td tfoot th thead tr tt u ul video wbr
"""
TAGS = frozenset(_TAG_NAMES.split())
"""HTML tags; any other text in angles, such as `<pod>`, is text."""
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_VALUE = re.compile(r"""\b(href|alt|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SHORTCODE = re.compile(r"\{\{[<%][^{}\n]{0,300}[%>]\}\}")
_SHORTCODE_TEXT = re.compile(r'\btext="([^"]*)"')
_IN_QUOTES = re.compile(r'"([^"]*)"')
_SHORTCODE_NOTE = re.compile(r"\{\{[<%]\s*(note|warning|caution|tip|alert|important)\b")
_MAX_PARAGRAPH = 100_000
"""Characters of a paragraph; a longer one is data, and left as it is."""
_MAX_BRACKETS = 500
"""A paragraph with more brackets is left as it is: each costs parsing time."""
_MARKS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*"}
_PARSER = MarkdownIt("commonmark", {"maxNesting": 8})


class InlineText(Struct, frozen=True, kw_only=True):
    """A paragraph without its inline markup."""

    text: str
    """Its text; a link is followed by its address."""
    source: str
    """The same with the Markdown of emphasis, code and links."""
    code_spans: tuple[str, ...]
    """The texts in backticks."""
    comment_count: int
    """How many comments were left out."""


def read_inline(content: str, references: dict[str, Any]) -> InlineText:
    """Remove the inline markup of a paragraph.

    Args:
        content: the paragraph.
        references: the link definitions of the page, as markdown-it gives them.
    """
    if len(content) > _MAX_PARAGRAPH or content.count("[") > _MAX_BRACKETS:
        return InlineText(text=content, source=content, code_spans=(), comment_count=0)
    tokens: list[Token] = []
    _PARSER.inline.parse(content, _PARSER, references, tokens)
    writer = _InlineWriter()
    writer.write(tokens)
    return InlineText(
        text=_without_shortcodes("".join(writer.text)),
        source=_without_shortcodes("".join(writer.source)),
        code_spans=tuple(writer.code_spans),
        comment_count=writer.comment_count,
    )


class _InlineWriter:
    """Writes the tokens of a paragraph as text."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.source: list[str] = []
        self.code_spans: list[str] = []
        self.comment_count = 0
        self._links: list[tuple[str, int, int]] = []
        """Of each open link its address, and the lengths of `text` and `source` before
        it."""

    def write(self, tokens: Sequence[Token]) -> None:
        """Write all tokens."""
        for token in tokens:
            match token.type:
                case "code_inline":
                    self.code_spans.append(token.content)
                    self._add(token.content, f"`{token.content}`")
                case "softbreak" | "hardbreak":
                    self._add("\n")
                case "link_open":
                    self._open_link(str(token.attrGet("href") or ""))
                case "link_close":
                    self._close_link()
                case "image":
                    self._image(token.content, str(token.attrGet("src") or ""))
                case "html_inline":
                    self._tag(token.content)
                case kind if kind in _MARKS:
                    self.source.append(_MARKS[kind])
                case _:
                    self._add(token.content)

    def _add(self, text: str, source: str | None = None) -> None:
        self.text.append(text)
        self.source.append(text if source is None else source)

    def _open_link(self, address: str) -> None:
        self._links.append((address, len(self.text), len(self.source)))

    def _close_link(self) -> None:
        if not self._links:
            return
        address, at, source = self._links.pop()
        words = "".join(self.text[at:])
        marked = "".join(self.source[source:])
        del self.text[at:], self.source[source:]
        self._add(_with_address(words, address), f"[{marked or address}]({address})")

    def _image(self, words: str, address: str) -> None:
        self._add(_with_address(words, address), f"[{words or address}]({address})")

    def _tag(self, tag: str) -> None:
        if tag.startswith("<!--"):
            self.comment_count += 1
            return
        match = _TAG.match(tag)
        name = match[1].lower() if match is not None else ""
        if name not in TAGS:
            self._add(tag)
        elif name in ("br", "hr"):
            self._add("\n")
        elif name == "img":
            values = attributes(tag)
            self._image(values.get("alt", ""), values.get("src", ""))
        elif name == "a" and tag.startswith("</"):
            self._close_link()
        elif name == "a" and "href" in (values := attributes(tag)):
            self._open_link(values["href"])


def attributes(tag: str) -> dict[str, str]:
    """The `href`, `src` and `alt` of an HTML tag."""
    return {match[1]: match[2] or match[3] or "" for match in _VALUE.finditer(tag)}


def _with_address(words: str, address: str) -> str:
    """The words of a link, and its address unless it leads to the page itself."""
    if not words:
        return address
    bare = address.removeprefix("mailto:")
    if not address or address.startswith("#") or words in (address, bare):
        return words
    return f"{words} ({address})"


def _without_shortcodes(text: str) -> str:
    """The text with the shortcodes of site generators replaced by their words."""
    return _SHORTCODE.sub(_shortcode, text) if "{{" in text else text


def _shortcode(match: re.Match[str]) -> str:
    if (given_text := _SHORTCODE_TEXT.search(match[0])) is not None:
        return given_text[1]
    if (note := _SHORTCODE_NOTE.match(match[0])) is not None:
        return f"{note[1].capitalize()}: "
    inner = match[0][3:-3].strip()
    quoted = " ".join(_IN_QUOTES.findall(inner))
    return "" if " " not in inner or inner.startswith("/") else quoted or inner


_BREAK_NAMES = """
blockquote caption center details dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li
ol p pre summary table tabitem tabs td th tr ul
"""
_BREAKS = frozenset(_BREAK_NAMES.split())
"""Tags that end a paragraph."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-(\w+)")
_MAX_HTML = 100_000
"""Characters of one HTML block; a longer one is data."""


class HtmlReader(HTMLParser):
    """Reads one HTML block; a container may be closed in a later block."""

    def __init__(self, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block | None] = []
        """`None` where a group of tabs begins or ends."""
        self.comment_count = 0
        self._depth = depth
        self._lists = 0
        self._text_parts: list[str] = []
        self._open_tag = ""
        """The open tag that determines the kind of the next block."""
        self._info = ""
        self._links: list[str] = []
        self._rows: list[list[str]] | None = None

    def read(self, text: str) -> None:
        """Read a whole block."""
        if len(text) > _MAX_HTML:
            self.blocks.append(PageParagraph(text=text, source=text, depth=self._depth))
            return
        # A comment that is not closed hides nothing: versions of the parser differ in
        # that, and look for its end again and again.
        closed = text.rfind("-->") + 1
        self.feed(text[:closed] + text[closed:].replace("<!--", "&lt;!--"))
        self.close()
        self._end_paragraph()
        if self._rows is not None:
            self._end_table()

    def handle_data(self, data: str) -> None:
        """Add text."""
        self._text_parts.append(data)

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - as the parser calls
        """Count a comment."""
        self.comment_count += 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle an opening tag."""
        values = {name: value or "" for name, value in attrs}
        if tag not in TAGS:
            self._text_parts.append(self.get_starttag_text() or "")
            return
        if tag in _BREAKS:
            self._end_paragraph()
        if tag == "br":
            self._text_parts.append("\n")
        elif tag == "a":
            self._links.append(values.get("href", ""))
        elif tag == "img":
            words = [values.get("alt", ""), values.get("src", "")]
            self._text_parts.append(" ".join(filter(None, words)))
        elif tag == "tabitem":
            title = values.get("label") or values.get("value", "")
            self.blocks.append(ContainerStart(title=title, tab_group=1))
        elif tag == "tabs":
            self.blocks.append(None)
        elif tag == "table":
            self._rows = []
        elif tag in ("tr", "td", "th") and self._rows is not None:
            if self._text_parts:
                self._end_cell()
            if tag == "tr" or not self._rows:
                self._rows.append([])
        elif tag in ("summary", "li", "pre", *_HEADINGS):
            self._open_tag = tag
            self._info = ""
        elif tag in ("ul", "ol"):
            self._lists += 1
        language = _LANGUAGE.search(values.get("class", ""))
        if language is not None and self._open_tag == "pre":
            self._info = language[1]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle a self-closing tag."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Handle a closing tag."""
        if tag not in TAGS:
            self._text_parts.append(f"</{tag}>")
            return
        if tag in ("td", "th") and self._rows:
            self._end_cell()
            return
        if tag in _BREAKS:
            self._end_paragraph()
        if tag == "a" and self._links:
            address = self._links.pop()
            if address and not address.startswith("#"):
                self._text_parts.append(f" ({address})")
        elif tag in ("details", "tabitem"):
            self.blocks.append(ContainerEnd())
        elif tag == "tabs":
            self.blocks.append(None)
        elif tag == "table" and self._rows is not None:
            self._end_table()
        elif tag in ("ul", "ol"):
            self._lists = max(0, self._lists - 1)

    def _end_paragraph(self) -> None:
        """End the open paragraph, and add its block."""
        joined, kind = "".join(self._text_parts), self._open_tag
        if self._rows is not None and joined.strip():
            return
        self._text_parts, self._open_tag = [], ""
        if kind == "pre":
            if joined.strip():
                fence = CodeFence(
                    info=self._info, text=joined.strip("\n"), depth=self._depth
                )
                self.blocks.append(fence)
            return
        text = "\n".join(" ".join(line.split()) for line in joined.strip().split("\n"))
        depth = self._depth + max(0, self._lists - 1)
        if kind == "summary":
            self.blocks.append(
                ContainerStart(title=text.replace("\n", " ") or "Details")
            )
        elif not text:
            return
        elif kind in _HEADINGS:
            level = _HEADINGS[kind]
            self.blocks.append(PageHeading(level=level, text=text.replace("\n", " ")))
        elif kind == "li":
            self.blocks.append(PageItem(text=text, source=text, depth=depth))
        else:
            self.blocks.append(PageParagraph(text=text, source=text, depth=self._depth))

    def _end_cell(self) -> None:
        """End the open cell; text between cells is no cell."""
        text = " ".join("".join(self._text_parts).split())
        self._text_parts = []
        if self._rows and (text or self._rows[-1]):
            self._rows[-1].append(text)

    def _end_table(self) -> None:
        if self._text_parts:
            self._end_cell()
        head, *rows = [tuple(row) for row in self._rows or () if row] or [()]
        self._rows = None
        if head:
            grid = PageTable(head=head, rows=tuple(rows), depth=self._depth)
            self.blocks.append(grid)
