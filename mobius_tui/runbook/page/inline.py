"""The words of a paragraph: what stands between its marks, and what these mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAG_NAMES = """
a abbr b big blockquote br caption center code col colgroup dd del details dfn div dl dt
em figcaption figure font h1 h2 h3 h4 h5 h6 hr html i iframe img ins kbd li mark ol p
picture pre q s samp script small span strike strong style sub summary sup table tabitem
tabs tbody td tfoot th thead tr tt u ul video wbr
"""
TAGS = frozenset(_TAG_NAMES.split())
"""What is markup between `<` and `>`; all else there is words, such as `<pod>`."""
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_VALUE = re.compile(r"""\b(href|alt|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SHORTCODE = re.compile(r"\{\{[<%][^{}\n]{0,300}[%>]\}\}")
_SHOWN = re.compile(r'\btext="([^"]*)"')
_IN_QUOTES = re.compile(r'"([^"]*)"')
_NOTED = re.compile(r"\{\{[<%]\s*(note|warning|caution|tip|alert|important)\b")
_LONGEST = 100_000
"""Characters; what is longer is data, and left as it is."""
_MOST_BRACKETS = 500
"""A paragraph with more of them is no text with links; each costs time to look at."""
_MARKS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*"}
_PARSER = MarkdownIt("commonmark", {"maxNesting": 8})


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """A paragraph that was read."""

    text: str
    """Its words; a link is followed by its address."""
    source: str
    """The same with marks for emphasis, code and links."""
    codes: tuple[str, ...]
    """What stands between backticks."""
    comments: int
    """How many comments were left out."""


def phrase(content: str, references: dict[str, Any]) -> Phrase:
    """Read what a paragraph says.

    Args:
        content: the paragraph.
        references: where the page's links by name lead.
    """
    if len(content) > _LONGEST or content.count("[") > _MOST_BRACKETS:
        return Phrase(text=content, source=content, codes=(), comments=0)
    tokens: list[Token] = []
    _PARSER.inline.parse(content, _PARSER, references, tokens)
    writer = _Writer()
    writer.write(tokens)
    return Phrase(
        text=_spoken("".join(writer.text)),
        source=_spoken("".join(writer.source)),
        codes=tuple(writer.codes),
        comments=writer.comments,
    )


class _Writer:
    """One walk over the parts of a paragraph."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.source: list[str] = []
        self.codes: list[str] = []
        self.comments = 0
        self._links: list[tuple[str, int, int]] = []
        """The address of each open link, and how much stood before it."""

    def write(self, tokens: Sequence[Token]) -> None:
        """Write all of it."""
        for token in tokens:
            match token.type:
                case "code_inline":
                    self.codes.append(token.content)
                    self._add(token.content, f"`{token.content}`")
                case "softbreak" | "hardbreak":
                    self._add("\n")
                case "link_open":
                    self._open(str(token.attrGet("href") or ""))
                case "link_close":
                    self._close()
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

    def _open(self, address: str) -> None:
        self._links.append((address, len(self.text), len(self.source)))

    def _close(self) -> None:
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
            self.comments += 1
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
            self._close()
        elif name == "a" and "href" in (values := attributes(tag)):
            self._open(values["href"])


def attributes(tag: str) -> dict[str, str]:
    """Where a tag of HTML leads, and what it is called."""
    return {match[1]: match[2] or match[3] or "" for match in _VALUE.finditer(tag)}


def _with_address(words: str, address: str) -> str:
    """The words of a link, and its address unless it is on the page itself."""
    if not words:
        return address
    bare = address.removeprefix("mailto:")
    if not address or address.startswith("#") or words in (address, bare):
        return words
    return f"{words} ({address})"


def _spoken(text: str) -> str:
    """The text with what it says of itself to the maker of a web site in words."""
    return _SHORTCODE.sub(_shortcode, text) if "{{" in text else text


def _shortcode(match: re.Match[str]) -> str:
    if (shown := _SHOWN.search(match[0])) is not None:
        return shown[1]
    if (noted := _NOTED.match(match[0])) is not None:
        return f"{noted[1].capitalize()}: "
    inner = match[0][3:-3].strip()
    quoted = " ".join(_IN_QUOTES.findall(inner))
    return "" if " " not in inner or inner.startswith("/") else quoted or inner
