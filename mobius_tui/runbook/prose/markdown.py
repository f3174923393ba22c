"""A text as its parts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mobius_tui import sanitize
from mobius_tui.runbook.model.templates import fill, is_template
from mobius_tui.runbook.prose.markdown_dialect import DEEPEST, markdown_parser
from mobius_tui.runbook.prose.prose_model import (
    Body,
    Code,
    Grid,
    Heading,
    HorizontalRule,
    Item,
    Items,
    Paragraph,
    Placed,
    Prose,
    ProsePart,
    ProseRow,
    ProseSpan,
    Quote,
)

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode as Node

LONGEST = 20_000
"""Characters of a text that is read as Markdown; a longer one is data, and stays as it
is. A person reads no more, and the worst that so many can hold is read in 0.1 s."""
MOST_COLUMNS = 60
"""Columns of a table; each would have a cell in each row, whether it says so or not."""
_LANGUAGE = re.compile(r"[\w.+#-]*")
_COLUMNS = re.compile(r"\S {3,}\S")
"""Blanks within a line that put what follows in a column."""


@lru_cache(maxsize=128)
def parse_markdown(prose: Prose) -> Body:
    """The parts of a text, its values filled in and every word made harmless."""
    text = sanitize.clean(prose.text, newlines=True).rstrip()
    tokens = [] if _is_data(text) else markdown_parser().parse(text)
    if not tokens or any(token.level >= DEEPEST - 1 for token in tokens):
        return (Placed(Code(tuple(_harmless(prose, text)))),)
    from markdown_it.tree import SyntaxTreeNode

    return _MarkdownReader(prose, text).whole(SyntaxTreeNode(tokens).children)


def _is_data(text: str) -> bool:
    """Whether a text is too much to be read as Markdown."""
    lines = text.split("\n") if len(text) <= LONGEST else []
    return not lines or any(line.count("|") > MOST_COLUMNS for line in lines)


def _harmless(prose: Prose, text: str) -> Iterator[str]:
    """The lines of a text with its values; Markdown can spell what is not."""
    found = dict(prose.values)
    filled = fill(text, lambda name: found.get(name, f"${{{name}}}"))
    return iter(sanitize.clean(filled, newlines=True).split("\n"))


class _MarkdownReader:
    """Makes parts of what Markdown means in one text."""

    def __init__(self, prose: Prose, text: str) -> None:
        self._prose = prose
        self._source = text.split("\n")

    def whole(self, nodes: Sequence[Node]) -> Body:
        """The parts of a text; what touches lines that are laid out is so, too."""
        found: list[Placed] = []
        number = 0
        while number < len(nodes):
            first, end = nodes[number], number + 1
            while self._touch(first, nodes[end : end + 1]):
                end += 1
            if end == number + 1:
                part = self._part(first, in_list=False)
            else:
                part = self._written(first, nodes[end - 1])
            found.append(self._placed(part, first))
            number = end
        return (replace(found[0], gap=False), *found[1:])

    def _touch(self, first: Node, after: Sequence[Node]) -> bool:
        """Whether a part is laid out, and the one after it touches it."""
        if first.type != "paragraph" or not after or after[0].type == "fence":
            return False
        words = first.children[0].content
        return _is_laid_out(words, in_list=False) and not self._is_apart(after[0])

    def _written(self, first: Node, last: Node) -> Code:
        """The lines from one part to another, as they are."""
        begin, end = (first.map or (0, 0))[0], (last.map or (0, 0))[1]
        written = "\n".join(self._source[begin:end]).rstrip()
        return Code(tuple(_harmless(self._prose, written)))

    def body(self, nodes: Iterable[Node], *, in_list: bool = False) -> Body:
        """The parts that stand one below the other."""
        found = [self._placed(self._part(n, in_list=in_list), n) for n in nodes]
        return (*(replace(each, gap=False) for each in found[:1]), *found[1:])

    def _placed(self, part: ProsePart, node: Node) -> Placed:
        indent = _meta(node).get("indent", 0) if not isinstance(part, Code) else 0
        return Placed(part, self._is_apart(node), indent)

    def _is_apart(self, node: Node) -> bool:
        """Whether the line above is empty."""
        begin = node.map[0] if node.map else 0
        return begin > 0 and not self._source[begin - 1].strip(" >")

    def _part(self, node: Node, *, in_list: bool) -> ProsePart:
        match node.type:
            case "heading":
                return Heading(len(node.markup), self._row(node.children[0]))
            case "fence":
                return self._fence(node)
            case "code_block":
                return Code(tuple(f"    {row}".rstrip() for row in self._rows(node)))
            case "bullet_list" | "ordered_list":
                return Items(tuple(self._items(node)))
            case "blockquote":
                return Quote(self.body(node.children))
            case "table":
                return self._grid(node)
            case "hr":
                return HorizontalRule(
                    self._source[node.map[0]].strip(" >") if node.map else ""
                )
            case _:
                (words,) = node.children
                if _is_laid_out(words.content, in_list=in_list):
                    return Code(tuple(_harmless(self._prose, words.content)))
                return Paragraph(tuple(self._lines(words.children[:])))

    def _fence(self, node: Node) -> Code:
        """Code; where it begins beside the fence, that is no language."""
        info = self._filled(node.info.strip())
        if _LANGUAGE.fullmatch(info):
            return Code(self._rows(node), fenced=True, language=info)
        return Code((info, *self._rows(node)), fenced=True)

    def _rows(self, node: Node) -> tuple[str, ...]:
        """The lines of code."""
        return tuple(_harmless(self._prose, node.content.removesuffix("\n")))

    def _items(self, node: Node) -> Iterator[tuple[bool, Item]]:
        """The items of a list; numbers that do not grow are counted."""
        number = None
        for item in node.children:
            mark = item.markup
            if node.type == "ordered_list":
                written = int(item.info)
                grows = number is None or written > number
                number = written if grows or number is None else number + 1
                mark = f"{number}{item.markup}"
            apart = item is not node.children[0] and self._is_apart(item)
            yield apart, Item(mark, number, self.body(item.children, in_list=True))

    def _grid(self, node: Node) -> Grid | Code:
        """A table; with a cell too many, which would be left out, it stays as it is."""
        lines = [row for part in node.children for row in part.children]
        if not all(self._is_whole(row) for row in lines[1:]):
            return self._written(node, node)
        head, *rows = (
            tuple(self._row(cell.children[0]) for cell in row.children) for row in lines
        )
        return Grid(head, tuple(rows))

    def _is_whole(self, row: Node) -> bool:
        """Whether all that a row of a table says stands in its cells."""
        written = self._source[row.map[0]] if row.map else ""
        cells = "".join(cell.children[0].content for cell in row.children)
        return _letters(written) == _letters(cells)

    def _row(self, words: Node) -> ProseRow:
        """What stands in one line, and stays there."""
        rows = [*self._lines(words.children)]
        between: ProseRow = (ProseSpan(" "),)
        return sum((between + row for row in rows[1:]), rows[0])

    def _lines(self, nodes: Iterable[Node]) -> Iterator[ProseRow]:
        """The lines of a paragraph."""
        row: list[ProseSpan] = []
        for span in self._spans(nodes, strong=False):
            first, *more = span.words.split("\n")
            row.append(_same(span, first))
            for words in more:
                yield tuple(each for each in row if each.words)
                row = [_same(span, words)]
        yield tuple(each for each in row if each.words)

    def _spans(self, nodes: Iterable[Node], *, strong: bool) -> Iterator[ProseSpan]:
        for node in nodes:
            match node.type:
                case "softbreak" | "hardbreak":
                    yield ProseSpan("\n")
                case "strong":
                    yield from self._spans(node.children, strong=True)
                case "code_inline":
                    yield ProseSpan(self._filled(node.content), "code")
                case "link" | "image":
                    yield self._link(node)
                case _:
                    kind = "strong" if strong else "plain"
                    yield ProseSpan(self._filled(node.content), kind)  # type: ignore[arg-type]

    def _link(self, node: Node) -> ProseSpan:
        """A link, or a picture, which is one here."""
        spans = self._spans(node.children, strong=False)
        said = "".join(f"{s.words} ({s.told})" if s.told else s.words for s in spans)
        written = str(node.attrs.get("href") or node.attrs.get("src") or "")
        address = sanitize.line(self._filled(written))
        own = not is_template(written)
        return ProseSpan(" ".join(said.split()) or address, address=address, own=own)

    def _filled(self, text: str) -> str:
        return "\n".join(_harmless(self._prose, text))


def _same(span: ProseSpan, words: str) -> ProseSpan:
    return ProseSpan(words, span.kind, span.address, span.own)


def _meta(node: Node) -> Mapping[str, int]:
    token = node.nester_tokens.opening if node.nester_tokens else node.token
    return token.meta if token is not None else {}


def _is_laid_out(text: str, *, in_list: bool) -> bool:
    """Whether lines hang together by their blanks: YAML, or columns of an output.

    In a list the lines of an item are often set deeper, and mean nothing by it.
    """
    first, *others = text.split("\n")
    depths = {_depth(line) - _depth(first) for line in others}
    steps = len({depth for depth in depths if depth > 0})
    is_deep = steps > 1 if in_list else max(depths, default=0) > 1
    return is_deep or _COLUMNS.search(text) is not None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
