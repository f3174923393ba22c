"""Rows of a timeline as cells: a character and a role each. Pure."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.drill_comparison import NEGLIGIBLE_SECONDS
from mobius_tui.review.run_timeline import TimelineBar, TimelineLane
from mobius_tui.review.timeline_moments import SEVERITIES, TimelineMoment
from mobius_tui.run.events.event import Event, MomentTone
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.presenters.charts import FAILED_GLYPH, OUTAGE_GLYPH, RISING_BLOCKS
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.styled_text import Role

TimelineCell = tuple[str, Role]
BLANK: TimelineCell = (" ", "plain")
ATTEMPT_BAR = "━"
DRILL_BAR = "╌"
NO_DATA = "?"
_ROLES: Mapping[MomentTone, Role] = {
    "good": "good",
    "warn": "warn",
    "bad": "bad",
    "going": "accent",
    "muted": "muted",
    "plain": "strong",
}
_ANNOTATION_MARK = "»"
MIN_LATENCY_SPREAD = 4.0
"""The top of a latency lane, as a multiple of its lowest value at least: small changes
stay low."""
_TICK_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400),
    *(21600, 43200, 86400, 604800),
)
"""Seconds between two ticks of the clock: what people count in."""
_TICK_CELLS = 11
"""Cells that a tick takes with the room before the next: `13:45:05` and three."""


class TimeWindow(Struct, frozen=True, kw_only=True):
    """The visible part of the time."""

    began: float
    """Seconds since 1970."""
    until: float
    width: int
    """Cells."""

    @property
    def scale(self) -> float:
        """Seconds of a cell."""
        return (self.until - self.began) / max(1, self.width)

    def column(self, at: float) -> int:
        """The cell of a moment; below 0, or from `width` on, where it is not seen."""
        if at == self.until:
            return self.width - 1
        place = int((at - self.began) / self.scale) if at >= self.began else -1
        # As `moment` has the edges: a quotient may be rounded over one.
        return place + (self.moment(place + 1) <= at) - (self.moment(place) > at)

    def moment(self, column: int) -> float:
        """The moment of a cell's beginning, in seconds since 1970."""
        return self.began + column * self.scale


