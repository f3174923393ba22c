"""A text as lines of some width, for the screens and for plain output. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from mobius_tui.runbook.prose.grid import grid
from mobius_tui.runbook.prose.model import (
    Body,
    Code,
    Grid,
    Heading,
    Item,
    Items,
    Paragraph,
    Part,
    Prose,
    Quote,
    Row,
    Rule,
)
from mobius_tui.runbook.prose.read import body
from mobius_tui.runbook.prose.wrap import Line, Piece, wrap

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


def lines(prose: Prose, width: int) -> tuple[Line, ...]:
    """The lines of a text, the first of a long one.

    Args:
        prose: the text.
        width: cells of a line at most.
    """
    seen = replace(prose, text=prose.text[:FARTHEST])
    shown = tuple(islice(_body(body(seen), width), MOST + 1))
    if len(shown) <= MOST and seen == prose:
        return shown
    rest = "… and more: the runbook has the whole text"
    return (*shown[:MOST], (Piece(rest, "muted"),))


def _body(parts: Body, width: int) -> Iterator[Line]:
    for placed in parts:
        if placed.gap:
            yield ()
        indent = " " * placed.indent
        yield from _behind(indent, indent, placed.part, width)


def _behind(first: str, others: str, inner: Part | Body, width: int) -> Iterator[Line]:
    """A part, or several, with a mark before the first line and the others."""
    if width - len(others) < NARROWEST:
        if first.strip():
            yield (Piece(first.rstrip(), "muted"),)
        first = others = ""
    room = width - len(others)
    made = _body(inner, room) if isinstance(inner, tuple) else _part(inner, room)
    mark = first
    for line in made:
        yield (Piece(mark, "muted"), *line) if mark and line else line
        mark = others


def _part(part: Part, width: int) -> Iterator[Line]:
    match part:
        case Paragraph(rows):
            for row in rows:
                yield from wrap(_pieces(row), width)
        case Heading(level, row):
            strong = (Piece(piece.words, "strong") for piece in _pieces(row))
            yield from wrap((Piece("#" * level + " ", "muted"), *strong), width)
        case Code(rows, fenced):
            bar = BAR if fenced else ""
            for text in rows:
                for line in wrap((Piece(text),), width - len(bar), hang=2):
                    yield (Piece(bar, "muted"), *line) if bar else line
        case Items(items):
            for apart, item in items:
                if apart:
                    yield ()
                yield from _item(item, width)
        case Quote(inner):
            bar = BAR if width - len(BAR) >= NARROWEST else ""
            for line in _body(inner, width - len(bar)):
                yield (Piece(bar, "muted"), *line) if bar else line
        case Grid(head, rows):
            cells = [[_pieces(cell) for cell in row] for row in rows]
            yield from grid([_pieces(cell) for cell in head], cells, width)
        case Rule(mark):
            yield from wrap((Piece(mark, "muted"),), width)


def _item(item: Item, width: int) -> Iterator[Line]:
    mark = f"{item.mark} "
    if item.body:
        yield from _behind(mark, " " * len(mark), item.body, width)
    else:
        yield (Piece(mark, "muted"),)


def _pieces(row: Row) -> Line:
    """A line's words as they look; a link's address stands behind its words."""

    def each() -> Iterable[Piece]:
        for span in row:
            yield Piece(span.words, span.kind)
            if span.told:
                yield Piece(f" ({span.told})", "muted")

    return tuple(each())


def plain_lines(prose: Prose) -> tuple[str, ...]:
    """The lines of a text for a pipe or a log, with signs that can be read aloud."""
    return tuple(
        "".join(
            piece.words.translate(_SIGNS) if piece.look == "muted" else piece.words
            for piece in line
        ).rstrip()
        for line in lines(prose, UNBROKEN)
    )
