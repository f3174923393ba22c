"""Line breaks between parts and words, and within paths where necessary.

Textual breaks at every blank, and a word that is too long wherever the line ends. A
figure then stands without its name, and a run's id in two halves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size
from textual.content import Content

SEPARATOR = " · "
"""Stands between parts that belong to no sentence."""
MAX_WHOLE_PART = 24
"""Cells of a part that is not broken, if it has no more."""
_WORD = re.compile(r"\s*\S+\s*|\s+")
_BREAK_AFTER = "-_.,:;=&?+|"
"""Behind these a long word, such as a path or an id, is broken."""


def wrap_content(content: Content, width: int) -> list[Content]:
    """The lines of a text.

    Args:
        content: the text; its own line ends stay.
        width: cells of a line.
    """
    rows = content.split("\n", allow_blank=True)
    return [line for row in rows for line in _wrap_line(row, width)]


def _wrap_line(content: Content, width: int) -> list[Content]:
    if content.cell_length <= width:
        return [content]
    lines: list[Content] = []
    begin = end = room = 0
    for piece in _line_parts(content.plain, max(2, width)):
        if end > begin and room + cell_len(piece.rstrip()) > width:
            lines.append(content[begin:end].rstrip())
            begin, room = end, 0
        end += len(piece)
        room += cell_len(piece)
    return [*lines, content[begin:end].rstrip()]


def break_words(words: str, width: int) -> str:
    """Break words that are longer than a line, with line ends.

    Args:
        words: a text that somebody else wraps.
        width: cells of a line.
    """

    def broken_word(found: re.Match[str]) -> str:
        word = found[0]
        fits = cell_len(word) <= width
        return word if fits else "\n".join(_break_word(word, width))

    return re.sub(r"\S+", broken_word, words)


def _line_parts(words: str, width: int) -> Iterator[str]:
    """The parts of a line that are not broken."""
    *parts, last = words.split(SEPARATOR)
    for part, after in (*((part, SEPARATOR) for part in parts), (last, "")):
        if parts and cell_len(part) <= min(MAX_WHOLE_PART, width - 2):
            yield part + after
            continue
        *found, final = _WORD.findall(part) or [""]
        for word in (*found, final + after):
            if cell_len(word.rstrip()) <= width:
                yield word
            else:
                yield from _break_word(word, width)


def _break_word(word: str, width: int) -> Iterator[str]:
    """A word in pieces that each fit, broken behind a joint if there is one.

    A folder's end is the best of them: the name behind it stays whole.
    """
    begin = cells = slash = joint = 0
    for end, character in enumerate(word):
        cells += get_character_cell_size(character)
        if cells > width:
            # Of a joint near the beginning nothing is had but a short line.
            found = (at for at in (slash, joint) if at - begin > width // 3)
            cut = next(found, end)
            yield word[begin:cut]
            begin, cells = cut, cell_len(word[cut : end + 1])
            slash, joint = max(slash, cut), max(joint, cut)
        if character == "/":
            slash = end + 1
        elif character in _BREAK_AFTER:
            joint = end + 1
    yield word[begin:]
