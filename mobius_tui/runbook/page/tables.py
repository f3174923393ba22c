"""What the rows of a table are: steps with a command each, or lines to read."""

from __future__ import annotations

import re
from itertools import zip_longest

from mobius_tui.runbook.page.blocks import Grid
from mobius_tui.runbook.page.drafts import StepDraft
from mobius_tui.runbook.page.programs import is_command

_COMMANDS = re.compile(r"\bcommands?\b|\brun\b|\bcli\b", re.IGNORECASE)
_NAMES = re.compile(
    r"\bsteps?\b|\bactions?\b|\bchecks?\b|\bdescription\b|\bwhat\b|\bpurpose\b|\btask\b|\bname\b",
    re.IGNORECASE,
)


def steps_of(grid: Grid) -> list[StepDraft]:
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


def _step(grid: Grid, row: tuple[str, ...], column: int, command: str) -> StepDraft:
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


def lines_of(grid: Grid) -> list[str]:
    """The rows of a table as lines, each cell with the name of its column."""
    if not grid.rows:
        return [" · ".join(grid.head)]
    return [_line(grid.head, row) for row in grid.rows]


def _line(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    return " · ".join(
        f"{name}: {cell}" if name and cell else name or cell
        for name, cell in zip_longest(head, row, fillvalue="")
    )
