"""Lines broken where they are too long, between words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from mobius_tui.sanitize import cells

Look: TypeAlias = Literal["plain", "strong", "code", "muted"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that look alike, within a line that is shown."""

    words: str
    look: Look = "plain"


Line: TypeAlias = tuple[Piece, ...]
"""A line that is shown."""
_WORD = re.compile(r" +|[^ ]{1,200}")
"""A word; one that is longer than any line is several, so that none is looked through
as a whole."""


def wide(line: Iterable[Piece]) -> int:
    """The cells of a line."""
    return sum(cells(piece.words) for piece in line)


def wrap(line: Line, width: int, hang: int = 0) -> Iterator[Line]:
    """A line in as many as it takes; each begins as deep as the first.

    Args:
        line: the pieces of it.
        width: cells of a line at most.
        hang: how much deeper the second and the others begin.
    """
    whole = "".join(piece.words for piece in line[:1])
    depth = min(len(whole) - len(whole.lstrip(" ")) + hang, width // 2)
    made: list[Piece] = []
    used = 0
    for blank, word in _words(line):
        if used + wide((*blank, *word)) <= width:
            made += blank
            used += wide(blank)
        else:
            if made:
                yield _joined(made)
            used = depth if made else min(depth, wide(blank))
            made = _blanks(used)
        for piece in word:
            *full, last = _cut(piece.words, width - used, width - depth)
            for words in full:
                yield _joined([*made, Piece(words, piece.look)] if words else made)
                made, used = _blanks(depth), depth
            made.append(Piece(last, piece.look))
            used += cells(last)
    yield _joined(made)


def _joined(pieces: Iterable[Piece]) -> Line:
    """A line with as few pieces as it has looks."""
    looks = groupby(pieces, key=lambda piece: piece.look)
    return tuple(Piece("".join(p.words for p in same), look) for look, same in looks)


def _blanks(count: int) -> list[Piece]:
    return [Piece(" " * count)] if count else []


def _words(line: Line) -> Iterator[tuple[Line, Line]]:
    """Each word, whatever its parts look like, with the blanks before it."""
    blank: list[Piece] = []
    word: list[Piece] = []
    for piece in line:
        for match in _WORD.finditer(piece.words):
            found = Piece(match[0], piece.look)
            is_blank = match[0].startswith(" ")
            if word and (is_blank or wide(word) >= 200):
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
