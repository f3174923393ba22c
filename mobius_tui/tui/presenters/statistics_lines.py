"""Statistics and drills of a runbook as lines with charts: pure drawing of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.drill import past_drills
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.past_drills import Trend
from mobius_tui.review.report_wording import column_duration, rate
from mobius_tui.review.run_statistics import (
    COUNTED_SINCE,
    RestoreTime,
    RunbookStatistics,
    StepStatistics,
    listed_steps,
    percentile,
    restored_in_words,
)
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.records.drill_history import verdict_words
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.presenters import charts
from mobius_tui.tui.presenters.glyphs import DRILL_VERDICT_MARKS, STATUS_MARKS
from mobius_tui.tui.presenters.library_lines import date_text
from mobius_tui.tui.presenters.styled_text import Role, assemble, cut

TREND_HEIGHT = 4
"""Rows of a chart."""
TREND_COLUMN_CELLS = 3
"""Cells of a drill in it: two for its column, and one between."""
MAX_LISTED_DRILLS = 5
"""Drills that have a line of text under the chart, at most."""
BEST_DRILL_GLYPH = "▲"
TREND_SCALE_CELLS = 8
"""Cells of the scale at the left: the longest time, and nothing."""
RESTORE_CHART_ROLES: dict[charts.ChartRole, Role] = {
    **charts.CHART_ROLES,
    "ok": "accent",
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
        yield from _chart(trend, max(TREND_COLUMN_CELLS, width - TREND_SCALE_CELLS))
    for drill in reversed(trend.drills[-MAX_LISTED_DRILLS:]):
        yield _line(drill, now, is_best=_is_best(trend, drill))


def _is_best(trend: Trend, drill: DrillRecord) -> bool:
    return (
        trend.fastest_index is not None and trend.drills[trend.fastest_index] is drill
    )


def _chart(trend: Trend, width: int) -> Iterator[Content]:
    """The columns, with a scale at the left, and under them the mark of the best."""
    shown = trend.drills[-(width // TREND_COLUMN_CELLS) :]
    values: list[float | None] = []
    states: list[str] = []
    marks = ""
    for drill in shown:
        handled = drill.score.handled is not False
        state = "ok" if handled and drill.score.restored is not None else "none"
        state = state if handled else "bad"
        values += [drill.score.restored, drill.score.restored, None]
        states += [state, state, "none"]
        marks += f"{BEST_DRILL_GLYPH} " if _is_best(trend, drill) else "  "
        marks += " "
    cells = len(values)
    rows = charts.chart_rows(
        values, states, width=cells, height=TREND_HEIGHT, limit=None
    )
    top = charts.chart_top_value([v for v in values if v is not None], None)
    known = any(value is not None for value in values)
    scales = [
        past_drills.seconds_words(top) if known else "",
        *[""] * (TREND_HEIGHT - 1),
    ]
    for scale, row in zip(scales, rows, strict=True):
        parts: list[tuple[str, Role]] = [
            (f"{scale:>{TREND_SCALE_CELLS - 1}} ", "muted")
        ]
        parts += [(character, RESTORE_CHART_ROLES[role]) for character, role in row]
        yield assemble(*parts)
    if BEST_DRILL_GLYPH in marks:
        yield assemble((f"{'best':>{TREND_SCALE_CELLS - 1}} {marks.rstrip()}", "good"))


def _line(drill: DrillRecord, now: float, *, is_best: bool) -> Content:
    """A drill in one line; the best one is marked."""
    score = drill.score
    glyph, role = DRILL_VERDICT_MARKS[score.handled]
    took = "-" if score.restored is None else past_drills.seconds_words(score.restored)
    return assemble(
        (f"{date_text(drill.began, now):<12}  ", "muted"),
        (f"{glyph} {verdict_words(score.handled)}", role),
        (f"  {took}", "strong"),
        (f"  by {drill.operator}" if drill.operator else "", "muted"),
        ("  best" if is_best else "", "good"),
    )


RESTORE_CHART_ROWS = 5
"""Rows of a chart of times to restore."""
RESTORE_CHART_SCALE_CELLS = 9
"""Cells of its scale at the left."""
RESTORE_CHART_COLUMN_CELLS = 3
"""Cells of a run in it: two for its column, and one between."""
MAX_STATISTICS_NAME_CELLS = 34
"""Cells of a step's name, where there is room."""
PASS_RATE_METER_CELLS = 8
"""Cells of a pass rate's bar; after a duration's bar as many stay free."""
STEP_FIGURES_CELLS = 42
"""Cells of a step's figures, without what its durations are drawn in."""
NEVER_FAILED_RATE = 1.0
"""The pass rate of a step that never failed."""


def statistics_chart_lines(
    stats: RunbookStatistics, *, width: int, now: float
) -> Iterator[Content]:
    """The statistics of all runs, as lines.

    Args:
        stats: what there is to say.
        width: cells of a line.
        now: seconds since 1970.
    """
    for mode, counts in stats.outcomes.items():
        total = sum(counts.values())
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        word = str(mode) if total == 1 else mode.plural
        yield assemble((f"{total} {word}", "strong"), (f"  {said}", "muted"))
    if not stats.outcomes:
        yield assemble(("No run of it has ended yet.", "muted"))
        return
    for mode, restored in stats.restored.items():
        if restored:
            yield Content("")
            yield from _restore_chart(mode, restored, width, now)
    yield Content("")
    yield from _steps(stats, width)
    yield from _revision_advice(stats)


