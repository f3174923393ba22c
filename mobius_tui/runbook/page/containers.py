"""Tabs, fold-outs and admonitions of a page: where each begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from mobius_tui.runbook.page.page_blocks import (
    Block,
    ContainerEnd,
    ContainerStart,
    PageHeading,
    PageParagraph,
)

_MARK = re.compile(r"(===\+?|!!!|\?\?\?\+?)[ \t]+(.*)")
_TITLED = re.compile(r'[^"\n]*"([^"\n]*)"[^"\n]*')


def containers(parser: MarkdownIt) -> None:
    """Let a parser read them: `tab`, `note` and `fold` tokens, opened and closed."""
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
    last = _last_line(state, start + 1, end, inner)
    token = state.push(f"{kind}_open", "", 1)
    token.info = _title(match[2])
    token.meta = {"said": match[2]}
    token.map = [start, last]
    before = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "container", last, inner
    state.md.block.tokenize(state, start + 1, last)
    state.parentType, state.lineMax, state.blkIndent = before
    state.push(f"{kind}_close", "", -1)
    state.line = last
    return True


def _last_line(state: StateBlock, line: int, end: int, inner: int) -> int:
    """Where the first line stands that is neither blank nor indented enough."""
    last = line
    while line < end and (state.isEmpty(line) or state.sCount[line] >= inner):
        line += 1
        if not state.isEmpty(line - 1):
            last = line
    return last


def _title(said: str) -> str:
    """What stands in quotes, else what is said: `Note`, `Warning`."""
    match = _TITLED.fullmatch(said)
    if match is not None and match[1].strip():
        return match[1].strip()
    bare = said.replace('"', " ").strip()
    return bare[:1].upper() + bare[1:]


_TAB = re.compile(
    r"\{\{[<%]\s*tab\s+(?:name=|title=|header=)?\"([^\"]*)\".*?[%>]\}\}|"
    r"<TabItem\b[^>]*\bvalue=\"([^\"]*)\".*>",
    re.IGNORECASE,
)
_TITLE = re.compile(r":::?TabTitle[ \t]+(.*)", re.IGNORECASE)
"""How a tab begins that the next one's beginning ends."""
_BEGINS = frozenset("{:<[")
_TAB_END = re.compile(r"\{\{[<%]\s*/tab\s*[%>]\}\}|</TabItem>", re.IGNORECASE)
_TABS = re.compile(
    r"\{\{[<%]\s*/?tabs\b.*?[%>]\}\}|::(End)?Tabs|</?Tabs\b.*>", re.IGNORECASE
)
_NOTE = re.compile(r":::+[ \t]*([a-z]*)(.*)|\[!([A-Za-z]+)\](.*)", re.IGNORECASE)


def split_markers(text: str) -> list[ContainerStart | ContainerEnd | str | None]:
    """The parts of a paragraph that has marks of tabs and notes: these, and words.

    `None` stands where tabs begin or end. A paragraph without marks is one part.
    """
    if not any(line[:1] in _BEGINS for line in text.split("\n") if line):
        return [text]
    found: list[ContainerStart | ContainerEnd | str | None] = []
    said: list[str] = []
    for line in text.split("\n"):
        part = _mark(line.strip())
        if isinstance(part, str):
            said.append(part)
            continue
        if said:
            found.append("\n".join(said))
            said = []
        found.append(part)
    if said:
        found.append("\n".join(said))
    return found


def _mark(line: str) -> ContainerStart | ContainerEnd | str | None:
    if (match := _TAB.fullmatch(line)) is not None:
        return ContainerStart(title=(match[1] or match[2] or "").strip(), tabs=1)
    if (match := _TITLE.fullmatch(line)) is not None:
        return ContainerStart(title=match[1].strip(), tabs=2)
    if _TAB_END.fullmatch(line) is not None:
        return ContainerEnd()
    if _TABS.fullmatch(line) is not None:
        return None
    if (match := _NOTE.fullmatch(line)) is None:
        return line
    kind, said = match[1] or match[3] or "", (match[2] or match[4] or "").strip()
    return f"{kind.capitalize()}: {said}".strip() if kind else said


def pair_containers(blocks: Sequence[Block | None]) -> list[Block]:
    """The blocks, each `Opened` with its `Closed`; tabs beside each other numbered.

    What is never closed is opened for nobody: its title is words. A heading inside is
    words too, as a section may not end within a tab.
    """
    closed = list(_closed(blocks))
    partners = _partners(closed)
    found: list[Block] = []
    opened = group = 0
    after_tab = False
    for at, block in enumerate(closed):
        match block:
            case None:
                after_tab = False
                continue
            case ContainerStart() if at not in partners:
                found += _titled(block)
            case ContainerStart():
                if block.tabs and not after_tab:
                    group += 1
                found.append(replace(block, tabs=group if block.tabs else 0))
                opened += 1
            case ContainerEnd():
                if at in partners:
                    found.append(block)
                    opened -= 1
            case PageHeading() if opened:
                found.append(PageParagraph(text=block.text, source=block.text))
            case _:
                found.append(block)
        after_tab = isinstance(block, ContainerEnd) and at in partners
    return found


def _titled(block: ContainerStart) -> Iterable[Block]:
    if block.title:
        yield PageParagraph(text=block.title, source=block.title)


def _closed(blocks: Sequence[Block | None]) -> Iterable[Block | None]:
    """The blocks, with an end for each tab that only the next tab's beginning ends."""
    open_: list[ContainerStart] = []
    for block in blocks:
        if isinstance(block, ContainerStart):
            if block.tabs == 2 and open_ and open_[-1].tabs == 2:
                open_.pop()
                yield ContainerEnd()
            open_.append(block)
        elif isinstance(block, ContainerEnd) and open_:
            open_.pop()
        elif block is None and open_ and open_[-1].tabs == 2:
            open_.pop()
            yield ContainerEnd()
        yield block


def _partners(blocks: Sequence[Block | None]) -> set[int]:
    """Where something opens that is closed, and where that is."""
    open_: list[int] = []
    found: set[int] = set()
    for at, block in enumerate(blocks):
        if isinstance(block, ContainerStart):
            open_.append(at)
        elif isinstance(block, ContainerEnd) and open_:
            found |= {open_.pop(), at}
    return found
