"""The health panel: each probe's state and figures, a chart, and the machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui import sanitize
from mobius_tui.health.health_record import CheckState
from mobius_tui.health.probe_window import CHART_CHECKS
from mobius_tui.tui.presenters.charts import CHART_ROLES, chart_rows, chart_top_value
from mobius_tui.tui.presenters.glyphs import CONDITION_MARKS
from mobius_tui.tui.presenters.health_view import HealthView, ProbeView, StepSpan
from mobius_tui.tui.presenters.styled_text import (
    ROLE_STYLES,
    Role,
    assemble,
    cut_in_middle,
    text,
)
from mobius_tui.tui.widgets.health_figures import (
    OWN_LATENCY_LABELS,
    bad_duration_text,
    failure_text,
    first_fitting,
    format_ms,
    last_ok_text,
    machine_figures,
    machine_lines,
    ok_share_text,
    percentile_role,
    percentile_texts,
    process_and_service_texts,
    reported_by_service,
    step_marks,
    trigger_lines,
)

WIDE_CELLS = 60
"""Cells from which a probe's figures stand in one line."""
CHART_AXIS_CELLS = 6
"""Cells of a chart's scale."""
MAX_CHART_ROWS = 10
"""Rows of a chart at most, in a column beside others."""
FOLDED_REASON_CELLS = 28
"""Cells of a reason in the folded panel."""
MAX_HOST_REASON_LINES = 3
"""Lines that say why hosts are not well."""

CHART_STATES: dict[CheckState, str] = {"ok": "ok", "failed": "bad", "no data": "none"}
"""What the chart calls the states of checks."""


def health_lines(
    health: HealthView, *, width: int, height: int | None, compact: bool
) -> list[Content]:
    """The lines of the panel.

    Args:
        health: what there is to say.
        width: cells.
        height: rows; none for as many as it would like.
        compact: whether there is room for two rows alone.
    """
    if compact:
        return muted_if_unwatched(health, _two_lines(health, width))
    upright = width < WIDE_CELLS
    charts = _chart_height(health, height, upright)
    found = _all_lines(health, width, charts)
    spare = 0 if height is None or upright else height - len(found)
    if spare > 0 and (charted := _charted(health)):
        taller = charts + spare // len(charted)
        found = _all_lines(health, width, taller)
    return muted_if_unwatched(health, found)


@lru_cache(maxsize=2)
def _all_lines(health: HealthView, width: int, charts: int) -> tuple[Content, ...]:
    """Everything, with charts of so many rows.

    Cached, as it is called twice for each view: for the height, and to draw it.
    """
    found: list[Content] = []
    upright = width < WIDE_CELLS
    for probe in _charted(health):
        if not probe.latencies:
            found.append(assemble(*_probe_heading(probe, word=False)))
            continue
        rows = (
            _figures_in_lines(probe, width)
            if upright
            else [_figures_in_row(probe, width)]
        )
        found.extend(rows)
        found.extend(reported_by_service(probe, width))
        if probe.state != "ok":
            found.extend(failure_text(probe, width))
        found.extend(_chart(probe, width, charts))
        found.extend(_steps(probe, health.spans, width))
        if upright:
            found.append(Content(""))
    found.extend(_host_lines(health, width))
    found.extend(trigger_lines(health.meters, width))
    if not health.probes:
        found.append(text("This runbook watches nothing.", "muted"))
    if health.machine is not None:
        found.extend(machine_lines(health.machine, width, stacked=upright))
    return tuple(found)


def _charted(health: HealthView) -> list[ProbeView]:
    """The probes that have a chart: all but those of hosts."""
    return [probe for probe in health.probes if not probe.is_of_hosts]


_WORST_FIRST = ("failing", "unknown", "ok")


def _host_lines(health: HealthView, width: int) -> Iterator[Content]:
    """A line for each probe of hosts, the worst first, and why it is not well.

    Where that is too narrow for the line, it is two.
    """
    found = [probe for probe in health.probes if probe.is_of_hosts]
    for probe in sorted(found, key=lambda each: _WORST_FIRST.index(each.state)):
        heading = _probe_heading(probe, word=bool(probe.latencies))
        fits = assemble(*heading).cell_length <= width
        rows = [heading] if fits else [heading[:-1], heading[-1:]]
        for row in rows:
            yield assemble(*row).truncate(width, ellipsis=True)
        if not probe.latencies or not probe.reason:
            continue
        role: Role = "bad" if probe.state == "failing" else "warn"
        yield text(bad_duration_text(probe), role)
        for why in sanitize.line(probe.reason).split("; ")[:MAX_HOST_REASON_LINES]:
            yield text(f"  {why}", role).truncate(width, ellipsis=True)


