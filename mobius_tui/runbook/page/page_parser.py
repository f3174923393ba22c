"""From the text of a page to its blocks, by markdown-it.

Tabs, fold-outs and admonitions are no part of Markdown: where each begins and ends is
found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from msgspec import Struct, field

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
from mobius_tui.structs import replace

_MARK = re.compile(r"(===\+?|!!!|\?\?\?\+?)[ \t]+(.*)")
_TITLED = re.compile(r'[^"\n]*"([^"\n]*)"[^"\n]*')


def add_container_rule(parser: MarkdownIt) -> None:
    """Add the rule for containers to a parser: `tab`, `note` and `fold` tokens."""
    alt = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "container", _container, {"alt": alt})


def _container(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    match = _MARK.match(state.src, begin, state.eMarks[start])
    if match is None or (match[1][0] == "=" and '"' not in match[2]):
        return False
    if silent:
        return True
    kind = {"=": "tab", "!": "note", "?": "fold"}[match[1][0]]
    inner = state.sCount[start] + 4
    last = _end_line(state, start + 1, end, inner)
    token = state.push(f"{kind}_open", "", 1)
    token.info = _title(match[2])
    token.map = [start, last]
    before = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "container", last, inner
    state.md.block.tokenize(state, start + 1, last)
    state.parentType, state.lineMax, state.blkIndent = before
    state.push(f"{kind}_close", "", -1)
    state.line = last
    return True


def _end_line(state: StateBlock, line: int, end: int, inner: int) -> int:
    """The index after a container's last line that is indented enough.

    Blank lines count only between such lines, not after the last of them.
    """
    last = line
    while line < end and (state.isEmpty(line) or state.sCount[line] >= inner):
        line += 1
        if not state.isEmpty(line - 1):
            last = line
    return last


def _title(words: str) -> str:
    """The title in quotes, or else the words of the marker: `Note`, `Warning`."""
    match = _TITLED.fullmatch(words)
    if match is not None and match[1].strip():
        return match[1].strip()
    bare = words.replace('"', " ").strip()
    return bare[:1].upper() + bare[1:]


_TAB = re.compile(
    r"\{\{[<%]\s*tab\s+(?:name=|title=|header=)?\"([^\"]*)\".*?[%>]\}\}|"
    r"<TabItem\b[^>]*\bvalue=\"([^\"]*)\".*>|\[ui-tab title=[\"“]([^\"”\]]*)[\"”]\s*\]",
    re.IGNORECASE,
)
_TITLE = re.compile(r":::?TabTitle[ \t]+(.*)", re.IGNORECASE)
"""The start of a tab that ends at the start of the next tab."""
_BEGINS = frozenset("{:<[")
_TAB_END = re.compile(
    r"\{\{[<%]\s*/tab\s*[%>]\}\}|</TabItem>|\[/ui-tab\]", re.IGNORECASE
)
_TABS = re.compile(
    r"\{\{[<%]\s*/?tabs\b.*?[%>]\}\}|::(End)?Tabs|</?Tabs\b.*>|"
    r"\[/?ui-tabs\b[^\]]*\]",
    re.IGNORECASE,
)
_NOTE = re.compile(r":::+[ \t]*([a-z]*)(.*)|\[!([A-Za-z]+)\](.*)", re.IGNORECASE)


def split_markers(text: str) -> list[ContainerStart | ContainerEnd | str | None]:
    """The parts of a paragraph with markers of tabs and notes: containers, and texts.

    `None` is where a group of tabs begins or ends. Without markers, there is one part.
    """
    if not any(line[:1] in _BEGINS for line in text.split("\n") if line):
        return [text]
    found: list[ContainerStart | ContainerEnd | str | None] = []
    words: list[str] = []
    for line in text.split("\n"):
        part = _marker(line.strip())
        if isinstance(part, str):
            words.append(part)
            continue
        if words:
            found.append("\n".join(words))
            words = []
        found.append(part)
    if words:
        found.append("\n".join(words))
    return found


def _marker(line: str) -> ContainerStart | ContainerEnd | str | None:
    if (match := _TAB.fullmatch(line)) is not None:
        return ContainerStart(
            title=(match[1] or match[2] or match[3] or "").strip(), tab_group=1
        )
    if (match := _TITLE.fullmatch(line)) is not None:
        return ContainerStart(title=match[1].strip(), tab_group=2)
    if _TAB_END.fullmatch(line) is not None:
        return ContainerEnd()
    if _TABS.fullmatch(line) is not None:
        return None
    if (match := _NOTE.fullmatch(line)) is None:
        return line
    kind, words = match[1] or match[3] or "", (match[2] or match[4] or "").strip()
    return f"{kind.capitalize()}: {words}".strip() if kind else words


def pair_containers(blocks: Sequence[Block | None]) -> list[Block]:
    """Pair the starts and ends of containers, and number the groups of tabs.

    A start without an end becomes a paragraph with its title. A heading inside of a
    container becomes a paragraph, too, as no section may end within a tab.

    Args:
        blocks: the blocks; `None` is where a group of tabs begins or ends.
    """
    closed = list(_with_tab_ends(blocks))
    paired = _paired_indexes(closed)
    found: list[Block] = []
    opened = group = 0
    after_tab = False
    for at, block in enumerate(closed):
        match block:
            case None:
                after_tab = False
                continue
            case ContainerStart() if at not in paired:
                found += _title_paragraph(block)
            case ContainerStart():
                if block.tab_group and not after_tab:
                    group += 1
                found.append(replace(block, tab_group=group if block.tab_group else 0))
                opened += 1
            case ContainerEnd():
                if at in paired:
                    found.append(block)
                    opened -= 1
            case PageHeading() if opened:
                found.append(PageParagraph(text=block.text, source=block.text))
            case _:
                found.append(block)
        after_tab = isinstance(block, ContainerEnd) and at in paired
    return found


def _title_paragraph(block: ContainerStart) -> Iterable[Block]:
    if block.title:
        yield PageParagraph(text=block.title, source=block.title)


def _with_tab_ends(blocks: Sequence[Block | None]) -> Iterable[Block | None]:
    """The blocks, with an end for each tab that ends at the next one's start."""
    open_: list[ContainerStart] = []
    for block in blocks:
        if isinstance(block, ContainerStart):
            if block.tab_group == 2 and open_ and open_[-1].tab_group == 2:
                open_.pop()
                yield ContainerEnd()
            open_.append(block)
        elif isinstance(block, ContainerEnd) and open_:
            open_.pop()
        elif block is None and open_ and open_[-1].tab_group == 2:
            open_.pop()
            yield ContainerEnd()
        yield block


