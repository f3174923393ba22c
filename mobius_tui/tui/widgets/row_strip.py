"""One row of the checklist as cells: mark, title, and what stands at the right."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui.tui.outline import Row

SIGN = 5
"""Cells from the left in which a click folds a phase: its mark and its sign."""
ROOMY = 36
"""Cells from which a row says what the row of its phase says already."""
CURSOR = "»"


def cut(words: str, width: int) -> str:
    """Words cut at the end to `width` cells."""
    if cell_len(words) <= width:
        return words
    taken, room = "", width - 1
    for character in words:
        room -= cell_len(character)
        if room < 0:
            break
        taken += character
    return taken + "…" if width > 0 else ""


def strip_of(
    what: Row,
    width: int,
    *,
    style: Callable[[str], Style],
    ground: Style,
    is_cursor: bool,
) -> Strip:
    """Draw a row.

    Args:
        what: what it says.
        width: cells.
        style: the style of a role.
        ground: what lies under the whole row.
        is_cursor: whether the cursor is on it.
    """
    indent = "" if what.is_phase else "  "
    title = f"{indent}{what.title}"
    right = f" {what.right}" if what.right else ""
    is_crowded = cell_len(title) + cell_len(right) > width - 4
    if width < ROOMY and (what.repeats or (what.yields and is_crowded)):
        right = ""
    room = max(4, width - 4 - cell_len(right))
    words = cut(title, room)
    space = " " * max(0, room - cell_len(words))
    role = "muted" if what.is_dim else "strong" if what.is_phase else "plain"
    left = CURSOR if is_cursor else " "
    segments = [
        Segment(f"{left}{what.mark.glyph} ", style(what.mark.role) + ground),
        Segment(f"{words}{space}", style(role) + ground),
        Segment(f"{right} ", style(what.right_role) + ground),
    ]
    return Strip(segments)
