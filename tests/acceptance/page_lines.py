"""What a Markdown page says, line by line, as a parser of its own reads it.

It knows nothing of what `import` takes a page for: a word that it sees and the runbook
does not have is lost. No words are: marks of Markdown, tags of HTML and their
attributes (but for the labels of tabs), comments, the language of a block, numbers of
items and headings, and what only shapes a site: a table of contents, `{{< note >}}`,
the kind of a note that has a title of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS = """
a abbr b blockquote br center code dd del details div dl dt em figcaption figure font
h1 h2 h3 h4 h5 h6 hr i iframe img ins kbd li mark ol p picture pre q s script section
small source span strong style sub summary sup table tabitem tabs tbody td tfoot th
thead tr tt u ul var video
"""
TAGS = frozenset(_TAGS.split())
"""Tags that are HTML, or usual; another, such as `<pod>`, is a word."""
_TAG = re.compile(r"</?([A-Za-z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_LABEL = re.compile(r"\blabel\s*=\s*[\"']([^\"']*)[\"']")
_VALUE = re.compile(r"\bvalue\s*=\s*[\"']([^\"']*)[\"']")
_CUT = "\x1f"
"""Stands for a tag."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SITE = re.compile(r"\{\{[<%](.*?)[%>]\}\}")
_NOTE = re.compile(
    r"\s*(?:(?:!!!|\?\?\?\+?)\s*[\w -]+?\"(?P<quoted>.*)\"|:::+\s*[\w-]+(?P<bare>\W.+))"
)
"""A note with a title: what kind it is shows only in its colour."""
_UNSEEN = re.compile(
    r"(?:import|export)\s.*\bfrom\s+['\"].*|import\s+['\"].*|\s*\[\[?_*TOC_*\]?\]\s*"
)
"""Lines for whoever builds the site."""
_PROMPT = re.compile(r"\A\s*(?:mysql|MariaDB|\w+=[#>]|PS [A-Z]:\S*)(?: \[[^\]]*\])?>? ")
_SHOWN = re.compile(
    r"(?:^\s*tab\s+name|\b(?:title|text|label|caption))\s*=\s*\"([^\"]*)\""
)
_FENCE_MARK = re.compile(r"\s*(?:```+|~~~+)[^`]*")
_NUMBER = re.compile(
    r"\A\s*(?:(?:[1-9]?\d\.(?=\s)|[1-9]\d?(?:\.[1-9]\d?)+\.?)\s+(?=[^\W\d]|[\"'<]|\Z)"
    r"|\d{1,3}\)\s+)"
)
"""Of a heading in an outline; before no words, or with a zero, it is a version's."""
_BOX = re.compile(r"\A\s*\[[ xX]\](?:\s|$)")
_WORD = re.compile(r"[^\W_]+")
_SIGN = re.compile(r"<U\+[0-9A-F]{4,6}>")
"""What a control character is shown as."""


def words(text: str) -> list[str]:
    """The words of a text, as they are compared: letters and digits."""
    return _WORD.findall(_SIGN.sub(" ", html.unescape(text)).casefold())


@dataclass(kw_only=True, slots=True)
class Line:
    """A line of the page that must stand in the runbook."""

    number: int
    kind: str
    """`heading`, `words`, `code`, `html`, `cell`, `head` (of a column) or `front`."""
    parts: list[str] = field(default_factory=list)
    """Its text, cut where a mark stood."""
    shown: list[str] = field(default_factory=list)
    """The same, with the addresses of links where a reader would write them."""
    links: list[str] = field(default_factory=list)
    """Addresses that it leads to, but for places on the page itself."""

    def add(self, text: str) -> None:
        """Add what the page shows."""
        self.parts.append(text)
        self.shown.append(text)


@dataclass(kw_only=True, slots=True)
class Said:
    """A paragraph, an item, a block or a cell: lines that belong together."""

    lines: list[Line]
    section: int
    """The heading that it stands under, counted from 1; 0 is before the first."""