def _paired_indexes(blocks: Sequence[Block | None]) -> set[int]:
    """The indexes of all starts that have an end, and of these ends."""
    open_: list[int] = []
    found: set[int] = set()
    for at, block in enumerate(blocks):
        if isinstance(block, ContainerStart):
            open_.append(at)
        elif isinstance(block, ContainerEnd) and open_:
            found |= {open_.pop(), at}
    return found


MAX_PIECES = 8000
"""Blocks and table rows of a page; a larger one is refused."""
MAX_LINES = 100_000
MAX_DEPTH = 40
"""Levels of nested lists and quotes; a deeper page is refused."""
_MAX_FRONT_LINES = 200
"""Lines of front matter; a longer one counts as a horizontal rule and text."""
_KEY = re.compile(r"[ \t]*[\w-]+[ \t]*[:=]")
_BOX = re.compile(r"\[[ xX]\](?:[ \t]+|$)")
_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#[^{}\n]*\}[ \t]*$")
_NO_WORDS = re.compile(r"\[\[_TOC_\]\]|\[TOC\]|\{:[^{}\n]*\}", re.IGNORECASE)
_BAR = re.compile(r"(?<!\\)\|")


class PageTooLargeError(Exception):
    """The page is too long, or nested too deep."""


def parse_page(text: str) -> MarkdownPage:
    r"""The blocks of a page.

    Args:
        text: the page; its lines end in `\n`, `\r\n` or `\r`.

    Raises:
        PageTooLargeError: it has more than `MAX_LINES` or `MAX_PIECES`, or is nested
            deeper than `MAX_DEPTH`.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise PageTooLargeError(f"has more than {MAX_LINES} lines")
    front = _front_matter(lines)
    lines_above = len(front) + 2 if front else 0
    del lines[:lines_above]
    references: dict[str, Any] = {}
    tokens = _PARSER.parse("\n".join(lines), references)
    walk = _TokenWalk(lines=lines, lines_above=lines_above, references=references)
    for at in range(len(tokens)):
        walk.handle_token(tokens, at)
    return MarkdownPage(
        front_matter=front,
        blocks=tuple(pair_containers(walk.blocks)),
        comment_count=walk.comment_count,
    )


def _bounded(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    """A block rule that never matches, but raises if the page is too large."""
    if len(state.tokens) > 6 * MAX_PIECES:
        words = f"has more than {MAX_PIECES} paragraphs, items and rows"
        raise PageTooLargeError(words)
    if state.level >= 2 * MAX_DEPTH:
        raise PageTooLargeError(f"nests lists and quotes more than {MAX_DEPTH} deep")
    return False


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 3 * MAX_DEPTH})
    parser.enable("table").disable(["inline", "text_join"])
    everywhere = ["paragraph", "reference", "blockquote", "list", "table"]
    add_container_rule(parser)
    parser.block.ruler.before("table", "bounded", _bounded, {"alt": everywhere})
    return parser


_PARSER = _parser()


def _front_matter(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines between two `---` or `+++` at the very top; empty if there are none."""
    mark = lines[0].rstrip()
    if mark not in ("---", "+++"):
        return ()
    for number, line in enumerate(lines[1:_MAX_FRONT_LINES], 1):
        if line.rstrip() == mark:
            inside = tuple(lines[1:number])
            return inside if any(map(_KEY.match, inside)) else ()
    return ()


