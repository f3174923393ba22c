"""Parsing a text as Markdown into its parts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mobius_tui import sanitize
from mobius_tui.runbook.prose.prose_model import (
    CodePart,
    Heading,
    HorizontalRule,
    ListItem,
    ListPart,
    Paragraph,
    PlacedPart,
    Prose,
    ProseBody,
    ProseLine,
    ProsePart,
    ProseSpan,
    QuotePart,
    TablePart,
)
from mobius_tui.runbook.text.template_text import fill, is_template
from mobius_tui.structs import replace

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode as Node

MAX_MARKDOWN = 20_000
"""Characters of a text that is parsed as Markdown; a longer one is shown as it is. The
slowest text of this length takes 0.1 s."""
MAX_COLUMNS = 60
"""Columns of a table; each has a cell in every row, even if it is not written."""
_LANGUAGE = re.compile(r"[\w.+#-]*")
_COLUMNS = re.compile(r"\S {3,}\S")
"""Blanks within a line by which columns are aligned."""


@lru_cache(maxsize=128)
def parse_markdown(prose: Prose) -> ProseBody:
    """The parts of a text, with its values filled in, sanitized."""
    from mobius_tui.runbook.prose.markdown_dialect import parse_nodes

    text = sanitize.clean(prose.text, newlines=True).rstrip()
    nodes = () if _is_too_large(text) else parse_nodes(text)
    if not nodes:
        return (PlacedPart(CodePart(tuple(_sanitized_lines(prose, text)))),)
    return _MarkdownReader(prose, text).read_all(nodes)


def _is_too_large(text: str) -> bool:
    """Whether a text is too long, or a line has too many columns, to be parsed."""
    lines = text.split("\n") if len(text) <= MAX_MARKDOWN else []
    return not lines or any(line.count("|") > MAX_COLUMNS for line in lines)


def _sanitized_lines(prose: Prose, text: str) -> Iterator[str]:
    """The lines of a text with its values filled in, sanitized.

    The text was sanitized before it was parsed, but its values were not, and the parser
    decodes entities such as `&#x202E;`.
    """
    found = dict(prose.values)
    filled = fill(text, lambda name: found.get(name, f"${{{name}}}"))
    return iter(sanitize.clean(filled, newlines=True).split("\n"))


class _MarkdownReader:
    """Makes the parts of one text from its syntax tree."""

    def __init__(self, prose: Prose, text: str) -> None:
        self._prose = prose
        self._source = text.split("\n")

    def read_all(self, nodes: Sequence[Node]) -> ProseBody:
        """The parts of a text.

        Blocks that adjoin preformatted lines become code with them.
        """
        found: list[PlacedPart] = []
        number = 0
        while number < len(nodes):
            first, end = nodes[number], number + 1
            while self._joins_next(first, nodes[end : end + 1]):
                end += 1
            if end == number + 1:
                part = self._part(first, in_list=False)
            else:
                part = self._source_lines(first, nodes[end - 1])
            found.append(self._placed(part, first))
            number = end
        return (replace(found[0], blank_line_before=False), *found[1:])

    def _joins_next(self, first: Node, after: Sequence[Node]) -> bool:
        """Whether a paragraph is preformatted, with no empty line after it.

        See `_is_preformatted`.
        """
        if first.type != "paragraph" or not after or after[0].type == "fence":
            return False
        words = first.children[0].content
        return _is_preformatted(words, in_list=False) and not self._has_gap_before(
            after[0]
        )

    def _source_lines(self, first: Node, last: Node) -> CodePart:
        """The lines from one part to another as code."""
        begin, end = (first.map or (0, 0))[0], (last.map or (0, 0))[1]
        source = "\n".join(self._source[begin:end]).rstrip()
        return CodePart(tuple(_sanitized_lines(self._prose, source)))

    def body(self, nodes: Iterable[Node], *, in_list: bool = False) -> ProseBody:
        """The parts of a container."""
        found = [self._placed(self._part(n, in_list=in_list), n) for n in nodes]
        return (
            *(replace(each, blank_line_before=False) for each in found[:1]),
            *found[1:],
        )

    def _placed(self, part: ProsePart, node: Node) -> PlacedPart:
        indent = _meta(node).get("indent", 0) if not isinstance(part, CodePart) else 0
        return PlacedPart(part, self._has_gap_before(node), indent)

    def _has_gap_before(self, node: Node) -> bool:
        """Whether the line above a part is empty."""
        begin = node.map[0] if node.map else 0
        return begin > 0 and not self._source[begin - 1].strip(" >")

    def _part(self, node: Node, *, in_list: bool) -> ProsePart:
        match node.type:
            case "heading":
                return Heading(len(node.markup), self._single_row(node.children[0]))
            case "fence":
                return self._fence(node)
            case "code_block":
                return CodePart(
                    tuple(f"    {row}".rstrip() for row in self._rows(node))
                )
            case "bullet_list" | "ordered_list":
                return ListPart(tuple(self._items(node)))
            case "blockquote":
                return QuotePart(self.body(node.children))
            case "table":
                return self._grid(node)
            case "hr":
                return HorizontalRule(
                    self._source[node.map[0]].strip(" >") if node.map else ""
                )
            case _:
                (words,) = node.children
                if _is_preformatted(words.content, in_list=in_list):
                    return CodePart(tuple(_sanitized_lines(self._prose, words.content)))
                return Paragraph(tuple(self._lines(words.children[:])))

    def _fence(self, node: Node) -> CodePart:
        """Code; text after the fence that is no language is its first line."""
        info = self._filled(node.info.strip())
        if _LANGUAGE.fullmatch(info):
            return CodePart(self._rows(node), fenced=True, language=info)
        return CodePart((info, *self._rows(node)), fenced=True)

    def _rows(self, node: Node) -> tuple[str, ...]:
        """The lines of code."""
        return tuple(_sanitized_lines(self._prose, node.content.removesuffix("\n")))

    def _items(self, node: Node) -> Iterator[tuple[bool, ListItem]]:
        """The items of a list; numbers that do not increase are counted on."""
        number = None
        for item in node.children:
            mark = item.markup
            if node.type == "ordered_list":
                source = int(item.info)
                is_increasing = number is None or source > number
                number = source if is_increasing or number is None else number + 1
                mark = f"{number}{item.markup}"
            has_gap = item is not node.children[0] and self._has_gap_before(item)
            yield (
                has_gap,
                ListItem(mark, number, self.body(item.children, in_list=True)),
            )

    def _grid(self, node: Node) -> TablePart | CodePart:
        """A table; or code, if it has surplus cells, which a table would drop."""
        lines = [row for part in node.children for row in part.children]
        if not all(self._has_all_cells(row) for row in lines[1:]):
            return self._source_lines(node, node)
        head, *rows = (
            tuple(self._single_row(cell.children[0]) for cell in row.children)
            for row in lines
        )
        return TablePart(head, tuple(rows))

    def _has_all_cells(self, row: Node) -> bool:
        """Whether the cells of a table row contain all of its text."""
        source = self._source[row.map[0]] if row.map else ""
        cells = "".join(cell.children[0].content for cell in row.children)
        return _letters(source) == _letters(cells)

    def _single_row(self, words: Node) -> ProseLine:
        """Inline content on one line."""
        rows = [*self._lines(words.children)]
        between: ProseLine = (ProseSpan(" "),)
        return sum((between + row for row in rows[1:]), rows[0])

    def _lines(self, nodes: Iterable[Node]) -> Iterator[ProseLine]:
        """The lines of a paragraph."""
        row: list[ProseSpan] = []
        for span in self._spans(nodes, strong=False):
            first, *more = span.words.split("\n")
            row.append(_with_words(span, first))
            for words in more:
                yield tuple(each for each in row if each.words)
                row = [_with_words(span, words)]
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
        """A link, or a picture, which is shown as a link."""
        spans = self._spans(node.children, strong=False)
        link_text = "".join(
            f"{s.words} ({s.separate_address})" if s.separate_address else s.words
            for s in spans
        )
        source = str(node.attrs.get("href") or node.attrs.get("src") or "")
        address = sanitize.line(self._filled(source))
        own = not is_template(source)
        return ProseSpan(
            " ".join(link_text.split()) or address,
            address=address,
            has_literal_address=own,
        )

    def _filled(self, text: str) -> str:
        return "\n".join(_sanitized_lines(self._prose, text))


def _with_words(span: ProseSpan, words: str) -> ProseSpan:
    return ProseSpan(words, span.kind, span.address, span.has_literal_address)


def _meta(node: Node) -> Mapping[str, int]:
    token = node.nester_tokens.opening if node.nester_tokens else node.token
    return token.meta if token is not None else {}


def _is_preformatted(text: str, *, in_list: bool) -> bool:
    """Whether lines are laid out by blanks: YAML, or columns of an output.

    In a list, the lines of an item are often indented without such a meaning.
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
