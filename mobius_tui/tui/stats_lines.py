"""Statistics of a runbook's runs, as lines with charts: pure drawing of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.review.phrases import lasting, rate
from mobius_tui.review.stats import Restored, Stats, StepStats, percentile
from mobius_tui.review.stats_words import SINCE
from mobius_tui.runbook.units import in_words
from mobius_tui.tui.shelf_lines import when
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.trend import ROLES
from mobius_tui.tui.widgets import chart
from mobius_tui.tui.widgets.row_strip import cut

HEIGHT = 5
"""Rows of a chart of times to restore."""
SCALE = 9
"""Cells of its scale at the left."""
COLUMN = 3
"""Cells of a run in it: two for its column, and one between."""
NAMES = 34
"""Cells of a step's name, where there is room."""
METER = 8
"""Cells of a pass rate's bar."""
FIGURES = 42
"""Cells of a step's figures, without what its durations are drawn in."""
ALWAYS = 1.0
"""The pass rate of a step that never failed."""


def stats_lines(stats: Stats, *, width: int, now: float) -> Iterator[Content]:
    """What all runs say, as lines.

    Args:
        stats: what there is to say.
        width: cells of a line.
        now: seconds since 1970.
    """
    for mode, counts in stats.outcomes.items():
        total = sum(counts.values())
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        word = mode if total == 1 else f"{mode}s"
        yield assemble((f"{total} {word}", "strong"), (f"  {said}", "muted"))
    if not stats.outcomes:
        yield assemble(("No run of it has ended yet.", "muted"))
        return
    for mode, restored in stats.restored.items():
        if restored:
            yield Content("")
            yield from _restored(mode, restored, width, now)
    yield Content("")
    yield from _steps(stats, width)
    yield from _afterwards(stats)


def _restored(
    mode: str, found: Sequence[Restored], width: int, now: float
) -> Iterator[Content]:
    """The times to restore as columns, the newest at the right."""
    took = [each.seconds for each in found]
    median, best = percentile(took, 50), min(took)
    words = f"  median {lasting(median)}, best {lasting(best)}"
    title = f"Time to restore in {mode}s"
    yield assemble((title, "strong"), (f" {SINCE}{words}", "muted"))
    fitting = max(1, (width - SCALE) // COLUMN)
    shown = found[-fitting:]
    rows = chart.columns(
        [each.seconds for each in shown],
        ["ok"] * len(shown),
        width=len(shown),
        height=HEIGHT,
        limit=median,
    )
    top = lasting(max(each.seconds for each in shown))
    for number, row in enumerate(rows):
        scale = {0: top, HEIGHT - 1: "0"}.get(number, "")
        cells = "".join(character * 2 + " " for character, _ in row)
        roles = [ROLES[role] for _, role in row]
        bars = [
            (cells[place * COLUMN : (place + 1) * COLUMN], role)
            for place, role in enumerate(roles)
        ]
        yield assemble((f"{scale:>{SCALE - 2}} ┤", "muted"), *bars)
    first, last = when(shown[0].began, now), when(shown[-1].began, now)
    span = first if len(shown) == 1 else f"{first} to {last}"
    yield assemble((f"{'':>{SCALE}}{span} · ┄ median", "muted"))


def _steps(stats: Stats, width: int) -> Iterator[Content]:
    """A line for each step that was ever begun or skipped."""
    shown = [each for each in stats.steps if each.runs or each.skipped]
    names = max(14, min(NAMES, width // 3))
    room = max(0, width - names - FIGURES)
    head = f"{'Step':<{names}}{'runs':>5} {'passed':<{METER + 6}}"
    head += f"{'median':>7}{'p95':>7} {'again':>6}"
    lasts = "  0 ━ median ─ p95" if room > len("  0 ━ median ─ p95") else ""
    yield assemble((head, "strong"), (lasts, "muted"))
    longest = max((each.p95 or 0.0 for each in shown), default=0.0) or 1.0
    for each in shown:
        yield _step(each, names, room, longest)
    idle = [each for each in stats.steps if not (each.runs or each.skipped)]
    if idle:
        numbers = ", ".join(each.name.partition(" ")[0] for each in idle)
        yield assemble((f"Never begun: {numbers}", "muted"))


def _step(step: StepStats, names: int, room: int, longest: float) -> Content:
    name = cut(sanitize.line(step.name), names - 1)
    name += " " * (names - cell_len(name))
    passed = step.pass_rate
    role: Role = "muted" if passed is None else "good" if passed == ALWAYS else "warn"
    bar = chart.meter(passed, 1.0, METER)
    words = rate(passed).replace(".0%", "%")
    parts: list[tuple[str, Role]] = [
        (name, "plain"),
        (f"{step.runs:>5} ", "plain"),
        (f"{bar} {words:<5}", role),
        (f"{lasting(step.median):>7}{lasting(step.p95):>7} ", "plain"),
        (f"{step.retries or '':>6}", "warn"),
    ]
    lasted = _lasted(step, room - 2, longest)
    parts += [("  ", "plain"), *lasted]
    if step.skipped or step.overridden:
        marks = [f"{step.skipped}–"] * bool(step.skipped)
        marks += [f"{step.overridden}◆"] * bool(step.overridden)
        parts.append((" " + " ".join(marks), "warn"))
    return assemble(*parts)


def _lasted(step: StepStats, room: int, longest: float) -> list[tuple[str, Role]]:
    """How long it takes, on one scale for all: the median, and on to the 95th."""
    if step.median is None or step.p95 is None or room < METER:
        return []
    half = max(1, round(step.median / longest * (room - METER)))
    rest = max(0, round(step.p95 / longest * (room - METER)) - half)
    return [("━" * half, "accent"), ("─" * rest, "muted")]


def _afterwards(stats: Stats) -> Iterator[Content]:
    """What is passed over most, and what should be said otherwise."""
    if stats.skipped_most:
        yield Content("")
        yield assemble(("Skipped most  –", "strong"))
        for step in stats.skipped_most:
            yield assemble((f"  {step.name}, in {step.skipped} runs", "plain"))
    off = [step for step in stats.steps if step.off is not None]
    if off:
        yield Content("")
        yield assemble(("What expect says is off", "strong"))
    for step in off:
        assert step.off is not None
        usual = in_words(step.off.usual)
        yield assemble(
            (f"  {step.name}: it says {step.off.said}, and usually takes ", "plain"),
            (usual, "warn"),
            ("; write ", "plain"),
            (f'expect = "{step.off.better}"', "command"),
        )
