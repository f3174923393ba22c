"""A text as lines of some width: words wrapped, tables laid out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice, zip_longest
from typing import Literal, TypeAlias

from msgspec import Struct

from mobius_tui.runbook.prose.line_breaks import line_ranges
from mobius_tui.runbook.prose.markdown import parse_markdown
from mobius_tui.runbook.prose.prose_model import (
    CodePart,
    Heading,
    HorizontalRule,
    ListItem,
    ListPart,
    Paragraph,
    Prose,
    ProseBody,
    ProseLine,
    ProsePart,
    QuotePart,
    TablePart,
)
from mobius_tui.sanitize import cells
from mobius_tui.structs import replace

TextStyle: TypeAlias = Literal["plain", "strong", "code", "muted"]


class StyledText(Struct, frozen=True):
    """A part of a displayed line with one style."""

    words: str
    style: TextStyle = "plain"


StyledLine: TypeAlias = tuple[StyledText, ...]
"""A displayed line."""
_FIRST_WORD = re.compile(r" *[^ ]*")
"""The first word of a line, with the blanks before it."""


def line_cells(line: Iterable[StyledText]) -> int:
    """The width of a line in cells."""
    return sum(cells(piece.words) for piece in line)


def wrap_line(line: StyledLine, width: int, hang: int = 0) -> Iterator[StyledLine]:
    """Wrap a line; each line is indented like the first, if that leaves room.

    Args:
        line: its parts.
        width: cells of a line at most.
        hang: cells by which the lines after the first are indented more.
    """
    words = "".join(piece.words for piece in line)
    blanks = len(words) - len(words.lstrip(" "))
    depth = min(blanks + hang, width // 2)
    first = _FIRST_WORD.match(words)
    is_too_deep = first is not None and cells(first[0]) > width
    kept = min(blanks, depth) if is_too_deep else blanks
    ranges = (
        (begin + blanks, end + blanks)
        for begin, end in line_ranges(words[blanks:], width - kept, hang=depth - kept)
    )
    margin = kept
    for pieces in _slices(line, ranges):
        yield _merge_styles([*_blanks(margin), *pieces])
        margin = depth


def _slices(
    line: StyledLine, ranges: Iterable[tuple[int, int]]
) -> Iterator[list[StyledText]]:
    """The parts of a line in each of some ranges of it, which follow one another."""
    ends = list(accumulate(len(piece.words) for piece in line))
    first = 0
    for begin, end in ranges:
        while first < len(line) and ends[first] <= begin:
            first += 1
        found: list[StyledText] = []
        for place in range(first, len(line)):
            words, style = line[place].words, line[place].style
            start = ends[place] - len(words)
            if start >= end:
                break
            found.append(StyledText(words[max(0, begin - start) : end - start], style))
        yield found


def _merge_styles(pieces: Iterable[StyledText]) -> StyledLine:
    """A line with adjacent parts of the same style merged."""
    runs_of_style = groupby(pieces, key=lambda piece: piece.style)
    return tuple(
        StyledText("".join(p.words for p in same), style)
        for style, same in runs_of_style
    )


def _blanks(count: int) -> list[StyledText]:
    return [StyledText(" " * count)] if count else []


COLUMN_GAP = "  "
"""The space between two columns."""
MIN_COLUMN_WIDTH = 7
"""The least width, in cells, to which a wider column is shrunk.

