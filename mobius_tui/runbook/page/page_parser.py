"""From the text of a page to its blocks, by markdown-it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from mobius_tui.runbook.page.containers import (
    containers,
    pair_containers,
    split_markers,
)
from mobius_tui.runbook.page.inline_markup import HtmlReader, InlineText, read_inline
from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    ContainerEnd,
    ContainerStart,
    MarkdownPage,
    PageHeading,
    PageItem,
    PageParagraph,
    PageTable,
)

MOST_PIECES = 8000
"""Blocks and rows of tables; what has more is no page that somebody reads."""
MOST_LINES = 100_000
DEEPEST = 40
"""Lists and quotes within each other; what is deeper, markdown-it leaves out."""
_FRONT_LINES = 200
"""A rule at the top of a page that has no partner within these lines is a rule."""
_KEY = re.compile(r"[ \t]*[\w-]+[ \t]*[:=]")
_BOX = re.compile(r"\[[ xX]\](?:[ \t]+|$)")
_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#[^{}\n]*\}[ \t]*$")
_NO_WORDS = re.compile(r"\[\[_TOC_\]\]|\[TOC\]|\{:[^{}\n]*\}", re.IGNORECASE)
_BAR = re.compile(r"(?<!\\)\|")


class PageTooLargeError(Exception):
    """The page is longer or deeper than any that somebody reads."""


def parse_page(text: str) -> MarkdownPage:
    r"""The blocks of a page.

    Args:
        text: the page; its lines end in `\n`, `\r\n` or `\r`.

    Raises:
        TooMuchError: it has more than `MOST_PIECES`, or is nested too deep.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise PageTooLargeError(f"has more than {MOST_LINES} lines")
    front = _front_matter(lines)
    del lines[: len(front) + 2 if front else 0]
    references: dict[str, Any] = {}
    tokens = _PARSER.parse("\n".join(lines), references)
    walk = _TokenWalk(lines=lines, references=references)
    for at in range(len(tokens)):
        walk.take(tokens, at)
    return MarkdownPage(
        front=front, blocks=tuple(pair_containers(walk.blocks)), comments=walk.comments
    )


def _bounded(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    """A rule that finds nothing, and ends what would go on for too long."""
    if len(state.tokens) > 6 * MOST_PIECES:
        words = f"has more than {MOST_PIECES} paragraphs, items and rows"
        raise PageTooLargeError(words)
    if state.level >= 2 * DEEPEST:
        raise PageTooLargeError(f"nests lists and quotes more than {DEEPEST} deep")
    return False


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 3 * DEEPEST})
    parser.enable("table").disable(["inline", "text_join"])
    everywhere = ["paragraph", "reference", "blockquote", "list", "table"]
    containers(parser)
    parser.block.ruler.before("table", "bounded", _bounded, {"alt": everywhere})
    return parser


_PARSER = _parser()


def _front_matter(lines: Sequence[str]) -> tuple[str, ...]:
    """What stands between two `---` or `+++` at the very top; empty if nothing does."""
    mark = lines[0].rstrip()
    if mark not in ("---", "+++"):
        return ()
    for number, line in enumerate(lines[1:_FRONT_LINES], 1):
        if line.rstrip() == mark:
            inside = tuple(lines[1:number])
            return inside if any(map(_KEY.match, inside)) else ()
    return ()


