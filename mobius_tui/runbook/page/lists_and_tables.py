"""What the items of a list and the rows of a table are: steps, or lines to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from mobius_tui.runbook.page.code_blocks import is_command
from mobius_tui.runbook.page.lead_sentences import is_to_do
from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    PageItem,
    PageParagraph,
    PageTable,
)
from mobius_tui.runbook.page.page_drafts import StepDraft


def follows(blocks: Sequence[Block], at: int) -> bool:
    """Whether an item follows another one of the same list."""
    item, before = blocks[at], blocks[at - 1] if at else None
    if not isinstance(item, PageItem) or not isinstance(before, PageItem):
        return False
    return before.depth >= item.depth


def are_to_do(blocks: Sequence[Block], at: int) -> bool:
    """Whether at least half the items of a list tell somebody to do something."""
    first = blocks[at]
    depth = first.depth if isinstance(first, PageItem) else 0
    items: list[bool] = []
    for block in blocks[at : at + 100]:
        match block:
            case PageItem() if block.depth == depth:
                items.append(is_to_do(block.text))
            case PageItem() if block.depth < depth:
                break
            case PageParagraph() | CodeFence() | PageTable() if block.depth <= depth:
                break
            case _:
                pass
    return 2 * sum(items) >= len(items)


def has_more(blocks: Sequence[Block], at: int) -> bool:
    """Whether code, or items to tick, stand in an item."""
    item = blocks[at]
    depth = item.depth if isinstance(item, PageItem) else 0
    for block in blocks[at + 1 : at + 40]:
        match block:
            case PageItem() if block.depth <= depth:
                return False
            case PageItem() if block.box:
                return True
            case CodeFence():
                return block.depth > depth
            case PageParagraph() if not block.depth:
                return False
            case _:
                pass
    return False


_COMMANDS = re.compile(r"\bcommands?\b|\brun\b|\bcli\b", re.IGNORECASE)
_NAMES = re.compile(
    r"\bsteps?\b|\bactions?\b|\bchecks?\b|\bdescription\b|\bwhat\b|\bpurpose\b|\btask\b|\bname\b",
    re.IGNORECASE,
)


def steps_of(grid: PageTable) -> list[StepDraft]:
    """The steps of a table that has a column of commands; none of any other."""
    columns = [at for at, name in enumerate(grid.head) if _COMMANDS.search(name)]
    if not columns or not grid.codes:
        return []
    column = columns[0]
    commands = [row[column] if column < len(row) else "" for row in grid.codes]
    if not all(map(is_command, commands)):
        return []
    return [
        _step(grid, row, column, command)
        for row, command in zip(grid.rows, commands, strict=True)
    ]


def _step(
    grid: PageTable, row: tuple[str, ...], column: int, command: str
) -> StepDraft:
    named = [
        cell
        for at, cell in enumerate(row)
        if at != column
        and at < len(grid.head)
        and _NAMES.search(grid.head[at])
        and not cell.strip(".) ").isdigit()
    ]
    others = row[:column] + row[column + 1 :]
    names = grid.head[:column] + grid.head[column + 1 :]
    return StepDraft(
        title=next(filter(None, named), ""),
        run=f"{command}\n",
        why=list(filter(None, [_line(names, others)])),
    )


def lines_of(grid: PageTable) -> list[str]:
    """The rows of a table as lines, each cell with the name of its column."""
    if not grid.rows:
        return [" · ".join(grid.head)]
    return [_line(grid.head, row) for row in grid.rows]


def _line(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    return " · ".join(
        f"{name}: {cell}" if name and cell else name or cell
        for name, cell in zip_longest(head, row, fillvalue="")
    )