A table that does not fit so is stacked: narrower columns would split words.
"""


def layout_table(
    head: Sequence[StyledLine], rows: Sequence[Sequence[StyledLine]], width: int
) -> Iterator[StyledLine]:
    """The lines of a table, with wrapped cells.

    Args:
        head: the names of its columns.
        rows: its cells, as many in each row as in the head.
        width: cells of a line at most.
    """
    wanted = [max(map(line_cells, column)) for column in zip(head, *rows, strict=True)]
    widths = _column_widths(wanted, width - len(COLUMN_GAP) * (len(wanted) - 1))
    if not widths:
        yield from _stacked_rows(head, rows, width)
        return
    named = [_strong(name) for name in head]
    if any(map(line_cells, named)):
        yield from _row_lines(named, widths)
        yield (StyledText(COLUMN_GAP.join("─" * each for each in widths), "muted"),)
    for row in rows:
        yield from _row_lines(row, widths)


def _strong(line: StyledLine) -> StyledLine:
    return tuple(StyledText(piece.words, "strong") for piece in line)


def _column_widths(wanted: Sequence[int], available: int) -> list[int]:
    """The widths of columns, of which the widest shrink first; empty if too narrow."""
    for limit in range(min(max(wanted), max(available, 0)), MIN_COLUMN_WIDTH - 1, -1):
        widths = [min(each, limit) for each in wanted]
        if sum(widths) <= available:
            return [max(each, 1) for each in widths]
    return [max(each, 1) for each in wanted] if sum(wanted) <= available else []


def _row_lines(
    row: Sequence[StyledLine], widths: Sequence[int]
) -> Iterator[StyledLine]:
    """The lines of a table row."""
    parts = [
        list(wrap_line(cell, width)) for cell, width in zip(row, widths, strict=True)
    ]
    for parts_of_line in zip_longest(*parts, fillvalue=()):
        line: list[StyledText] = []
        gap = 0
        for cell, width in zip(parts_of_line, widths, strict=True):
            if cell:
                line += [StyledText(" " * gap)] * (gap > 0) + list(cell)
                gap = 0
            gap += width - line_cells(cell) + len(COLUMN_GAP)
        yield tuple(line)


def _stacked_rows(
    head: Sequence[StyledLine], rows: Sequence[Sequence[StyledLine]], width: int
) -> Iterator[StyledLine]:
    """The rows with each cell on lines of its own, after the name of its column."""
    for number, row in enumerate(rows):
        if number:
            yield ()
        for name, cell in zip(head, row, strict=True):
            label = (*_strong(name), StyledText(": ")) if line_cells(name) else ()
            if line_cells(cell):
                yield from wrap_line((*label, *cell), width, hang=2)


MAX_LINES = 400
"""Lines of a text that are shown; more would be slow to draw."""
MAX_CHARACTERS = 100_000
"""Characters of a text that are laid out."""
BAR = "│ "
"""The mark before each line of fenced code and of quotes."""
UNWRAPPED_WIDTH = 1000
"""The width for output whose display width is unknown."""
_SIGNS = str.maketrans("│─", "|-")
MIN_WIDTH = 10
"""The least width for which a text is indented."""


def layout_lines(prose: Prose, width: int) -> tuple[StyledLine, ...]:
    """The lines of a text; if it is too long, the last one says so.

    At most `MAX_LINES` lines of its first `MAX_CHARACTERS`, and that one.

    Args:
        prose: the text.
        width: cells of a line at most.
    """
    limited = replace(prose, text=prose.text[:MAX_CHARACTERS])
    shown = tuple(islice(_body(parse_markdown(limited), width), MAX_LINES + 1))
    if len(shown) <= MAX_LINES and limited == prose:
        return shown
    rest = "… and more: the runbook has the whole text"
    return (*shown[:MAX_LINES], (StyledText(rest, "muted"),))


def _body(parts: ProseBody, width: int) -> Iterator[StyledLine]:
    for placed in parts:
        if placed.blank_line_before:
            yield ()
        indent = " " * placed.indent
        yield from _with_marks(indent, indent, placed.part, width)


def _with_marks(
    first: str, others: str, inner: ProsePart | ProseBody, width: int
) -> Iterator[StyledLine]:
    """A part, or several, with marks before the first line and before the others."""
    if width - len(others) < MIN_WIDTH:
        if first.strip():
            yield (StyledText(first.rstrip(), "muted"),)
        first = others = ""
    available = width - len(others)
    line_parts = (
        _body(inner, available) if isinstance(inner, tuple) else _part(inner, available)
    )
    mark = first
    for line in line_parts:
        yield (StyledText(mark, "muted"), *line) if mark and line else line
        mark = others


def _part(part: ProsePart, width: int) -> Iterator[StyledLine]:
    match part:
        case Paragraph(rows):
            for row in rows:
                yield from wrap_line(_pieces(row), width)
        case Heading(level, row):
            strong = (StyledText(piece.words, "strong") for piece in _pieces(row))
            yield from wrap_line(
                (StyledText("#" * level + " ", "muted"), *strong), width
            )
        case CodePart(rows, fenced):
            bar = BAR if fenced else ""
            for text in rows:
                for line in wrap_line((StyledText(text),), width - len(bar), hang=2):
                    yield (StyledText(bar, "muted"), *line) if bar else line
        case ListPart(items):
            for apart, item in items:
                if apart:
                    yield ()
                yield from _item(item, width)
        case QuotePart(inner):
            bar = BAR if width - len(BAR) >= MIN_WIDTH else ""
            for line in _body(inner, width - len(bar)):
                yield (StyledText(bar, "muted"), *line) if bar else line
        case TablePart(head, rows):
            cells = [[_pieces(cell) for cell in row] for row in rows]
            yield from layout_table([_pieces(cell) for cell in head], cells, width)
        case HorizontalRule(mark):
            yield from wrap_line((StyledText(mark, "muted"),), width)


def _item(item: ListItem, width: int) -> Iterator[StyledLine]:
    mark = f"{item.mark} "
    if item.body:
        yield from _with_marks(mark, " " * len(mark), item.body, width)
    else:
        yield (StyledText(mark, "muted"),)


def _pieces(row: ProseLine) -> StyledLine:
    """The styled parts of a line; a link's address follows its words."""

    def each() -> Iterable[StyledText]:
        for span in row:
            yield StyledText(span.words, span.kind)
            if span.separate_address:
                yield StyledText(f" ({span.separate_address})", "muted")

    return tuple(each())


def plain_lines(prose: Prose) -> tuple[str, ...]:
    """The lines of a text for a pipe or a log, with ASCII marks."""
    return tuple(
        "".join(
            piece.words.translate(_SIGNS) if piece.style == "muted" else piece.words
            for piece in line
        ).rstrip()
        for line in layout_lines(prose, UNWRAPPED_WIDTH)
    )
