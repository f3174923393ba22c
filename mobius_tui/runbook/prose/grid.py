"""A table as lines: its columns side by side, or its rows one below the other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from mobius_tui.runbook.prose.wrap import Line, Piece, wide, wrap

BETWEEN = "  "
"""What stands between two columns."""
NARROWEST = 7
"""Cells of a column at least, where it holds as much; with less, words fall apart."""


def grid(
    head: Sequence[Line], rows: Sequence[Sequence[Line]], width: int
) -> Iterator[Line]:
    """The lines of a table; nothing of it is cut off.

    Args:
        head: the names of its columns.
        rows: its cells, as many in each row as in the head.
        width: cells of a line at most.
    """
    wanted = [max(map(wide, column)) for column in zip(head, *rows, strict=True)]
    widths = _shared(wanted, width - len(BETWEEN) * (len(wanted) - 1))
    if not widths:
        yield from _stacked(head, rows, width)
        return
    named = [_strong(name) for name in head]
    if any(map(wide, named)):
        yield from _beside(named, widths)
        yield (Piece(BETWEEN.join("─" * each for each in widths), "muted"),)
    for row in rows:
        yield from _beside(row, widths)


def _strong(line: Line) -> Line:
    return tuple(Piece(piece.words, "strong") for piece in line)


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """The widths of columns: the widest give way first. None where room lacks."""
    for most in range(min(max(wanted), max(room, 0)), NARROWEST - 1, -1):
        widths = [min(each, most) for each in wanted]
        if sum(widths) <= room:
            return [max(each, 1) for each in widths]
    return [max(each, 1) for each in wanted] if sum(wanted) <= room else []


def _beside(row: Sequence[Line], widths: Sequence[int]) -> Iterator[Line]:
    """A row, in as many lines as its longest cell takes."""
    parts = [list(wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for cells in zip_longest(*parts, fillvalue=()):
        line: list[Piece] = []
        gap = 0
        for cell, width in zip(cells, widths, strict=True):
            if cell:
                line += [Piece(" " * gap)] * (gap > 0) + list(cell)
                gap = 0
            gap += width - wide(cell) + len(BETWEEN)
        yield tuple(line)


def _stacked(
    head: Sequence[Line], rows: Sequence[Sequence[Line]], width: int
) -> Iterator[Line]:
    """Each cell with the name of its column."""
    for number, row in enumerate(rows):
        if number:
            yield ()
        for name, cell in zip(head, row, strict=True):
            label = (*_strong(name), Piece(": ")) if wide(name) else ()
            if wide(cell):
                yield from wrap((*label, *cell), width, hang=2)
