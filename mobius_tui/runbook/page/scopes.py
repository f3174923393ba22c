"""What is shown only where somebody chooses it: tabs and fold-outs, and their ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mobius_tui.runbook.page.blocks import Block, Closed, Heading, Opened, Words

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


def marked(text: str) -> list[Opened | Closed | str | None]:
    """The parts of a paragraph that has marks of tabs and notes: these, and words.

    `None` stands where tabs begin or end. A paragraph without marks is one part.
    """
    if not any(line[:1] in _BEGINS for line in text.split("\n") if line):
        return [text]
    found: list[Opened | Closed | str | None] = []
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


def _mark(line: str) -> Opened | Closed | str | None:
    if (match := _TAB.fullmatch(line)) is not None:
        return Opened(title=(match[1] or match[2] or "").strip(), tabs=1)
    if (match := _TITLE.fullmatch(line)) is not None:
        return Opened(title=match[1].strip(), tabs=2)
    if _TAB_END.fullmatch(line) is not None:
        return Closed()
    if _TABS.fullmatch(line) is not None:
        return None
    if (match := _NOTE.fullmatch(line)) is None:
        return line
    kind, said = match[1] or match[3] or "", (match[2] or match[4] or "").strip()
    return f"{kind.capitalize()}: {said}".strip() if kind else said


def paired(blocks: Sequence[Block | None]) -> list[Block]:
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
            case Opened() if at not in partners:
                found += _titled(block)
            case Opened():
                if block.tabs and not after_tab:
                    group += 1
                found.append(replace(block, tabs=group if block.tabs else 0))
                opened += 1
            case Closed():
                if at in partners:
                    found.append(block)
                    opened -= 1
            case Heading() if opened:
                found.append(Words(text=block.text, source=block.text))
            case _:
                found.append(block)
        after_tab = isinstance(block, Closed) and at in partners
    return found


def _titled(block: Opened) -> Iterable[Block]:
    if block.title:
        yield Words(text=block.title, source=block.title)


def _closed(blocks: Sequence[Block | None]) -> Iterable[Block | None]:
    """The blocks, with an end for each tab that only the next tab's beginning ends."""
    open_: list[Opened] = []
    for block in blocks:
        if isinstance(block, Opened):
            if block.tabs == 2 and open_ and open_[-1].tabs == 2:
                open_.pop()
                yield Closed()
            open_.append(block)
        elif isinstance(block, Closed) and open_:
            open_.pop()
        elif block is None and open_ and open_[-1].tabs == 2:
            open_.pop()
            yield Closed()
        yield block


def _partners(blocks: Sequence[Block | None]) -> set[int]:
    """Where something opens that is closed, and where that is."""
    open_: list[int] = []
    found: set[int] = set()
    for at, block in enumerate(blocks):
        if isinstance(block, Opened):
            open_.append(at)
        elif isinstance(block, Closed) and open_:
            found |= {open_.pop(), at}
    return found
