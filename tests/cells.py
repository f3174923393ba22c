"""A picture as plain lines: the text, and under it a letter for each cell's style.

It says all that the SVG says of a screen, in a tenth of the room, and two of them can
be compared by eye.
"""

from __future__ import annotations

import html
import re
from string import ascii_letters, digits

from rich.cells import get_character_cell_size

CELL = 12.2
"""Units of an SVG's width that a cell takes; Rich draws at 20 pixels."""
ROW = 24.4
"""Units of height that a row takes."""
LETTERS = ascii_letters + digits + "!#$%&*+=?@^~<>/:;"
BLANK = "."
"""The letter of a cell that no style is drawn in."""

_STYLE = re.compile(r"\.terminal-(r\d+) \{ ?(.*?) ?\}")
_RECT = re.compile(
    r'<rect fill="([^"]*)" x="([^"]*)" y="([^"]*)" width="([^"]*)"[^>]*'
    r'shape-rendering="crispEdges"'
)
_TEXT = re.compile(
    r'<text class="terminal-(r\d+)" x="([^"]*)" y="([^"]*)"[^>]*>(.*?)</text>',
    re.DOTALL,
)
_SIZE = re.compile(
    r'id="terminal-clip-terminal">\s*<rect [^>]*width="([^"]*)" height="([^"]*)"'
)


def cells_of(svg: str) -> str:
    """Return a picture as lines.

    Args:
        svg: What `pictures.svg_of` returned.
    """
    size = _SIZE.search(svg)
    assert size is not None, "it is no picture of a terminal"
    width = round(float(size[1]) / CELL)
    height = round(float(size[2]) / ROW)
    styles = dict(_STYLE.findall(svg))
    grounds = [[""] * width for _ in range(height)]
    for colour, x, y, wide in _RECT.findall(svg):
        row, begin = int(float(y) / ROW), round(float(x) / CELL)
        for column in range(begin, begin + round(float(wide) / CELL)):
            if row < height and column < width:
                grounds[row][column] = colour
    texts = [[" "] * width for _ in range(height)]
    pens = [[""] * width for _ in range(height)]
    for name, x, y, words in _TEXT.findall(svg):
        row, column = int(float(y) / ROW), round(float(x) / CELL)
        for character in html.unescape(words).replace("\xa0", " "):
            if character == "\n" or row >= height:
                continue
            taken = get_character_cell_size(character)
            if not taken:
                texts[row][max(0, column - 1)] += character
            for number, place in enumerate(range(column, column + taken)):
                if place < width:
                    texts[row][place] = "" if number else character
                    pens[row][place] = styles[name]
            column += taken
    return _page(texts, pens, grounds)


def _page(
    texts: list[list[str]], pens: list[list[str]], grounds: list[list[str]]
) -> str:
    """The text, the letters, and what each letter means."""
    meanings: dict[str, str] = {}
    rows = []
    for marks, colours, under in zip(texts, pens, grounds, strict=True):
        letters = ""
        for mark, pen, ground in zip(marks, colours, under, strict=True):
            # Of a space, nothing of the pen is seen but a line under or through it.
            seen = pen if mark != " " or "decoration" in pen else ""
            style = f"{seen} on {ground}".strip() if seen or ground else ""
            if style and style not in meanings:
                meanings[style] = LETTERS[len(meanings)]
            letters += meanings[style] if style else BLANK
        rows.append(letters)
    size = f"{len(texts[0])} × {len(texts)}"
    legend = [f"{letter} {style}" for style, letter in meanings.items()]
    lines = ["".join(row).rstrip() for row in texts]
    return "\n".join([size, *lines, size, *rows, size, *legend]) + "\n"