@dataclass(kw_only=True, slots=True)
class _TokenWalk:
    """One walk over the tokens of a page."""

    lines: Sequence[str]
    references: dict[str, Any]
    blocks: list[Block | None] = field(default_factory=list)
    """`None` where tabs of one kind end."""
    comments: int = 0
    _pieces: int = 0
    _items: list[tuple[bool, bool]] = field(default_factory=list)
    """Of each open item: whether it is numbered, and whether its words are known."""
    _after_list: bool = False

    def take(self, tokens: Sequence[Token], at: int) -> None:
        """One token; those that only close something mean nothing."""
        token = tokens[at]
        match token.type:
            case "heading_open":
                self._heading(token, tokens[at + 1])
            case "inline" if tokens[at - 1].type == "paragraph_open":
                self._paragraph(token)
            case "list_item_open":
                self._begin_item()
                self._items.append((bool(token.info), False))
            case "list_item_close":
                self._begin_item()
                self._items.pop()
                self._after_list = not self._items
                return
            case "fence" | "code_block":
                self._code(token)
            case "html_block":
                self._html(token)
            case "table_open":
                self._table(tokens, at)
            case "tab_open":
                self._add(ContainerStart(title=token.info, tabs=1))
            case "fold_open":
                self._add(ContainerStart(title=token.info))
            case "tab_close" | "fold_close":
                self._add(ContainerEnd())
            case "note_open":
                self._add(_words(f"{token.info}:", len(self._items)))
            case _:
                return
        self._after_list = False

    def _add(self, block: Block | None) -> None:
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            words = f"has more than {MOST_PIECES} paragraphs, items and rows"
            raise PageTooLargeError(words)
        self.blocks.append(block)

    def _phrase(self, content: str) -> InlineText:
        found = read_inline(content, self.references)
        self.comments += found.comments
        return found

    def _heading(self, token: Token, inline: Token) -> None:
        self._begin_item()
        text = self._phrase(_ANCHOR.sub("", inline.content)).text
        level = int(token.tag[1:])
        self._add(PageHeading(level=level, text=" ".join(text.split())))

    def _begin_item(
        self, found: InlineText | None = None, *, box: bool = False
    ) -> None:
        """Say what an item that was opened is, if its words are not known yet."""
        if not self._items or self._items[-1][1]:
            return
        ordered = self._items[-1][0]
        self._items[-1] = (ordered, True)
        item = PageItem(text="", depth=len(self._items) - 1, ordered=ordered)
        if found is not None:
            item = replace(
                item,
                text=found.text,
                source=found.source,
                codes=found.codes,
                box=box,
            )
        self._add(item)

    def _paragraph(self, token: Token) -> None:
        content = token.content
        is_first = bool(self._items) and not self._items[-1][1]
        box = _BOX.match(content) if is_first else None
        if is_first:
            whole = content[box.end() :] if box is not None else content
            self._begin_item(self._phrase(whole), box=box is not None)
            return
        for part in split_markers(content):
            if isinstance(part, str):
                self._said(part, self._depth(token))
            else:
                self._add(part)

    def _said(self, content: str, depth: int) -> None:
        found = self._phrase(content)
        text = _NO_WORDS.sub("", found.text).strip()
        if text:
            self._add(
                PageParagraph(
                    text=text,
                    source=found.source.strip(),
                    depth=depth,
                    codes=found.codes,
                )
            )

    def _depth(self, token: Token) -> int:
        """How many items a block stands in.

        What is indented a little below a list, and too little for the standard, was
        meant to stand in its last item.
        """
        if self._items or not self._after_list or token.map is None:
            return len(self._items)
        return int(self.lines[token.map[0]][:1] in (" ", "\t"))

    def _code(self, token: Token) -> None:
        self._begin_item()
        text = token.content.removesuffix("\n")
        if token.map is not None and "\t" in "".join(self.lines[slice(*token.map)]):
            text = self._with_tabs(text, token.map[0] + (token.type == "fence"))
        info = token.info.strip()
        self._add(CodeFence(info=info, text=text, depth=self._depth(token)))

    def _with_tabs(self, text: str, first: int) -> str:
        """Code with the tabs that markdown-it cut in two: they end here-documents."""
        lines = text.split("\n")
        for number, line in enumerate(lines):
            bare = line.lstrip(" ")
            there = "".join(self.lines[first + number : first + number + 1])
            cut = len(line) - len(bare)
            if 0 < cut < 4 and there.endswith("\t" + bare):
                lines[number] = "\t" + bare
        return "\n".join(lines)

    def _html(self, token: Token) -> None:
        reader = HtmlReader(len(self._items))
        reader.read(token.content)
        self.comments += reader.comments
        if reader.blocks:
            self._begin_item()
        for block in reader.blocks:
            self._add(block)

    def _table(self, tokens: Sequence[Token], at: int) -> None:
        self._begin_item()
        rows: list[tuple[str, ...]] = []
        codes: list[tuple[str, ...]] = []
        while tokens[at].type != "table_close":
            if tokens[at].type == "tr_open":
                row = self._row(tokens, at)
                rows.append(tuple(each.text for each in row))
                codes.append(
                    tuple(
                        each.text if [each.text] == [*each.codes] else ""
                        for each in row
                    )
                )
            at += 1
        self._pieces += len(rows)
        depth = len(self._items)
        grid = PageTable(
            head=rows[0], rows=tuple(rows[1:]), codes=tuple(codes[1:]), depth=depth
        )
        self._add(grid)

    def _row(self, tokens: Sequence[Token], at: int) -> list[InlineText]:
        """The cells of a row, those too that its table has no column for."""
        cells: list[InlineText] = []
        place = tokens[at].map
        while tokens[at].type != "tr_close":
            if tokens[at].type == "inline":
                cells.append(self._phrase(tokens[at].content))
            at += 1
        if place is not None:
            inner = self.lines[place[0]].strip().strip(">").strip().removeprefix("|")
            whole = _BAR.split(inner.removesuffix("|"))
            cells += [self._phrase(each.strip()) for each in whole[len(cells) :]]
        return cells


def _words(text: str, depth: int) -> PageParagraph:
    return PageParagraph(text=text, source=text, depth=depth)
