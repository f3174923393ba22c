"""Lines of the health panel: figures of probes, triggers, steps and the machine."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.health.trigger import Meter
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.presenters.charts import meter
from mobius_tui.tui.presenters.health_view import MachineView, ProbeView, StepSpan
from mobius_tui.tui.presenters.styled_text import Role, assemble, cut_in_middle, text

OWN_LATENCY_LABELS = ("of our checks ", "ours ")
"""Labels of our own checks' percentiles; the longest that fits is taken."""


def format_ms(value: float | None) -> str:
    """Milliseconds, as short as can be."""
    return "–" if value is None else f"{value:.0f}"


def percentile_role(value: float | None, limit: float | None) -> Role:
    """How a latency shows beside the limit, both in milliseconds."""
    return (
        "warn" if value is not None and limit is not None and value > limit else "plain"
    )


def ok_share_text(probe: ProbeView) -> tuple[str, Role]:
    """How many of the last checks were ok, and how that shows."""
    if probe.success is None:
        return "–", "muted"
    role: Role = "plain" if probe.success >= 0.995 else "warn"
    return f"{100 * probe.success:.0f}%", role


def percentile_texts(
    probe: ProbeView, label: str, names: Collection[str] = ("p50", "p95", "p99")
) -> list[tuple[str, Role]]:
    """The percentiles of the latency of our own checks.

    Args:
        probe: which.
        label: says that they are of our own checks; one of `OWN_LATENCY_LABELS`.
        names: which percentiles, of `p50`, `p95` and `p99`.
    """
    parts: list[tuple[str, Role]] = []
    before = f"  {label}"
    known = {"p50": probe.p50, "p95": probe.p95, "p99": probe.p99}
    for name in names:
        value = known[name]
        role = percentile_role(value, probe.limit)
        parts += [(f"{before}{name} ", "muted"), (f"{format_ms(value):<4}", role)]
        before = "  "
    return [*parts, (" ms", "muted")]


def first_fitting(found: Iterable[Content], width: int) -> Content:
    """The first of several texts that fits, or else the last."""
    shown = Content("")
    for shown in found:
        if shown.cell_length <= width:
            break
    return shown


def reported_by_service(probe: ProbeView, width: int) -> Iterator[Content]:
    """A line of the p95 and error rate that a service itself reports.

    None where it reports nothing.
    """
    parts: list[tuple[str, Role]] = []
    if probe.reported_p95 is not None:
        role = percentile_role(probe.reported_p95, probe.limit)
        parts += [("  p95 ", "muted"), (f"{format_ms(probe.reported_p95)} ms", role)]
    if probe.reported_errors is not None:
        errors = f"{100 * probe.reported_errors:.3g}%"
        parts += [("  errors ", "muted"), (errors, "plain")]
    if parts:
        yield assemble(("reported", "muted"), *parts).truncate(width)


def last_ok_text(probe: ProbeView) -> str:
    """`last ok 23:14:02`."""
    if probe.last_ok is None:
        return "never ok so far"
    return time.strftime("last ok %H:%M:%S", time.localtime(probe.last_ok))


def bad_duration_text(probe: ProbeView) -> str:
    """`last ok 23:14:02, bad for 2:10`."""
    if probe.bad_for is None:
        return last_ok_text(probe)
    return f"{last_ok_text(probe)}, bad for {clock_duration(probe.bad_for)}"


def failure_text(probe: ProbeView, width: int) -> list[Content]:
    """`last ok 23:14:02, bad for 2:10 · refused`, in two lines where it is too long."""
    role: Role = "bad" if probe.state == "failing" else "warn"
    since = bad_duration_text(probe)
    reason = sanitize.line(probe.reason)
    if not reason:
        return [text(since, role)]
    if len(since) + len(reason) + 3 <= width:
        return [assemble((since, role), (f" · {reason}", role))]
    return [text(since, role), text(cut_in_middle(reason, max(8, width)), role)]


TRIGGER_ROLES: dict[str, Role] = {
    "calm": "muted",
    "near": "warn",
    "fired": "bad",
    "standing": "warn",
    "unknown": "warn",
}
TRIGGER_WORDS: dict[str, str] = {"fired": " FIRED", "standing": " (fired)"}
"""Words behind a trigger's meter: it has fired, or had fired and counts anew. They are
short, because the output above has few rows to spare."""
TRIGGER_GAP = Content("   ")


def trigger_lines(meters: Sequence[Meter], width: int) -> list[Content]:
    """The meters of triggers, as many on a line as fit.

    Args:
        meters: one for each probe and rule.
        width: cells of a line.
    """
    several = len({meter.probe for meter in meters}) > 1
    lines: list[Content] = []
    for each in meters:
        shown = _meter(each, several=several)
        if (
            lines
            and lines[-1].cell_length + len(TRIGGER_GAP) + shown.cell_length <= width
        ):
            lines[-1] = TRIGGER_GAP.join([lines[-1], shown])
        else:
            lines.append(shown)
    return lines


def _meter(meter: Meter, *, several: bool) -> Content:
    role = TRIGGER_ROLES[meter.state]
    filled = min(meter.count, meter.of)
    bar = "█" * filled + "░" * (meter.of - filled)
    name = f"{sanitize.line(meter.probe)} " if several else ""
    return assemble(
        (f"{name}", "muted"),
        (f"{bar} ", role),
        (sanitize.line(meter.words), "plain" if meter.state == "calm" else role),
        (TRIGGER_WORDS.get(meter.state, ""), role),
    )


