"""How drills went over time: a chart of the times to restore, and the last in words.

A column for each drill, the newest at the right. A drill that was not handled is a
cross; the best has a mark under it. No colour is needed to read it.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from mobius_tui.drill import score_words
from mobius_tui.drill.history import Trend
from mobius_tui.drill.kept import Kept
from mobius_tui.tui.glyphs import VERDICTS
from mobius_tui.tui.shelf_lines import when
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.widgets import chart

HEIGHT = 4
"""Rows of a chart."""
COLUMN = 3
"""Cells of a drill in it: two for its column, and one between."""
LISTED = 5
"""Drills that are told of in words under the chart."""
BEST = "▲"
SCALE = 8
"""Cells of the scale at the left: the longest time, and nothing."""
ROLES: dict[chart.Role, Role] = {
    "ok": "accent",
    "slow": "warn",
    "bad": "bad",
    "none": "muted",
    "limit": "muted",
}
"""How each part of a chart of times to restore is drawn."""


def trend_lines(trend: Trend, *, width: int, now: float) -> Iterator[Content]:
    """The chart of a trend and its last drills, as lines.

    Args:
        trend: drills whose times may be compared.
        width: cells of a line.
        now: seconds since 1970.
    """
    count = len(trend.drills)
    number = f"{count} {'drill' if count == 1 else 'drills'}"
    number = f"{number} without a person" if trend.automatic else f"{number} by a team"
    faults = " + ".join(trend.faults) or "no fault"
    yield assemble((faults, "strong"), (f"  time to restore, {number}", "muted"))
    if count > 1:
        yield from _chart(trend, max(COLUMN, width - SCALE))
    for drill in reversed(trend.drills[-LISTED:]):
        yield _line(drill, now, is_best=_is_best(trend, drill))


def _is_best(trend: Trend, drill: Kept) -> bool:
    return trend.best is not None and trend.drills[trend.best] is drill


def _chart(trend: Trend, width: int) -> Iterator[Content]:
    """The columns, with a scale at the left, and under them the mark of the best."""
    shown = trend.drills[-(width // COLUMN) :]
    values: list[float | None] = []
    states: list[str] = []
    marks = ""
    for drill in shown:
        handled = drill.score.handled is not False
        state = "ok" if handled and drill.score.restored is not None else "none"
        state = state if handled else "bad"
        values += [drill.score.restored, drill.score.restored, None]
        states += [state, state, "none"]
        marks += f"{BEST} " if _is_best(trend, drill) else "  "
        marks += " "
    cells = len(values)
    rows = chart.columns(values, states, width=cells, height=HEIGHT, limit=None)
    top = chart.ceiling([v for v in values if v is not None], None)
    known = any(value is not None for value in values)
    scales = [score_words.seconds_words(top) if known else "", *[""] * (HEIGHT - 1)]
    for scale, row in zip(scales, rows, strict=True):
        parts: list[tuple[str, Role]] = [(f"{scale:>{SCALE - 1}} ", "muted")]
        parts += [(character, ROLES[role]) for character, role in row]
        yield assemble(*parts)
    if BEST in marks:
        yield assemble((f"{'best':>{SCALE - 1}} {marks.rstrip()}", "good"))


def _line(drill: Kept, now: float, *, is_best: bool) -> Content:
    """A drill in words: when, how it went, its time, who, and if it is the best."""
    score = drill.score
    glyph, role = VERDICTS[score.handled]
    took = "-" if score.restored is None else score_words.seconds_words(score.restored)
    return assemble(
        (f"{when(drill.began, now):<12}  ", "muted"),
        (f"{glyph} {score_words.verdict_words(score)}", role),
        (f"  {took}", "strong"),
        (f"  by {drill.operator}" if drill.operator else "", "muted"),
        ("  best" if is_best else "", "good"),
    )