class _TokenWalk(Struct, kw_only=True):
    """Makes blocks of the tokens of a page."""

    lines: Sequence[str]
    lines_above: int
    """The number of lines of the front matter."""
    references: dict[str, Any]
    blocks: list[Block | None] = field(default_factory=list)
    """`None` where a group of tabs begins or ends."""
    comment_count: int = 0
    _line: int = 0
    """The line of the present token, from 1."""
    _pieces: int = 0
    _items: list[tuple[int | None, bool]] = field(default_factory=list)
    """Of each open list item: its number, if it has one, and whether its block was
    added."""
    _after_list: bool = False

    def handle_token(self, tokens: Sequence[Token], at: int) -> None:
        """Handle the token at an index; most closing tokens are ignored."""
        token = tokens[at]
        if token.map is not None:
            self._line = self.lines_above + token.map[0] + 1
        match token.type:
            case "heading_open":
                self._heading(token, tokens[at + 1])
            case "inline" if tokens[at - 1].type == "paragraph_open":
                self._paragraph(token)
            case "list_item_open":
                self._begin_item()
                number = int(token.info) if token.info.isdecimal() else None
                self._items.append((number, False))
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
                self._add(ContainerStart(title=token.info, tab_group=1))
            case "fold_open":
                self._add(ContainerStart(title=token.info))
            case "tab_close" | "fold_close":
                self._add(ContainerEnd())
            case "note_open":
                self._add(_text_paragraph(f"{token.info}:", len(self._items)))
            case _:
                return
        self._after_list = False

    def _add(self, block: Block | None) -> None:
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            words = f"has more than {MAX_PIECES} paragraphs, items and rows"
            raise PageTooLargeError(words)
        if block is not None and not isinstance(block, ContainerEnd):
            block = replace(block, line=self._line)
        self.blocks.append(block)

    def _inline(self, content: str) -> InlineText:
        found = read_inline(content, self.references)
        self.comment_count += found.comment_count
        return found

    def _heading(self, token: Token, inline: Token) -> None:
        self._begin_item()
        text = self._inline(_ANCHOR.sub("", inline.content)).text
        level = int(token.tag[1:])
        self._add(PageHeading(level=level, text=" ".join(text.split())))

    def _begin_item(
        self, found: InlineText | None = None, *, has_checkbox: bool = False
    ) -> None:
        """Add the block of the open list item, unless it was added."""
        if not self._items or self._items[-1][1]:
            return
        number = self._items[-1][0]
        self._items[-1] = (number, True)
        item = PageItem(text="", depth=len(self._items) - 1, number=number)
        if found is not None:
            item = replace(
                item,
                text=found.text,
                source=found.source,
                code_spans=found.code_spans,
                has_checkbox=has_checkbox,
            )
        self._add(item)

    def _paragraph(self, token: Token) -> None:
        content = token.content
        is_first = bool(self._items) and not self._items[-1][1]
        box = _BOX.match(content) if is_first else None
        if is_first:
            full_text = content[box.end() :] if box is not None else content
            self._begin_item(self._inline(full_text), has_checkbox=box is not None)
            return
        for part in split_markers(content):
            if isinstance(part, str):
                self._add_paragraph(part, self._depth(token))
            else:
                self._add(part)

    def _add_paragraph(self, content: str, depth: int) -> None:
        found = self._inline(content)
        text = _NO_WORDS.sub("", found.text).strip()
        if text:
            self._add(
                PageParagraph(
                    text=text,
                    source=found.source.strip(),
                    depth=depth,
                    code_spans=found.code_spans,
                )
            )

    def _depth(self, token: Token) -> int:
        """The number of list items around a block.

        A block after a list that is indented too little for the standard counts as a
        part of its last item.
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
        """Code with the tabs that markdown-it replaced: here-documents need them."""
        lines = text.split("\n")
        for number, line in enumerate(lines):
            bare = line.lstrip(" ")
            source_line = "".join(self.lines[first + number : first + number + 1])
            cut = len(line) - len(bare)
            if 0 < cut < 4 and source_line.endswith("\t" + bare):
                lines[number] = "\t" + bare
        return "\n".join(lines)

    def _html(self, token: Token) -> None:
        reader = HtmlReader(len(self._items))
        reader.read(token.content)
        self.comment_count += reader.comment_count
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
                        each.text if [each.text] == [*each.code_spans] else ""
                        for each in row
                    )
                )
            at += 1
        self._pieces += len(rows)
        depth = len(self._items)
        table = PageTable(
            head=rows[0], rows=tuple(rows[1:]), code_cells=tuple(codes[1:]), depth=depth
        )
        self._add(table)

    def _row(self, tokens: Sequence[Token], at: int) -> list[InlineText]:
        """The cells of a row, including those beyond the columns of its table."""
        cells: list[InlineText] = []
        line_range = tokens[at].map
        while tokens[at].type != "tr_close":
            if tokens[at].type == "inline":
                cells.append(self._inline(tokens[at].content))
            at += 1
        if line_range is not None:
            inner = (
                self.lines[line_range[0]].strip().strip(">").strip().removeprefix("|")
            )
            full_text = _BAR.split(inner.removesuffix("|"))
            cells += [self._inline(each.strip()) for each in full_text[len(cells) :]]
        return cells


def _text_paragraph(text: str, depth: int) -> PageParagraph:
    return PageParagraph(text=text, source=text, depth=depth)
