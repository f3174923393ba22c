"""A picture as plain lines: the text, and under it a letter for each cell's style.

It says all that an SVG says of a screen, in a tenth of the room, and two of them can be
compared by eye.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from string import ascii_letters, digits

from rich.cells import cell_len, get_character_cell_size
from rich.color import blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME

LETTERS = ascii_letters + digits + "!#$%&*+=?@^~<>/:;"
BLANK = "."
"""The letter of a cell that no style is drawn in."""
STYLES = 1024
"""Styles whose words are kept: those of a few screens."""


def cells_of(screen: Iterable[Iterable[Segment]], width: int) -> str:
    """Return a screen as lines.

    Args:
        screen: its rows.
        width: how many cells each of them has.
    """
    texts, pens, grounds = [], [], []
    for row in screen:
        text, pen, ground = [" "] * width, [""] * width, [""] * width
        begin = 0
        for words, style, _ in row:
            colour, under = _colours(style or Style.null())
            end = begin + cell_len(words)
            ground[begin:end] = [under] * (end - begin)
            if words.strip(" "):  # of spaces alone nothing is drawn, not even a line
                _draw(words.replace("\xa0", " "), begin, colour, text, pen)
            begin = end
        texts.append(text)
        pens.append(pen)
        grounds.append(ground[:width])
    return _page(texts, pens, grounds)


def _draw(
    words: str, column: int, colour: str, text: list[str], pen: list[str]
) -> None:
    """Put words into a row, from a column on."""
    for character in words:
        taken = get_character_cell_size(character)
        if not taken:
            text[max(0, column - 1)] += character
        for place in range(column, min(column + taken, len(text))):
            text[place] = "" if place > column else character
            pen[place] = colour
        column += taken


@lru_cache(maxsize=STYLES)
def _colours(style: Style) -> tuple[str, str]:
    """The pen of a style and the colour under it, as an SVG by Rich has them."""
    pen, under = (
        other if colour is None or colour.is_default else colour.get_truecolor(THEME)
        for colour, other in (
            (style.color, THEME.foreground_color),
            (style.bgcolor, THEME.background_color),
        )
    )
    has_ground = style.reverse or not (
        style.bgcolor is None or style.bgcolor.is_default
    )
    if style.reverse:
        pen, under = under, pen
    ground = under.hex if has_ground else ""
    if style.dim:
        pen = blend_rgb(pen, under, 0.4)
    rules = [f"fill: {pen.hex}"]
    if style.bold:
        rules.append("font-weight: bold")
    if style.italic:
        rules.append("font-style: italic;")
    if style.underline:
        rules.append("text-decoration: underline;")
    if style.strike:
        rules.append("text-decoration: line-through;")
    return ";".join(rules), ground


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
