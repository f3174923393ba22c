"""Lists and tables of a page: whether their items and rows are steps, or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from mobius_tui.runbook.page.code_blocks import is_command
from mobius_tui.runbook.page.lead_sentences import is_instruction
from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    PageItem,
    PageParagraph,
    PageTable,
)
from mobius_tui.runbook.page.page_drafts import StepDraft


def follows_item(blocks: Sequence[Block], at: int) -> bool:
    """Whether the item at an index follows another item of the same list."""
    item, before = blocks[at], blocks[at - 1] if at else None
    if not isinstance(item, PageItem) or not isinstance(before, PageItem):
        return False
    return before.depth >= item.depth


def is_task_list(blocks: Sequence[Block], at: int) -> bool:
    """Whether at least half the items of the list at an index are instructions."""
    first = blocks[at]
    depth = first.depth if isinstance(first, PageItem) else 0
    items: list[bool] = []
    for block in blocks[at : at + 100]:
        match block:
            case PageItem() if block.depth == depth:
                items.append(is_instruction(block.text))
            case PageItem() if block.depth < depth:
                break
            case PageParagraph() | CodeFence() | PageTable() if block.depth <= depth:
                break
            case _:
                pass
    return 2 * sum(items) >= len(items)


def has_nested_content(blocks: Sequence[Block], at: int) -> bool:
    """Whether the item at an index contains code, or items to tick."""
    item = blocks[at]
    depth = item.depth if isinstance(item, PageItem) else 0
    for block in blocks[at + 1 : at + 40]:
        match block:
            case PageItem() if block.depth <= depth:
                return False
            case PageItem() if block.has_checkbox:
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


def steps_of_table(table: PageTable) -> list[StepDraft]:
    """The steps of a table with a column of commands; empty for other tables."""
    columns = [at for at, name in enumerate(table.head) if _COMMANDS.search(name)]
    if not columns or not table.codes:
        return []
    column = columns[0]
    commands = [row[column] if column < len(row) else "" for row in table.codes]
    if not all(map(is_command, commands)):
        return []
    return [
        _step(table, row, column, command)
        for row, command in zip(table.rows, commands, strict=True)
    ]


def _step(
    table: PageTable, row: tuple[str, ...], column: int, command: str
) -> StepDraft:
    titles = [
        cell
        for at, cell in enumerate(row)
        if at != column
        and at < len(table.head)
        and _NAMES.search(table.head[at])
        and not cell.strip(".) ").isdigit()
    ]
    others = row[:column] + row[column + 1 :]
    names = table.head[:column] + table.head[column + 1 :]
    return StepDraft(
        title=next(filter(None, titles), ""),
        run=f"{command}\n",
        why=list(filter(None, [_line(names, others)])),
    )


def lines_of_table(table: PageTable) -> list[str]:
    """The rows of a table as lines of text, each cell after the name of its column."""
    if not table.rows:
        return [" · ".join(table.head)]
    return [_line(table.head, row) for row in table.rows]


def _line(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    return " · ".join(
        f"{name}: {cell}" if name and cell else name or cell
        for name, cell in zip_longest(head, row, fillvalue="")
    )