_BLANK = ""
_LINE = "─"


def step_marks(
    times: Sequence[float], spans: Sequence[StepSpan], width: int
) -> list[str]:
    """The row under a chart that shows when steps ran; empty if none ran in its time.

    Args:
        times: when each check of the chart began, the newest at its right edge.
        spans: the steps that ran, the earliest first.
        width: cells of the chart.
    """
    shown = [span for span in spans if span.overlaps(times)] if times else []
    cells = [_BLANK] * width
    places = [_columns(times, span, width) for span in shown]
    for span, place in zip(shown, places, strict=True):
        _draw(cells, span, *place)
    for span, place in zip(shown, places, strict=True):
        _name(cells, span, *place)
    return [cell or " " for cell in cells] if shown else []


def _columns(times: Sequence[float], span: StepSpan, width: int) -> tuple[int, int]:
    """The first and the last column of a span; the newest check is at the right."""
    last = len(times) - 1
    began = min(last, bisect_left(times, span.began))
    ended = last if span.ended is None else bisect_right(times, span.ended) - 1
    left = width - len(times)
    return left + began, left + max(began, ended)


def _draw(cells: list[str], span: StepSpan, first: int, last: int) -> None:
    """Draw a span where none is drawn yet."""
    bar = ["├", *_LINE * (last - first - 1), "┤" if span.ended is not None else "▶"]
    if first == last:
        bar = ["▲" if span.ended is not None else "▶"]
    for place, cell in enumerate(bar, first):
        cells[place] = cells[place] or cell


def _name(cells: list[str], span: StepSpan, first: int, last: int) -> None:
    """Write a span's name into it, or its number beside it, where it fits."""
    room = last - first - 1
    for words in (f" {span.number} {span.title} ", f" {span.number} ", span.number):
        start = first + 1 + (room - len(words)) // 2
        if len(words) <= room and _write_over(cells, words, start, over=_LINE):
            return
    for start in (last + 1, first - len(span.number)):
        if _write_over(cells, span.number, start, over=_BLANK):
            return


def _write_over(cells: list[str], words: str, start: int, *, over: str) -> bool:
    """Write text over cells that all hold one character; returns whether they did."""
    place = slice(start, start + len(words))
    if start < 0 or cells[place] != [over] * len(words):
        return False
    cells[place] = words
    return True


MACHINE_METER_CELLS = 10
"""Cells of a meter."""
HIGH_USAGE_PERCENT = 90.0
"""Per cent from which a figure of the machine is marked."""


def _figures_of(machine: MachineView) -> tuple[tuple[str, float | None], ...]:
    return (("cpu", machine.cpu), ("mem", machine.memory), ("disk", machine.disk))


def _load(machine: MachineView) -> str:
    return "–" if machine.load is None else f"{machine.load:.2f}"


def machine_lines(machine: MachineView, width: int, *, stacked: bool) -> list[Content]:
    """The lines of the machine: its figures, then its processes and services.

    Those that should run and do not come first.

    Args:
        machine: what is known of it.
        width: cells of a line.
        stacked: whether each figure has a line of its own, for a narrow panel.
    """
    counts = [
        *process_and_service_texts(machine, well=False),
        *process_and_service_texts(machine, well=True),
    ]
    if stacked:
        meters = [_machine_meter(name, value) for name, value in _figures_of(machine)]
        load = assemble(("load  ", "muted"), (_load(machine), "plain"))
        return [*meters, load, *counts]
    rows = [machine_figures(machine, "   ")]
    for each in counts:
        row = Content("    ").join([rows[-1], each])
        if row.cell_length <= width:
            rows[-1] = row
        else:
            rows.append(each)
    return rows


def process_and_service_texts(machine: MachineView, *, well: bool) -> list[Content]:
    """The processes and services that are as they should be, or that are not."""
    return [
        *(_count(name, n) for name, n in machine.processes if bool(n) is well),
        *(
            _service(name, said)
            for name, said in machine.services
            if (said == "active") is well
        ),
    ]


def machine_figures(machine: MachineView, gap: str) -> Content:
    """CPU, memory, disk and load in a row."""
    parts: list[tuple[str, Role]] = []
    for name, value in _figures_of(machine):
        parts += [
            (f"{name} ", "muted"),
            (f"{_percent(value)}{gap}", _usage_role(value)),
        ]
    return assemble(*parts, ("load ", "muted"), (_load(machine), "plain"))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}%"


def _usage_role(value: float | None) -> Role:
    return "warn" if value is not None and value >= HIGH_USAGE_PERCENT else "plain"


def _machine_meter(name: str, value: float | None) -> Content:
    role: Role = "warn" if _usage_role(value) == "warn" else "accent"
    return assemble(
        (f"{name:<5} ", "muted"),
        (meter(value, 100.0, MACHINE_METER_CELLS), role),
        (f"  {_percent(value)}", _usage_role(value)),
    )


def _count(name: str, count: int) -> Content:
    """How many processes match."""
    glyph: tuple[str, Role] = ("● ", "good") if count else ("✖ ", "bad")
    return assemble(glyph, (name[:24], "plain"), (f" {count}", "plain"))


def _service(name: str, state: str) -> Content:
    """The text for the state of a unit."""
    glyph: tuple[str, Role] = ("● ", "good") if state == "active" else ("✖ ", "bad")
    said = sanitize.line(f"{name[:24]} {state[:16]}")
    return assemble(glyph, (said, "plain"))