def _restore_chart(
    mode: Mode, found: Sequence[RestoreTime], width: int, now: float
) -> Iterator[Content]:
    """The times to restore as columns, the newest at the right."""
    median = percentile([each.seconds for each in found], 50)
    title = f"MTTR in {mode.plural}"
    words = f" {restored_in_words(found)}"
    yield assemble((title, "strong"), (words, "plain"), (f"  {COUNTED_SINCE}", "muted"))
    fitting = max(1, (width - RESTORE_CHART_SCALE_CELLS) // RESTORE_CHART_COLUMN_CELLS)
    shown = found[-fitting:]
    seconds = [each.seconds for each in shown]
    rows = charts.chart_rows(
        seconds,
        ["ok"] * len(shown),
        width=len(shown),
        height=RESTORE_CHART_ROWS,
        limit=median,
    )
    top = column_duration(charts.chart_top_value(seconds, median))
    for number, row in enumerate(rows):
        scale = {0: top, RESTORE_CHART_ROWS - 1: "0"}.get(number, "")
        cells = "".join(character * 2 + " " for character, _ in row)
        roles = [RESTORE_CHART_ROLES[role] for _, role in row]
        bars = [
            (
                cells[
                    place * RESTORE_CHART_COLUMN_CELLS : (place + 1)
                    * RESTORE_CHART_COLUMN_CELLS
                ],
                role,
            )
            for place, role in enumerate(roles)
        ]
        yield assemble((f"{scale:>{RESTORE_CHART_SCALE_CELLS - 2}} ┤", "muted"), *bars)
    first, last = date_text(shown[0].began, now), date_text(shown[-1].began, now)
    span = first if len(shown) == 1 else f"{first} to {last}"
    yield assemble((f"{'':>{RESTORE_CHART_SCALE_CELLS}}{span} · ┄ median", "muted"))


def _steps(stats: RunbookStatistics, width: int) -> Iterator[Content]:
    """A line for each step that was ever begun or skipped."""
    shown = [each for each in stats.steps if each.runs or each.skipped]
    names = max(14, min(MAX_STATISTICS_NAME_CELLS, width // 3))
    room = max(0, width - names - STEP_FIGURES_CELLS)
    head = f"{'Step':<{names}}{'runs':>5} {'passed':<{PASS_RATE_METER_CELLS + 6}}"
    head += f"{'median':>7}{'p95':>7} {'again':>6}"
    lasts = "  0 ━ median ─ p95" if room > len("  0 ━ median ─ p95") else ""
    yield assemble((head, "strong"), (lasts, "muted"))
    longest = max((each.p95 or 0.0 for each in shown), default=0.0) or 1.0
    for each in shown:
        yield _step(each, names, room, longest)
    idle = [each for each in stats.steps if not (each.runs or each.skipped)]
    if idle:
        numbers = ", ".join(each.number for each in idle)
        yield assemble((f"Never begun: {numbers}", "muted"))


def _step(step: StepStatistics, names: int, room: int, longest: float) -> Content:
    name = cut(sanitize.line(step.name), names - 1)
    name += " " * (names - cell_len(name))
    passed = step.pass_rate
    role: Role = (
        "muted" if passed is None else "good" if passed == NEVER_FAILED_RATE else "warn"
    )
    bar = charts.meter(passed, 1.0, PASS_RATE_METER_CELLS)
    words = rate(passed).replace(".0%", "%")
    parts: list[tuple[str, Role]] = [
        (name, "plain"),
        (f"{step.runs:>5} ", "plain"),
        (f"{bar} {words:<5}", role),
        (f"{column_duration(step.median):>7}{column_duration(step.p95):>7} ", "plain"),
        (f"{step.retries or '':>6}", "warn"),
    ]
    lasted = _duration_bar(step, room - 2, longest)
    parts += [("  ", "plain"), *lasted]
    counts = {
        Status.SKIPPED: step.skipped,
        Status.OVERRIDDEN: step.overridden,
        Status.UNDONE: step.undone,
    }
    marks = [f"{n}{STATUS_MARKS[status].glyph}" for status, n in counts.items() if n]
    if marks:
        parts.append((" " + " ".join(marks), "warn"))
    return assemble(*parts)


def _duration_bar(
    step: StepStatistics, room: int, longest: float
) -> list[tuple[str, Role]]:
    """How long it takes, on one scale for all: the median, and on to the 95th."""
    if step.median is None or step.p95 is None or room < PASS_RATE_METER_CELLS:
        return []
    half = max(1, round(step.median / longest * (room - PASS_RATE_METER_CELLS)))
    rest = max(0, round(step.p95 / longest * (room - PASS_RATE_METER_CELLS)) - half)
    return [("━" * half, "accent"), ("─" * rest, "muted")]


def _revision_advice(stats: RunbookStatistics) -> Iterator[Content]:
    """What the table does not say, and the steps whose `expect` should be revised."""
    for heading, status, lines in listed_steps(stats):
        sign = f"  {STATUS_MARKS[status].glyph}" if status is not None else ""
        yield Content("")
        yield assemble((f"{heading}{sign}", "strong"))
        for each in lines:
            yield assemble((f"  {each}", "plain"))
    off = [step for step in stats.steps if step.expect_correction is not None]
    if off:
        yield Content("")
        yield assemble(("What expect says is off", "strong"))
    for step in off:
        correction = step.expect_correction
        assert correction is not None
        usual = duration_in_words(correction.usual)
        stated = f"  {step.name}: it says {correction.stated}, and usually takes "
        yield assemble(
            (stated, "plain"),
            (usual, "warn"),
            ("; write ", "plain"),
            (f'expect = "{correction.suggested}"', "command"),
        )
