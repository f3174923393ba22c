"""Charts and meters of block elements, as characters and roles; widgets give styles.

A failed check is told by its glyph, a limit by its line: no colour is needed to read
them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from mobius_tui.tui.presenters.styled_text import Role

ChartRole = Literal["ok", "slow", "bad", "none", "limit"]
ChartCell = tuple[str, ChartRole]
CHART_ROLES: dict[ChartRole, Role] = {
    "ok": "good",
    "slow": "warn",
    "bad": "bad",
    "none": "muted",
    "limit": "muted",
}
"""The role in which each part of a chart of latencies is drawn."""

RISING_BLOCKS = " ▁▂▃▄▅▆▇█"
"""A cell filled from below by 0 to 8 eighths."""
GROWING_BLOCKS = "░▏▎▍▌▋▊▉█"
"""A cell filled from the left by 0 to 8 eighths."""
FAILED_GLYPH = "✖"
"""The first failed check of an outage; what it took to fail says nothing."""
OUTAGE_GLYPH = "─"
"""The failed checks that follow: they draw a line as long as the outage."""
LIMIT_GLYPH = "┄"

MAX_LIMIT_RATIO = 2.0
"""A limit up to so many times the highest value is drawn, above the columns if so."""


def chart_top_value(values: Sequence[float | None], limit: float | None) -> float:
    """Return the value at the upper edge of a chart of `values`; never 0.

    Args:
        values: What is shown, in any unit; none where there is no value.
        limit: A limit in the same unit, if there is one.
    """
    peak = max(
        (value for value in map(_drawable_value, values) if value is not None),
        default=0,
    )
    if limit is not None and peak < limit <= peak * MAX_LIMIT_RATIO:
        return limit
    return peak or 1.0


def chart_rows(
    values: Sequence[float | None],
    states: Sequence[str],
    *,
    width: int,
    height: int,
    limit: float | None,
) -> list[list[ChartCell]]:
    """Return a chart of the last `width` values, the newest at the right.

    Args:
        values: Latencies, oldest first, in any unit; none where there is no value.
        states: As many: `bad` for a failed check, `none` for no data, `slow`, or `ok`.
            The value of one that is `bad` or `none` is not drawn; one that is `ok` is
            drawn as slow above the limit.
        width: Cells of a row.
        height: Rows; 1 makes a sparkline.
        limit: Drawn as a line behind the columns, in charts of 2 rows and more, unless
            it is above `MAX_LIMIT_RATIO` times the highest value.

    Returns:
        `height` rows, the upper one first, of `width` cells: character and role.

    Raises:
        ValueError: If there are not as many states as values.
    """
    if width <= 0 or height <= 0:
        return []
    samples = list(zip(values, states, strict=True))[-width:]
    top = chart_top_value([value for value, state in samples if state != "bad"], limit)
    drawn = [_column(value, state, top, height, limit) for value, state in samples]
    for place in range(len(samples) - 1, 0, -1):
        if samples[place][1] == samples[place - 1][1] == "bad":
            drawn[place][-1] = (OUTAGE_GLYPH, "bad")
    blank: list[ChartCell] = [(" ", "none")] * height
    drawn = [blank] * (width - len(drawn)) + drawn
    rows = [[column[row] for column in drawn] for row in range(height)]
    if limit is not None and height > 1 and 0 < limit <= top:
        level = height - 1 - min(height - 1, int(limit / top * height))
        rows[level] = [
            (LIMIT_GLYPH, "limit") if cell[0] == " " else cell for cell in rows[level]
        ]
    return rows


def meter(value: float | None, limit: float, width: int) -> str:
    """Return a bar of `width` cells that is full when `value` reaches `limit`.

    Full means reached, and empty means nothing: neither comes about by rounding.

    Args:
        value: What is measured; none if it is not known, which leaves the bar empty.
        limit: What fills the bar, in the same unit.
        width: Cells.
    """
    reach = _drawable_value(value) or 0.0
    whole = max(0, width) * 8
    if reach >= limit and reach > 0:
        eighths = whole
    elif reach <= 0:
        eighths = 0
    else:
        eighths = max(1, min(whole - 1, round(reach / limit * whole)))
    full, part = divmod(eighths, 8)
    bar = GROWING_BLOCKS[8] * full + (GROWING_BLOCKS[part] if part else "")
    return (bar + GROWING_BLOCKS[0] * width)[: max(0, width)]


def _column(
    value: float | None, state: str, top: float, height: int, limit: float | None
) -> list[ChartCell]:
    """Return one column, the upper cell first."""
    if state == "bad":
        above: list[ChartCell] = [(" ", "none")] * (height - 1)
        return [*above, (FAILED_GLYPH, "bad")]
    reach = None if state == "none" else _drawable_value(value)
    role: ChartRole = "ok"
    if state == "slow" or (reach is not None and limit is not None and reach > limit):
        role = "slow"
    eighths = 0
    if reach is not None:
        eighths = max(1, min(height * 8, round(min(reach / top, 1.0) * height * 8)))
    fills = [min(8, max(0, eighths - 8 * row)) for row in reversed(range(height))]
    return [(RISING_BLOCKS[n], role if n else "none") for n in fills]


def _drawable_value(value: float | None) -> float | None:
    """Return a value that can be drawn: none for what is no number."""
    if value is None or math.isnan(value):
        return None
    return min(max(0.0, value), 1e300)
