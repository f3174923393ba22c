"""A text as lines of some width: words wrapped, tables laid out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, zip_longest
from typing import Literal, TypeAlias

from mobius_tui.runbook.prose.markdown import parse_markdown
from mobius_tui.runbook.prose.prose_model import (
    Body,
    Code,
    Grid,
    Heading,
    HorizontalRule,
    Item,
    Items,
    Paragraph,
    Prose,
    ProsePart,
    ProseRow,
    Quote,
)
from mobius_tui.sanitize import cells

TextStyle: TypeAlias = Literal["plain", "strong", "code", "muted"]


@dataclass(frozen=True, slots=True)
class StyledText:
    """Words that look alike, within a line that is shown."""

    words: str
    look: TextStyle = "plain"


StyledLine: TypeAlias = tuple[StyledText, ...]
"""A line that is shown."""
_WORD = re.compile(r" +|[^ ]{1,200}")
"""A word; one that is longer than any line is several, so that none is looked through
as a whole."""


def line_cells(line: Iterable[StyledText]) -> int:
    """The cells of a line."""
    return sum(cells(piece.words) for piece in line)


def wrap(line: StyledLine, width: int, hang: int = 0) -> Iterator[StyledLine]:
    """A line in as many as it takes; each begins as deep as the first.

    Args:
        line: the pieces of it.
        width: cells of a line at most.
        hang: how much deeper the second and the others begin.
    """
    whole = "".join(piece.words for piece in line[:1])
    depth = min(len(whole) - len(whole.lstrip(" ")) + hang, width // 2)
    made: list[StyledText] = []
    used = 0
    for blank, word in _words(line):
        if used + line_cells((*blank, *word)) <= width:
            made += blank
            used += line_cells(blank)
        else:
            if made:
                yield _joined(made)
            used = depth if made else min(depth, line_cells(blank))
            made = _blanks(used)
        for piece in word:
            *full, last = _cut(piece.words, width - used, width - depth)
            for words in full:
                yield _joined([*made, StyledText(words, piece.look)] if words else made)
                made, used = _blanks(depth), depth
            made.append(StyledText(last, piece.look))
            used += cells(last)
    yield _joined(made)


def _joined(pieces: Iterable[StyledText]) -> StyledLine:
    """A line with as few pieces as it has looks."""
    looks = groupby(pieces, key=lambda piece: piece.look)
    return tuple(
        StyledText("".join(p.words for p in same), look) for look, same in looks
    )


def _blanks(count: int) -> list[StyledText]:
    return [StyledText(" " * count)] if count else []


def _words(line: StyledLine) -> Iterator[tuple[StyledLine, StyledLine]]:
    """Each word, whatever its parts look like, with the blanks before it."""
    blank: list[StyledText] = []
    word: list[StyledText] = []
    for piece in line:
        for match in _WORD.finditer(piece.words):
            found = StyledText(match[0], piece.look)
            is_blank = match[0].startswith(" ")
            if word and (is_blank or line_cells(word) >= 200):
                yield tuple(blank), tuple(word)
                blank, word = [], []
            (blank if is_blank else word).append(found)
    if word:
        yield tuple(blank), tuple(word)


def _cut(words: str, first: int, others: int) -> Iterator[str]:
    """A word in parts that fit: the first beside others, the rest in lines alone."""
    room, begin, used = first, 0, 0
    for place, character in enumerate(words):
        size = cells(character)
        if used + size > room and (place > begin or room < others):
            yield words[begin:place]
            room, begin, used = others, place, 0
        used += size
    yield words[begin:]


BETWEEN = "  "
"""What stands between two columns."""
NARROWEST_COLUMN = 7
"""Cells of a column at least, where it holds as much; with less, words fall apart."""


def layout_table(
    head: Sequence[StyledLine], rows: Sequence[Sequence[StyledLine]], width: int
) -> Iterator[StyledLine]:
    """The lines of a table; nothing of it is cut off.

    Args:
        head: the names of its columns.
        rows: its cells, as many in each row as in the head.
        width: cells of a line at most.
    """
    wanted = [max(map(line_cells, column)) for column in zip(head, *rows, strict=True)]
    widths = _shared(wanted, width - len(BETWEEN) * (len(wanted) - 1))
    if not widths:
        yield from _stacked(head, rows, width)
        return
    named = [_strong(name) for name in head]
    if any(map(line_cells, named)):
        yield from _beside(named, widths)
        yield (StyledText(BETWEEN.join("─" * each for each in widths), "muted"),)
    for row in rows:
        yield from _beside(row, widths)


def _strong(line: StyledLine) -> StyledLine:
    return tuple(StyledText(piece.words, "strong") for piece in line)


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """The widths of columns: the widest give way first. None where room lacks."""
    for most in range(min(max(wanted), max(room, 0)), NARROWEST_COLUMN - 1, -1):
        widths = [min(each, most) for each in wanted]
        if sum(widths) <= room:
            return [max(each, 1) for each in widths]
    return [max(each, 1) for each in wanted] if sum(wanted) <= room else []


def _beside(row: Sequence[StyledLine], widths: Sequence[int]) -> Iterator[StyledLine]:
    """A row, in as many lines as its longest cell takes."""
    parts = [list(wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for parts_of_line in zip_longest(*parts, fillvalue=()):
        line: list[StyledText] = []
        gap = 0
        for cell, width in zip(parts_of_line, widths, strict=True):
            if cell:
                line += [StyledText(" " * gap)] * (gap > 0) + list(cell)
                gap = 0
            gap += width - line_cells(cell) + len(BETWEEN)
        yield tuple(line)


def _stacked(
    head: Sequence[StyledLine], rows: Sequence[Sequence[StyledLine]], width: int
) -> Iterator[StyledLine]:
    """Each cell with the name of its column."""
    for number, row in enumerate(rows):
        if number:
            yield ()
        for name, cell in zip(head, row, strict=True):
            label = (*_strong(name), StyledText(": ")) if line_cells(name) else ()
            if line_cells(cell):
                yield from wrap((*label, *cell), width, hang=2)


MOST = 400
"""Lines of a text that are shown; a pane of thousands would be slow to draw."""
FARTHEST = 100_000
"""Characters of a text that are looked at for them."""
BAR = "│ "
"""Before each line of fenced code, and of what is quoted."""
UNBROKEN = 1000
"""Cells of a line where nobody knows how wide it is shown."""
_SIGNS = str.maketrans("│─", "|-")
NARROWEST = 10
"""Cells that are left for a text where it is set deeper; with less, it is not."""


def layout_lines(prose: Prose, width: int) -> tuple[StyledLine, ...]:
    """The lines of a text, the first of a long one.

    Args:
        prose: the text.
        width: cells of a line at most.
    """
    seen = replace(prose, text=prose.text[:FARTHEST])
    shown = tuple(islice(_body(parse_markdown(seen), width), MOST + 1))
    if len(shown) <= MOST and seen == prose:
        return shown
    rest = "… and more: the runbook has the whole text"
    return (*shown[:MOST], (StyledText(rest, "muted"),))


def _body(parts: Body, width: int) -> Iterator[StyledLine]:
    for placed in parts:
        if placed.gap:
            yield ()
        indent = " " * placed.indent
        yield from _behind(indent, indent, placed.part, width)


def _behind(
    first: str, others: str, inner: ProsePart | Body, width: int
) -> Iterator[StyledLine]:
    """A part, or several, with a mark before the first line and the others."""
    if width - len(others) < NARROWEST:
        if first.strip():
            yield (StyledText(first.rstrip(), "muted"),)
        first = others = ""
    room = width - len(others)
    made = _body(inner, room) if isinstance(inner, tuple) else _part(inner, room)
    mark = first
    for line in made:
        yield (StyledText(mark, "muted"), *line) if mark and line else line
        mark = others


def _part(part: ProsePart, width: int) -> Iterator[StyledLine]:
    match part:
        case Paragraph(rows):
            for row in rows:
                yield from wrap(_pieces(row), width)
        case Heading(level, row):
            strong = (StyledText(piece.words, "strong") for piece in _pieces(row))
            yield from wrap((StyledText("#" * level + " ", "muted"), *strong), width)
        case Code(rows, fenced):
            bar = BAR if fenced else ""
            for text in rows:
                for line in wrap((StyledText(text),), width - len(bar), hang=2):
                    yield (StyledText(bar, "muted"), *line) if bar else line
        case Items(items):
            for apart, item in items:
                if apart:
                    yield ()
                yield from _item(item, width)
        case Quote(inner):
            bar = BAR if width - len(BAR) >= NARROWEST else ""
            for line in _body(inner, width - len(bar)):
                yield (StyledText(bar, "muted"), *line) if bar else line
        case Grid(head, rows):
            cells = [[_pieces(cell) for cell in row] for row in rows]
            yield from layout_table([_pieces(cell) for cell in head], cells, width)
        case HorizontalRule(mark):
            yield from wrap((StyledText(mark, "muted"),), width)


def _item(item: Item, width: int) -> Iterator[StyledLine]:
    mark = f"{item.mark} "
    if item.body:
        yield from _behind(mark, " " * len(mark), item.body, width)
    else:
        yield (StyledText(mark, "muted"),)


def _pieces(row: ProseRow) -> StyledLine:
    """A line's words as they look; a link's address stands behind its words."""

    def each() -> Iterable[StyledText]:
        for span in row:
            yield StyledText(span.words, span.kind)
            if span.told:
                yield StyledText(f" ({span.told})", "muted")

    return tuple(each())


def plain_lines(prose: Prose) -> tuple[str, ...]:
    """The lines of a text for a pipe or a log, with signs that can be read aloud."""
    return tuple(
        "".join(
            piece.words.translate(_SIGNS) if piece.look == "muted" else piece.words
            for piece in line
        ).rstrip()
        for line in layout_lines(prose, UNBROKEN)
    )
