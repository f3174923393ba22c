"""Tabs, fold-outs and admonitions of a page: where each begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from mobius_tui.runbook.page.page_blocks import (
    Block,
    ContainerEnd,
    ContainerStart,
    PageHeading,
    PageParagraph,
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
