"""Marks parts of rows: what is selected, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui.tui.output.places import Row

Mark = tuple[int, int, Style]
"""The first character of a line that is marked, the first that is not, and how."""


def marked(strip: Strip, row: Row, marks: Iterable[Mark], margin: int) -> Strip:
    """Return a row with its marks; a later mark goes over an earlier one.

    Args:
        strip: The row as it was laid out.
        row: What it shows.
        marks: Characters of its line; those in other rows are left out.
        margin: Cells before its text.
    """
    ends = list(
        accumulate(
            map(get_character_cell_size, row.text[row.start : row.end]), initial=margin
        )
    )
    over: list[tuple[Style, ...]] = [()] * ends[-1]
    for first, last, style in marks:
        first, last = max(first, row.start), min(last, row.end)
        if first < last:
            for cell in range(ends[first - row.start], ends[last - row.start]):
                over[cell] = (*over[cell], style)
    if not any(over):
        return strip
    segments: list[Segment] = []
    # Hits side by side are restyled together: a row may be nothing but hits.
    groups = [(styles, len(list(cells))) for styles, cells in groupby(over)]
    cuts = list(accumulate(length for _, length in groups))
    pieces = strip.divide([*cuts, strip.cell_length])
    for (styles, _), piece in zip(groups, pieces, strict=False):
        segments += _restyled(piece, styles)
    return Strip([*segments, *(pieces[-1] if len(pieces) > len(groups) else ())])


def _restyled(strip: Strip, styles: Sequence[Style]) -> list[Segment]:
    segments = list(strip)
    for style in styles:
        segments = [
            Segment(one.text, one.style + style if one.style else style)
            for one in segments
        ]
    return segments