def clock_axis(window: TimeWindow) -> list[TimelineCell]:
    """The clock across the top."""
    cells = [BLANK] * window.width
    least = window.scale * _TICK_CELLS
    step = next((each for each in _TICK_SECONDS if each >= least), _TICK_SECONDS[-1])
    offset = time.localtime(window.began).tm_gmtoff
    tick = -(-(window.began + offset) // step) * step - offset
    while (column := window.column(tick)) < window.width - 5:
        form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%m-%d"
        words = f"╷{time.strftime(form, time.localtime(tick))}"
        for place, character in enumerate(words, column):
            if place < window.width:
                cells[place] = (character, "muted")
        tick += step
    return cells


def lane_cells(
    lane: TimelineLane, window: TimeWindow, end: float
) -> list[TimelineCell]:
    """What a lane shows.

    Args:
        lane: the lane.
        window: the time in sight.
        end: where what goes on is cut off, in seconds since 1970.
    """
    if lane.checks is not None:
        return _checks(lane.checks, window)
    cells = [BLANK] * window.width
    # The worst is drawn last; of two that are as bad, the later one.
    for bar in sorted(lane.bars, key=lambda bar: SEVERITIES[bar.tone]):
        _draw_line(cells, bar, window, end, is_drill=lane.kind == "drill")
    worst: dict[int, _Mark] = {}
    for mark in (*_ends(lane, window, end), *_last_of_each_grade(lane, window)):
        before = worst.get(mark.column)
        if before is None or (mark.severity, mark.at) >= (before.severity, before.at):
            worst[mark.column] = mark
    for column, mark in worst.items():
        cells[column] = mark.cell
    return cells


class _Mark(NamedTuple):
    """A sign in a cell."""

    column: int
    severity: int
    at: float
    """Seconds since 1970."""
    cell: TimelineCell


def _last_of_each_grade(lane: TimelineLane, window: TimeWindow) -> Iterator[_Mark]:
    """The last moment of each severity in each cell."""
    for own in lane.severity_groups:
        times = own.times
        place = bisect_left(times, window.began)
        while place < len(times) and times[place] <= window.until:
            column = window.column(times[place])
            is_last = column == window.width - 1
            find = bisect_right if is_last else bisect_left
            edge = window.until if is_last else window.moment(column + 1)
            place = find(times, edge, lo=place)
            moment = own.moments[place - 1]
            yield _Mark(column, own.severity, moment.at, moment_mark(moment))


def moment_mark(moment: TimelineMoment) -> TimelineCell:
    """The sign of what happened."""
    kind = moment.event
    mark = kind.moment_mark if issubclass(kind, Event) else _ANNOTATION_MARK
    return mark, _ROLES[moment.tone]


def _draw_line(
    cells: list[TimelineCell],
    bar: TimelineBar,
    window: TimeWindow,
    end: float,
    *,
    is_drill: bool,
) -> None:
    """A line from where it began to its end."""
    ended = end if bar.ended is None else bar.ended
    first, last = window.column(bar.began), window.column(ended)
    if last < 0 or first >= window.width:
        return
    role = "muted" if is_drill else _ROLES[bar.tone]
    line = DRILL_BAR if is_drill else ATTEMPT_BAR
    for column in range(max(0, first), min(last, window.width - 1) + 1):
        cells[column] = (line, role)


def _ends(lane: TimelineLane, window: TimeWindow, end: float) -> Iterator[_Mark]:
    """The status of each attempt at its end; of one that goes on, at `end`."""
    for bar in lane.bars:
        ended = end if bar.ended is None else bar.ended
        column = window.column(ended)
        if bar.status is not None and 0 <= column < window.width:
            role = "muted" if lane.kind == "drill" else _ROLES[bar.tone]
            cell = (STATUS_MARKS[bar.status].glyph, role)
            yield _Mark(column, SEVERITIES[bar.tone], ended, cell)


def _checks(row: ProbeChecks, window: TimeWindow) -> list[TimelineCell]:
    """For each cell the worst that was seen in it: an outage, no data, or how slow."""
    edges = [bisect_left(row.times, window.moment(n)) for n in range(window.width)]
    edges.append(bisect_right(row.times, window.until))
    seen = [ms for ms in row.ms[edges[0] : edges[-1]] if ms >= 0]
    peak = max(max(seen, default=1.0), MIN_LATENCY_SPREAD * min(seen, default=1.0), 1.0)
    return list(_checks_held_until_next(row, edges, peak))


def _checks_held_until_next(
    row: ProbeChecks, edges: Sequence[int], peak: float
) -> Iterator[TimelineCell]:
    """The cells of a lane of checks; a cell without one repeats the check before it."""
    shown = BLANK
    if edges[0] > 0:
        shown = _worst(row, edges[0] - 1, edges[0], peak)
    for first, after in pairwise(edges):
        before = shown[0]
        if first < after:
            shown = _worst(row, first, after, peak)
        elif not 0 < first < len(row.times):
            shown = BLANK
        if shown[1] == "bad" and before in (FAILED_GLYPH, OUTAGE_GLYPH):
            shown = (OUTAGE_GLYPH, "bad")
        yield shown


def _worst(row: ProbeChecks, first: int, after: int, peak: float) -> TimelineCell:
    """The worst of some checks; of those that are well, the longest."""
    states = row.states[first:after]
    if 1 in states:
        return FAILED_GLYPH, "bad"
    if 2 in states:
        return NO_DATA, "warn"
    height = round(max(row.ms[first:after]) / peak * 8)
    return RISING_BLOCKS[max(1, min(8, height))], "good"


def visible_duration_text(window: TimeWindow) -> str:
    """How much time is visible, in words."""
    return clock_duration(window.until - window.began)


def drill_difference(lane: TimelineLane) -> tuple[str, Role]:
    """How much longer than in the drill a lane took: ` +0:10`; empty for no drill."""
    seconds = lane.drill_difference
    if seconds is None:
        return "", "muted"
    if abs(seconds) < NEGLIGIBLE_SECONDS:
        return " =", "muted"
    words = clock_duration(abs(seconds))
    return (f" +{words}", "warn") if seconds > 0 else (f" -{words}", "muted")
