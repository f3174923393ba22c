"""Marks parts of rows: what is selected, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
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
    for first, last, style in marks:
        first, last = max(first, row.start), min(last, row.end)
        if first >= last:
            continue
        left = margin + cell_len(row.text[row.start : first])
        right = left + cell_len(row.text[first:last])
        before, inside, after = (
            strip.crop(0, left),
            strip.crop(left, right),
            strip.crop(right, strip.cell_length),
        )
        strip = Strip([*before, *_restyled(inside, style), *after])
    return strip


def _restyled(segments: Sequence[Segment] | Strip, style: Style) -> list[Segment]:
    return [Segment(s.text, s.style + style if s.style else style) for s in segments]
