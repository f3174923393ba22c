"""Where the lines of a text are broken: between parts and words, in paths at a joint.

A figure then stands with its name, and a run's id, or the name of a file behind its
folder, in one line as long as there is room for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.text.shortening import Size
from mobius_tui.sanitize import cells

SEPARATOR = " · "
"""Stands between parts that belong to no sentence."""
MAX_WHOLE_PART = 24
"""Cells of a part that is not broken, if it has no more."""
_WORD = re.compile(r"\s*\S+\s*|\s+")
_BREAK_AFTER = "-_.,:;=&?+|"
"""Behind these a long word, such as a path or an id, is broken."""


def line_ranges(
    words: str, width: int, *, hang: int = 0, size: Size = cells
) -> Iterator[tuple[int, int]]:
    """The lines of a text, each as where it begins and where it ends.

    The blanks at the end of a line are in none.

    Args:
        words: the text, without line ends.
        width: cells of a line.
        hang: cells that the lines after the first have less.
        size: what counts cells.
    """
    begin = end = used = 0
    room, others = width, max(2, width - hang)
    for part in _parts(words, width, others, size):
        if end > begin and used + size(part.rstrip()) > room:
            yield begin, begin + len(words[begin:end].rstrip())
            begin, used, room = end, 0, others
        end += len(part)
        used += size(part)
    yield begin, begin + len(words[begin:end].rstrip())


def break_words(words: str, width: int) -> str:
    """Break words that are longer than a line, with line ends.

    Args:
        words: a text that somebody else wraps.
        width: cells of a line.
    """

    def broken_word(found: re.Match[str]) -> str:
        word = found[0]
        fits = cells(word) <= width
        return word if fits else "\n".join(_break_word(word, width, width, cells))

    return re.sub(r"\S+", broken_word, words)


def _parts(words: str, first: int, width: int, size: Size) -> Iterator[str]:
    """The parts of a text that are not broken.

    Args:
        words: the text.
        first: cells that the first of them has room for.
        width: cells that the others have room for.
        size: what counts cells.
    """
    room = first
    *parts, last = words.split(SEPARATOR)
    for part, after in (*((part, SEPARATOR) for part in parts), (last, "")):
        if parts and size(part) <= min(MAX_WHOLE_PART, width - 2):
            yield part + after
            room = width
            continue
        *found, final = _WORD.findall(part) or [""]
        for word in (*found, final + after):
            if size(word.rstrip()) <= room:
                yield word
            else:
                yield from _break_word(word, room, width, size)
            room = width


def _break_word(word: str, first: int, width: int, size: Size) -> Iterator[str]:
    """A word in pieces that each fit, broken behind a joint if there is one.

    A folder's end is the best of them: the name behind it stays whole.

    Args:
        word: any.
        first: cells of the first piece.
        width: cells of each other one.
        size: what counts cells.
    """
    begin = used = slash = joint = 0
    room = first
    for end, character in enumerate(word):
        used += size(character)
        if used > room:
            # Of a joint near the beginning nothing is had but a short line.
            found = (at for at in (slash, joint) if at - begin > room // 3)
            cut = next(found, end)
            yield word[begin:cut]
            begin, used, room = cut, size(word[cut : end + 1]), width
            slash, joint = max(slash, cut), max(joint, cut)
        if character == "/":
            slash = end + 1
        elif character in _BREAK_AFTER:
            joint = end + 1
    yield word[begin:]
