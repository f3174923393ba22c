"""A run as SVG pictures: its timeline, and the latency of each probe. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mobius_tui.review import report_wording
from mobius_tui.review.check_slices import slice_state
from mobius_tui.review.formats.html_markup import Markup, joined, tag
from mobius_tui.review.run_report import (
    DeviationKind,
    ReportAttempt,
    ReportPhase,
    ReportProbe,
    ReportStep,
    RunReport,
    TimelineEntry,
)
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.message_events import MessageSent
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import ChoiceMade
from mobius_tui.run.events.watch_events import RollbackBegan, TriggerFired
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.text.units import clock_duration

WIDTH = 960.0
"""Width of a picture, in SVG user units, as all sizes here."""
GUTTER = 170.0
"""Width of the column of names, left of the time."""
LANE = 26.0
"""Height of a lane of the timeline."""
BAR = 14.0
"""Height of the bar of an attempt."""
CHART = 90.0
"""Height of a chart of latencies."""
AXIS = 22.0
"""Height of the axis with its times."""
TICKS = 8
"""The most times on an axis."""
TICK_INTERVALS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    43200,
)
"""Seconds between two of them; days, where the last is too short."""
DAY = 86400
LABEL = 14.0
"""Height of a label of the vertical axis, with the space to the next."""
MAX_NAME_CHARACTERS = 24
"""Characters of a name that fit into the gutter."""
COLOUR_CLASSES: Mapping[DeviationKind, str] = {
    Status.PASSED: "ok",
    Status.RECOVERED: "ok",
    Status.WARNED: "warn",
    Status.OVERRIDDEN: "warn",
    Status.UNDONE: "warn",
    Status.SKIPPED: "warn",
    "retried": "warn",
    Status.RUNNING: "warn",
    Status.UNKNOWN: "unknown",
    Status.PENDING: "muted",
    Status.WAITING: "muted",
    Status.NOT_APPLICABLE: "muted",
}
"""The CSS class of a status; `bad` for one that is not in it."""
_PROBE = {"ok": "ok", "failed": "bad", "no data": "unknown", "none": "none"}
_MARKED: Mapping[type[Event], str] = {
    TriggerFired: "trigger fired",
    RollbackBegan: "rollback begins",
    ChoiceMade: "decided",
    NoteAdded: "note",
    MessageSent: "message sent",
}
"""Events that have a mark of their own."""


class Scale(Struct, frozen=True, kw_only=True):
    """The horizontal position of times in a picture."""

    began: float
    """The time at the left end, in seconds since 1970."""
    until: float
    """The time at the right end."""

    def x(self, at: float) -> float:
        """The x coordinate of a time, given in seconds since 1970."""
        whole = max(self.until - self.began, 1.0)
        part = min(1.0, max(0.0, (at - self.began) / whole))
        return GUTTER + part * (WIDTH - GUTTER - 10)

    def ticks(self) -> Iterator[float]:
        """The times that the axis labels, in seconds since 1970."""
        whole = self.until - self.began
        days = DAY * math.ceil(whole / DAY / TICKS)
        step = next((each for each in TICK_INTERVALS if whole / each < TICKS), days)
        for place in range(int(whole / step) + 1):
            yield self.began + step * place


def scale_of(report: RunReport) -> Scale:
    """The horizontal scale of a picture that spans the whole run."""
    began = report.began or 0.0
    return Scale(began=began, until=max(report.until or began, began + 1))


def timeline_picture(report: RunReport) -> Markup:
    """Phases, health and events over one clock."""
    scale = scale_of(report)
    lanes = [
        _phase(phase, scale) for phase in report.phases if _attempts_of_phase(phase)
    ]
    lanes += [_probe(probe, scale) for probe in report.health]
    lanes.append(_events(report, scale))
    height = len(lanes) * LANE + AXIS
    placed = [
        tag("g", lane, transform=f"translate(0 {place * LANE:.0f})")
        for place, lane in enumerate(lanes)
    ]
    return _picture(
        "timeline",
        "Timeline of the run",
        f"{len(lanes)} lanes from {report_wording.when(report.began)} to "
        f"{report_wording.when(report.until)}: "
        "a bar for each attempt at a step, by phase; "
        "health by probe; and what was triggered, decided and noted. "
        "The table of the timeline says the same.",
        height,
        _axis(scale, height - AXIS),
        *placed,
    )


def _picture(name: str, title: str, what: str, height: float, *parts: Markup) -> Markup:
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", what, id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        xmlns="http://www.w3.org/2000/svg",
    )


def _axis(scale: Scale, y: float) -> Markup:
    parts = []
    for at in scale.ticks():
        x = scale.x(at)
        parts.append(tag("line", x1=x, x2=x, y1=0.0, y2=y))
        after = f"+{clock_duration(at - scale.began)}"
        anchor = "end" if x > WIDTH - 60 else "middle"
        parts.append(
            tag("text", after, x=x, y=y + 15, text_anchor=anchor, class_="muted")
        )
    return joined(parts)


def _name(text: str) -> Markup:
    short = shortened(text, MAX_NAME_CHARACTERS)
    return tag("text", tag("title", text), short, x=4.0, y=LANE / 2 + 4)


def _attempts_of_phase(phase: ReportPhase) -> list[tuple[ReportStep, ReportAttempt]]:
    return [(step, attempt) for step in phase.steps for attempt in step.tries]


def _phase(phase: ReportPhase, scale: Scale) -> Markup:
    bars = [_bar(step, attempt, scale) for step, attempt in _attempts_of_phase(phase)]
    return joined([_name(f"{phase.number} {phase.title}"), *bars])


def _bar(step: ReportStep, attempt: ReportAttempt, scale: Scale) -> Markup:
    role = COLOUR_CLASSES.get(attempt.status, "bad")
    x = scale.x(attempt.started)
    end = scale.x(attempt.ended if attempt.ended is not None else scale.until)
    title = f"{step.number} {step.title}, attempt {attempt.number}"
    label = f"{title}: {report_wording.attempt(attempt)}"
    y = (LANE - BAR) / 2
    parts = [
        tag("title", label),
        tag("rect", x=x, y=y, width=max(3.0, end - x), height=BAR, class_=role),
    ]
    if role in ("bad", "unknown"):
        mark = "✖" if role == "bad" else "?"
        parts.append(tag("text", mark, x=x - 1, y=y, class_=f"mark {role}"))
    return tag("g", *parts)


def _probe(probe: ReportProbe, scale: Scale) -> Markup:
    parts = [_name(probe.title)]
    ends = [beat.at for beat in probe.beats[1:]] + [scale.until]
    for beat, until in zip(probe.beats, ends, strict=False):
        state = slice_state(beat)
        x = scale.x(beat.at)
        parts.append(
            tag(
                "rect",
                tag(
                    "title",
                    f"{report_wording.time_of_day(beat.at)} {probe.title}: {state}",
                ),
                x=x,
                y=9.0 if state == "ok" else 4.0,
                width=max(1.0, scale.x(until) - x),
                height=8.0 if state == "ok" else 18.0,
                class_=_PROBE[state],
            )
        )
    return joined(parts)


def _events(report: RunReport, scale: Scale) -> Markup:
    marks = [_mark(each, scale) for each in report.timeline if each.event in _MARKED]
    return joined([_name("Events"), *marks])


def _mark(each: TimelineEntry, scale: Scale) -> Markup:
    bad = each.event in (TriggerFired, RollbackBegan)
    label = f"{report_wording.time_of_day(each.at)} {_MARKED[each.event]}: {each.text}"
    return tag(
        "text",
        tag("title", label),
        "▼" if bad else "◆",
        x=scale.x(each.at),
        y=LANE / 2 + 4,
        text_anchor="middle",
        class_="mark bad" if bad else "mark",
    )


def latency_picture(probe: ReportProbe, report: RunReport, index: int) -> Markup:
    """A bar chart of the longest latency of a probe in each slice of time.

    Args:
        probe: the probe.
        report: the report of the run.
        index: a number that makes the picture's id unique in the page.
    """
    scale, top = scale_of(report), report_wording.chart_top(probe)
    ends = [beat.at for beat in probe.beats[1:]] + [scale.until]
    parts = []
    for beat, until in zip(probe.beats, ends, strict=False):
        state = slice_state(beat)
        x = scale.x(beat.at)
        high = (
            (beat.ms or 0.0) / top * CHART
        )  # a check may fail soon, or with no answer
        if state == "failed":
            parts.append(tag("text", "✖", x=x, y=9.0, class_="mark bad"))
        over = probe.limit_ms is not None and (beat.ms or 0.0) > probe.limit_ms
        role = "warn" if over and state == "ok" else _PROBE[state]
        time_of_day = report_wording.time_of_day(beat.at)
        label = f"{time_of_day}: {state}, {report_wording.ms(beat.ms)}"
        parts.append(
            tag(
                "rect",
                tag("title", label),
                x=x,
                y=12 + CHART - max(high, 1.0),
                width=max(1.0, scale.x(until) - x - 0.5),
                height=max(high, 1.0),
                class_=role,
            )
        )
    parts += list(_levels(probe, top))
    return _picture(
        f"latency-{index}",
        f"Latency of {probe.title}",
        f"The longest answer in each slice of time, up to {top:.0f} ms; "
        f"P95 of our checks {report_wording.ms(probe.p95_ms)}; "
        f"longest time failing {report_wording.outage(probe)}.",
        CHART + 12 + AXIS,
        _axis(scale, CHART + 12),
        *parts,
    )


def _levels(probe: ReportProbe, top: float) -> Iterator[Markup]:
    """The labels of the vertical axis, and the line of the trigger's limit."""
    is_above = probe.limit_ms is not None and probe.limit_ms > top
    top_y = 12.0 + LABEL if is_above else 20.0
    yield tag("text", f"{top:.0f} ms", x=4.0, y=top_y, class_="muted")
    yield tag("text", "0 ms", x=4.0, y=12 + CHART, class_="muted")
    if probe.limit_ms is not None and is_above:
        label = f"limit {probe.limit_ms:.0f} ms, above"
        yield tag("text", label, x=GUTTER - 8, y=10.0, text_anchor="end")
    elif probe.limit_ms is not None:
        y = 12 + CHART - probe.limit_ms / top * CHART
        yield tag("line", x1=GUTTER, x2=WIDTH - 10, y1=y, y2=y, class_="limit")
        label = f"limit {probe.limit_ms:.0f} ms"
        yield tag("text", label, x=GUTTER - 8, y=y + 4, text_anchor="end")
