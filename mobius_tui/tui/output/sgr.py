"""Parses sanitized text with colour sequences into segments.

Blinking and concealed text are shown as plain text: output must not be able to hide
itself or to draw the eye more than the program's own warnings do.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from mobius_tui.sanitize import SGR


class Pen(NamedTuple):
    """The colours and attributes that the next character is written in."""

    colour: Color | None = None
    background: Color | None = None
    attributes: frozenset[str] = frozenset()
    """Of bold, dim, italic, underline, reverse and strike."""


PLAIN_PEN = Pen()

MAX_COLOUR_SEQUENCES = 512
"""The most colour sequences that are read to find a pen: the latest ones."""

_ATTRIBUTES_SWITCHED_ON = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    7: "reverse",
    9: "strike",
    21: "underline",
}
_ATTRIBUTES_SWITCHED_OFF = {
    22: {"bold", "dim"},
    23: {"italic"},
    24: {"underline"},
    27: {"reverse"},
    29: {"strike"},
}


def styled_segments(text: str, pen: Pen) -> tuple[tuple[Segment, ...], Pen]:
    """Split sanitized text into styled segments.

    Args:
        text: Text that `clean(…, keep_sgr=True)` returned.
        pen: The pen that the text begins with.

    Returns:
        The segments, and the pen that the text ends with.
    """
    if "\x1b" not in text:
        return ((Segment(text, pen_style(pen)),) if text else ()), pen
    segments = []
    parts = SGR.split(text)
    for place, part in enumerate(parts):
        if place % 2:
            pen = apply_sgr(pen, part)
        elif part:
            segments.append(Segment(part, pen_style(pen)))
    return tuple(segments), pen


def pen_after(text: str, pen: Pen) -> Pen:
    """Return the pen at the end of `text`, which may be unsanitized."""
    for sequence in SGR.findall(text)[-MAX_COLOUR_SEQUENCES:]:
        pen = apply_sgr(pen, sequence)
    return pen


@lru_cache(maxsize=4096)
def pen_style(pen: Pen) -> Style:
    """Return the style to draw with; what the pen leaves open stays open."""
    traits = Style.parse(" ".join(sorted(pen.attributes)))
    return traits + Style(color=pen.colour, bgcolor=pen.background)


@lru_cache(maxsize=4096)
def apply_sgr(pen: Pen, sequence: str) -> Pen:
    """Return `pen` after one sequence, such as `ESC [ 1 ; 31 m`."""
    groups = iter(sequence[2:-1].split(";"))
    for group in groups:
        code, *details = [int(digits or 0) for digits in group.split(":")]
        if code in {38, 48, 58}:
            colour = _joined_colour(details) if details else _spread_colour(groups)
            if colour is not None and code == 38:
                pen = pen._replace(colour=colour)
            elif colour is not None and code == 48:
                pen = pen._replace(background=colour)
        elif code == 4 and details == [0]:
            pen = _simple(pen, 24)
        else:
            pen = _simple(pen, code)
    return pen


def _simple(pen: Pen, code: int) -> Pen:
    """Return `pen` after a code that needs no further numbers."""
    if code == 0:
        return PLAIN_PEN
    if code in _ATTRIBUTES_SWITCHED_ON:
        return pen._replace(attributes=pen.attributes | {_ATTRIBUTES_SWITCHED_ON[code]})
    if code in _ATTRIBUTES_SWITCHED_OFF:
        return pen._replace(attributes=pen.attributes - _ATTRIBUTES_SWITCHED_OFF[code])
    if 30 <= code <= 37 or 90 <= code <= 97:
        return pen._replace(colour=_basic(code - 30))
    if 40 <= code <= 47 or 100 <= code <= 107:
        return pen._replace(background=_basic(code - 40))
    if code == 39:
        return pen._replace(colour=None)
    if code == 49:
        return pen._replace(background=None)
    return pen


def _basic(number: int) -> Color:
    """Return a colour of the sixteen; the bright ones come as 60 to 67."""
    return Color.from_ansi(number if number < 8 else number - 60 + 8)


def _spread_colour(groups: Iterator[str]) -> Color | None:
    """Take the numbers of `38;5;N` or `38;2;R;G;B` off the sequence."""
    kind = next(groups, "")
    count = {"5": 1, "2": 3}.get(kind, 0)
    numbers = [int(group or 0) for group in islice(groups, count) if ":" not in group]
    return _colour([int(kind or 0), *numbers]) if count else None


def _joined_colour(details: list[int]) -> Color | None:
    """Return the colour of `38:5:N`, `38:2:R:G:B` or `38:2:SPACE:R:G:B`."""
    if details[0] == 2 and len(details) > 4:
        return _colour([2, *details[2:5]])
    return _colour(details)


def _colour(numbers: list[int]) -> Color | None:
    """Return the colour of `5, N` or `2, R, G, B`; none if off the scale."""
    if any(number > 255 for number in numbers):
        return None
    match numbers:
        case [5, number]:
            return Color.from_ansi(number)
        case [2, red, green, blue]:
            return Color.from_rgb(red, green, blue)
        case _:
            return None