def said_by(text: str) -> list[Said]:
    """All that a page says, in its order."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    front, rest, skipped = _front(text)
    found = [Said(lines=[line], section=0) for line in front]
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    section = 0
    where, kind = 0, "words"
    for token in parser.parse(rest):
        if token.map is not None:
            where = token.map[0] + skipped + 1
        if token.type == "heading_open":
            section += 1
            kind = "heading"
        elif token.type in ("th_open", "td_open"):
            kind = "head" if token.type == "th_open" else "cell"
        elif token.type == "paragraph_open":
            kind = "words"
        lines = list(_lines(token, where, kind))
        if lines:
            found.append(Said(lines=lines, section=section))
    headings = {
        "".join(words("".join(line.parts)))
        for each in found
        for line in each.lines
        if line.kind == "heading"
    }
    return [each for each in found if not _is_contents(each, headings)]


def _is_contents(said: Said, headings: set[str]) -> bool:
    """Whether it only leads to a heading of this page, as a table of contents does."""
    if len(said.lines) != 1 or said.lines[0].kind != "words":
        return False
    line = said.lines[0]
    anchors = [part for part in line.shown if part.startswith("#")]
    return bool(anchors) and "".join(words("".join(line.parts))) in headings


def _front(text: str) -> tuple[list[Line], str, int]:
    """The front matter's lines, what follows it, and how many lines it took."""
    rows = text.split("\n")
    mark = rows[0].rstrip()
    if mark not in ("---", "+++"):
        return [], text, 0
    end = next((at for at, row in enumerate(rows[1:], 1) if row.rstrip() == mark), 0)
    inside = rows[1:end]
    if not end or not any(re.match(r"\s*[\w-]+\s*[:=]", row) for row in inside):
        return [], text, 0
    found = []
    for number, row in enumerate(inside, 2):
        line = Line(number=number, kind="front")
        line.add(row)
        found.append(line)
    return found, "\n".join(rows[end + 1 :]), end + 1


def _lines(token: Token, where: int, kind: str) -> Iterator[Line]:
    if token.type == "inline":
        yield from _inline(token, where, kind)
    elif token.type in ("fence", "code_block"):
        first = where + (token.type == "fence")
        for number, row in enumerate(token.content.split("\n"), first):
            if not _FENCE_MARK.fullmatch(row):
                yield _line(number, "code", _typed(_unsited(row)))
    elif token.type == "html_block":
        bare = _COMMENT.sub(lambda each: "\n" * each[0].count("\n"), token.content)
        for number, row in enumerate(_untagged(bare).split("\n"), where):
            line = Line(number=number, kind="html")
            for part in row.split(_CUT):
                line.add(f"{part} ")
            yield line


def _typed(row: str) -> str:
    """A line of code without the prompt of a program; that of a host says where."""
    return _PROMPT.sub("", row)


def _line(number: int, kind: str, text: str) -> Line:
    line = Line(number=number, kind=kind)
    line.add(text)
    return line


def _inline(token: Token, where: int, kind: str) -> Iterator[Line]:
    """The lines of a paragraph, a heading or a cell."""
    line = Line(number=where, kind=kind)
    addresses: list[str] = []
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            yield _finished(line)
            line = Line(number=line.number + 1, kind=kind)
        elif child.type == "text" or child.type == "code_inline":
            line.add(child.content)
        elif child.type == "html_inline":
            line.add(_untagged(_COMMENT.sub("", child.content)))
        elif child.type == "image":
            line.add(child.content)
            line.shown.append(f" {child.attrs.get('src', '')} ")
        elif child.type == "link_open":
            addresses.append(str(child.attrs.get("href", "")))
        elif child.type == "link_close" and addresses:
            _leads(line, addresses.pop())
    yield _finished(line)


def _leads(line: Line, address: str) -> None:
    """A link ends."""
    address = address.removeprefix("mailto:")
    line.shown.append(address if address.startswith("#") else f" {address} ")
    if address and not address.startswith("#"):
        line.links.append(address)


def _finished(line: Line) -> Line:
    """The line without what is no word of it, where it begins."""
    if line.parts:
        first = _BOX.sub("", line.parts[0])
        if line.kind == "heading":
            first = _NUMBER.sub("", first)
        line.parts[0] = line.shown[0] = first
        text = "".join(line.parts)
        note = _NOTE.fullmatch(text)
        if line.kind == "words" and note is not None:
            line.parts = line.shown = [note["quoted"] or note["bare"]]
        elif line.kind == "words" and _UNSEEN.fullmatch(text):
            line.parts, line.shown = [""], [""]
    line.parts = [_unsited(part) for part in line.parts]
    line.shown = [_unsited(part) for part in line.shown]
    return line


def _unsited(text: str) -> str:
    """Without what only shapes a site, but for the words that it shows."""
    return _SITE.sub(lambda each: " ".join(_SHOWN.findall(each[1])), text)


def _untagged(text: str) -> str:
    """Without the tags of HTML, but for the labels of tabs."""

    def instead(tag: re.Match[str]) -> str:
        if tag[1].lower() not in TAGS:
            return tag[0]
        if tag[1].lower() != "tabitem":
            return _CUT + "\n" * tag[0].count("\n")
        labels = _LABEL.findall(tag[2]) or _VALUE.findall(tag[2])
        return f" {' '.join(labels)} "

    return _TAG.sub(instead, text)