def muted_if_unwatched(health: HealthView, found: Iterable[Content]) -> list[Content]:
    """The lines, without colours if health is not watched any more."""
    if not health.unwatched:
        return list(found)
    return [Content.styled(line.plain, ROLE_STYLES["muted"]) for line in found]


def _chart_height(health: HealthView, height: int | None, upright: bool) -> int:
    """Rows for each chart."""
    many = len(_charted(health))
    if not upright:
        return 3 if many <= 1 else 1
    if height is None or many == 0:
        return 4
    return max(2, min(MAX_CHART_ROWS, (height - 8) // many - 5))


def _probe_heading(
    probe: ProbeView, *, word: bool = True, why: bool = False
) -> list[tuple[str, Role]]:
    """Glyph, name, the state as a word, and the HTTP status.

    Args:
        probe: which.
        word: whether its state stands there as a word.
        why: whether the reason stands in the place of an answer that did not come.
    """
    glyph, role = CONDITION_MARKS[probe.state]
    status = str(probe.http_status) if probe.http_status is not None else "no answer"
    if probe.has_check and probe.states[-1:] != ("no data",):
        status = "does not hold" if probe.reason else "holds"
    if why and probe.http_status is None and probe.reason:
        status = cut_in_middle(sanitize.line(probe.reason), FOLDED_REASON_CELLS)
    if probe.is_of_hosts:
        status = sanitize.line(probe.summary) or "no data"
    if probe.latencies == ():
        status = "not looked yet"
    return [
        (f"{glyph} {probe.id}", role if probe.state != "ok" else "strong"),
        (f"  {probe.state}" if word else "", role),
        (f"  {status}", role if probe.state == "failing" else "plain"),
    ]


def _figures_in_row(probe: ProbeView, width: int) -> Content:
    """All figures of a probe, or those that fit, each with its name."""
    success, role = ok_share_text(probe)
    now = "" if probe.ms is None else f"  {format_ms(probe.ms):>4} ms"
    figures = [percentile_texts(probe, ours) for ours in OWN_LATENCY_LABELS]
    fewer = (("p95", "p99"), ("p95",))
    figures += [
        *(percentile_texts(probe, OWN_LATENCY_LABELS[-1], names) for names in fewer),
        [],
    ]
    rows = (
        assemble(
            *_probe_heading(probe),
            (now, "plain"),
            *each,
            ("  ok ", "muted"),
            (success, role),
        )
        for each in figures
    )
    return first_fitting(rows, width).truncate(width, ellipsis=True)


def _figures_in_lines(probe: ProbeView, width: int) -> list[Content]:
    success, role = ok_share_text(probe)
    return [
        assemble(*_probe_heading(probe)),
        assemble(
            ("now ", "muted"),
            (f"{format_ms(probe.ms)} ms", "plain"),
            ("   ok ", "muted"),
            (success, role),
        ),
        first_fitting(
            (
                assemble(*percentile_texts(probe, ours))[2:]
                for ours in OWN_LATENCY_LABELS
            ),
            width,
        ).truncate(width),
    ]


def _chart(probe: ProbeView, width: int, height: int) -> Iterator[Content]:
    """The latencies as columns, with the limit drawn in and an axis beside them."""
    axis = CHART_AXIS_CELLS + 2
    room = _chart_width(width)
    states = [CHART_STATES[state] for state in probe.states[-room:]]
    newest = zip(probe.latencies[-room:], states, strict=True)
    latencies = [None if state == "bad" else ms for ms, state in newest]
    limit = probe.limit
    drawn = any(ms is not None for ms in latencies)
    scale = _seconds_or_ms(chart_top_value(latencies, limit)) if drawn else ""
    rows = chart_rows(latencies, states, width=room, height=height, limit=limit)
    for number, row in enumerate(rows):
        label = scale if number == 0 else "0" if number == len(rows) - 1 else ""
        edge = "┤" if label else "│"
        parts: list[tuple[str, Role]] = [(f"{label:>{axis - 2}} {edge}", "muted")]
        for role, cells in groupby(row, itemgetter(1)):
            characters = "".join(character for character, _ in cells)
            parts.append((characters, CHART_ROLES[role]))
        yield assemble(*parts)


def _chart_width(width: int) -> int:
    """Cells of a chart beside its axis."""
    return max(8, min(width - CHART_AXIS_CELLS - 2, CHART_CHECKS))


def _steps(
    probe: ProbeView, spans: Sequence[StepSpan], width: int
) -> Iterator[Content]:
    """Where steps ran that change something, under the chart."""
    room = _chart_width(width)
    cells = step_marks(probe.times[-room:], spans, room)
    if cells:
        yield assemble(
            (f"{'steps':>{CHART_AXIS_CELLS}}  ", "muted"), ("".join(cells), "accent")
        )


def _seconds_or_ms(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"


def _latest_figure(probe: ProbeView) -> list[tuple[str, Role]]:
    """The last good moment of what fails, and else how long it takes."""
    if probe.state == "failing":
        return [(f"  {last_ok_text(probe)}", "bad")]
    is_own_p95 = probe.reported_p95 is None
    p95 = probe.p95 if is_own_p95 else probe.reported_p95
    return [
        ("  " if probe.ms is None else f"  {format_ms(probe.ms)} ms  ", "plain"),
        (f"p95 {OWN_LATENCY_LABELS[0]}" if is_own_p95 else "p95 ", "muted"),
        (format_ms(p95), percentile_role(p95, probe.limit)),
    ]


def _two_lines(health: HealthView, width: int) -> list[Content]:
    """The worst news, and the machine."""
    worst = health.worst_probe
    found = [text("nothing is watched", "muted")]
    if worst is not None and not worst.latencies:
        found = [assemble(*_probe_heading(worst, word=False))]
    elif worst is not None:
        success, role = ok_share_text(worst)
        first = assemble(
            *_probe_heading(worst, word=worst.state != "failing", why=True),
            *_latest_figure(worst),
            ("  ok ", "muted"),
            (success, role),
        )
        if worst.is_of_hosts:
            first = assemble(*_probe_heading(worst, word=False))
        found = [first.truncate(width, ellipsis=True)]
    if health.machine is not None:
        line = machine_figures(health.machine, "  ")
        line = Content("  ").join(
            [*process_and_service_texts(health.machine, well=False), line]
        )
        found.append(line.truncate(width, ellipsis=True))
    return found


LOW_HEALTH_PANEL_ROWS = 3
"""Content rows in which there is room for the worst news alone."""


class HealthPanel(Widget, can_focus=True):
    """Shows health; its title has the worst news."""

    health: reactive[HealthView | None] = reactive(None, repaint=False)
    compact: reactive[bool] = reactive(False, layout=True)  # noqa: FBT003 - a default
    """Whether the screen is low: then it asks for two rows alone.

    Where it has more than `LOW_HEALTH_PANEL_ROWS` it fills them nevertheless.
    """

    _rows = 0
    """How many rows it would have liked when its health was last set."""

    def watch_health(self, health: HealthView | None) -> None:
        """Show the worst news in the border; lay out again only if the rows changed."""
        if health is None:
            return
        wanted = self._wanted_rows(self.size.width)
        self.refresh(layout=wanted != self._rows)
        self._rows = wanted
        role: Role = {"failing": "bad", "unknown": "warn", "ok": "good"}[
            health.worst_condition
        ]  # type: ignore[assignment]
        if health.has_ended or not health.probes:
            role = "muted"
        glyph = {"bad": "✖ ", "warn": "? ", "good": "● "}.get(role, "")
        self.border_title = assemble(
            ("Health · ", role), (f"{glyph}{health.news}", role)
        )
        parts: list[tuple[str, Role]] = (
            [(health.check_interval_text, "muted")]
            if health.check_interval_text
            else []
        )
        if health.armed is not None and not health.has_ended:
            word = "auto-rollback ARMED" if health.armed else "auto-rollback not armed"
            parts += [(" · ", "muted")] * bool(parts)
            parts.append((word, "warn" if health.armed else "muted"))
        self.border_subtitle = assemble(*parts) if parts else None
        failing = health.worst_condition == "failing" and not health.has_ended
        self.set_class(failing, "-failing")

    def render(self) -> RenderResult:
        """The lines that fit."""
        if self.health is None:
            return Content("")
        width, height = self.size
        found = health_lines(
            self.health,
            width=width,
            height=height or None,
            compact=self.compact and height <= LOW_HEALTH_PANEL_ROWS,
        )
        return Content("\n").join(found[: height or None])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as it would like."""
        del container, viewport
        return self._wanted_rows(width)

    def _wanted_rows(self, width: int) -> int:
        if self.health is None or width == 0:
            return 2
        found = health_lines(
            self.health, width=width, height=None, compact=self.compact
        )
        return max(1, len(found))
