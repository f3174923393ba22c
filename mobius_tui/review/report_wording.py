"""Wording shared by all report formats (Markdown, HTML, JUnit). Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from mobius_tui.review.check_slices import slice_state
from mobius_tui.review.run_report import (
    Annotation,
    Measure,
    ReportAttempt,
    ReportProbe,
    ReportStep,
    RunReport,
)
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.runbook.model.step_text import (
    EFFECT_LABELS,
    HOME_ON_HOSTS,
    survivors_in_words,
)
from mobius_tui.runbook.text.units import (
    clock_duration,
    duration_in_words,
    measured_duration,
    size_in_words,
)

NO_VALUE_SIGN = "–"
"""Stands for a value that there is not."""
MEASURED_LATENCIES = ("P50 of our checks", "P95 of our checks")
"""Titles of the percentiles that our own probes measured; figures reported by the
service have other titles.
"""
NO_DEVIATIONS = (
    "None: no attempt went wrong, on no host, and nothing was made again, undone, "
    "skipped, overridden or out of order."
)
MAX_LIMIT_RATIO = 2.0
"""A chart grows to its limit if that is at most this many times its own top."""
_RISING = "▁▂▃▄▅▆▇█"


def when(at: float | None) -> str:
    """A date and a time, in UTC."""
    if at is None:
        return NO_VALUE_SIGN
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def time_of_day(at: float | None) -> str:
    """A time of day, in UTC."""
    if at is None:
        return NO_VALUE_SIGN
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def column_duration(seconds: float | None) -> str:
    """A duration for a column; with a minus for one below 0: before the trigger."""
    if seconds is None:
        return NO_VALUE_SIGN
    return "-" * (seconds < 0) + measured_duration(abs(seconds))


def headline(report: RunReport) -> str:
    """The headline of a report: the runbook's title, and the environment."""
    where = f" in {report.environment}" if report.environment else ""
    return f"{report.title or report.run}{where}"


def outcome(report: RunReport) -> str:
    """How the run ended, and why."""
    return f"{report.outcome}: {report.reason}" if report.reason else report.outcome


def facts(report: RunReport) -> Iterator[tuple[str, str]]:
    """What, where, who and when; each with its label."""
    yield "Outcome", outcome(report)
    for place, words in enumerate(report.drill):
        yield "" if place else "Drill", words
    yield "Run", report.run
    yield "Runbook", f"{report.title} ({report.runbook})"
    yield "Mode", report.mode or NO_VALUE_SIGN
    if report.environment:
        guard = ", protected" if report.protected else ""
        yield "Environment", f"{report.environment}{guard}"
    if report.profile:
        yield "Profile", report.profile
    steps = (step for phase in report.phases for step in phase.steps)
    on_hosts = any(each.hosts for step in steps for each in step.tries)
    there = f"; of steps on hosts, {HOME_ON_HOSTS}" * on_hosts
    yield "Directory", (report.workdir or NO_VALUE_SIGN) + there
    yield "Begun by", report.operator or NO_VALUE_SIGN
    yield "Began", when(report.began)
    yield "Ended", when(report.ended) if report.ended is not None else "not yet"
    yield "Steps", f"{report.done} of {report.applicable} that apply are done"


def verification_facts(report: RunReport) -> Iterator[tuple[str, str]]:
    """The digests and counts by which a report can be verified against its run."""
    yield "Journal", f"{report.events} events"
    yield "Head", report.head
    if report.said_head:
        yield "Head of what was said afterwards", report.said_head
    yield "Runbook's digest", report.sha256 or NO_VALUE_SIGN
    for name, digest in report.files.items():
        yield f"Its file {name}", digest
    if report.damage:
        yield "Verification", "NOT as it was written; see the top of this report"
    else:
        words = "consistent in itself; as it was written if its head, kept elsewhere"
        yield "Verification", f"{words}, is the one above"
    for place, words in enumerate(report.places):
        yield "" if place else "Run by", words


def beside_last_drill(measure: Measure) -> str:
    """A measure compared with the last drill: `0:12 longer`, `the same`."""
    if measure.after is None or measure.last is None:
        return NO_VALUE_SIGN
    more = measure.after - measure.last
    if abs(more) < 1:
        return "the same"
    return f"{clock_duration(abs(more))} {'longer' if more > 0 else 'shorter'}"


def counted_from(report: RunReport) -> str:
    """What the measures are counted from: the trigger, or the beginning of the run."""
    if report.since_trigger:
        return "since the trigger fired"
    return "since the run began: no trigger led to what was done"


OUTAGE_HEAD = ("Trigger fired at (UTC)", "Healthy again", "After", "Why")
"""The captions of the table of outages."""


def outage_rows(report: RunReport) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the table of outages; what is told by none of them is empty."""
    for own in report.outages:
        took = own.restored - own.fired if own.restored is not None else None
        during = f"; it began while {own.during} ran" if own.during else ""
        healthy = time_of_day(own.restored) if own.restored is not None else "not yet"
        yield (
            time_of_day(own.fired),
            healthy,
            column_duration(took),
            f"{own.reason}{during}",
        )


def step_labels(step: ReportStep) -> Iterator[str]:
    """The labels of a step: its kind, its effect, `gate`, `optional`."""
    yield step.kind
    if step.kind == "run":
        yield EFFECT_LABELS[step.effect]
    if step.gate:
        yield "gate"
    if step.optional:
        yield "optional"


def attempt(own: ReportAttempt) -> str:
    """An attempt in a line: who, when, how long, and how it ended."""
    parts = [
        f"{own.status}, by {own.by}",
        f"{time_of_day(own.started)} to {time_of_day(own.ended)}",
    ]
    if own.took is not None:
        parts.append(duration_in_words(own.took))
    if own.exit is not None:
        parts.append(own.exit_words)
    if own.reason and own.reason != own.exit_words:
        parts.append(own.reason)
    if own.note:
        parts.append(f"note: {own.note}")
    if own.left:
        parts.append(survivors_in_words(own.left))
    if own.ended_with:
        parts.append(f"ended with the script: {', '.join(own.ended_with)}")
    return "; ".join(parts)


def output_extent(own: ReportAttempt) -> str:
    """How much of an attempt's output is shown: `the last 20 lines of 3 KiB`."""
    if not own.output:
        return "nothing printed"
    shown = f"the last {len(own.output)} lines" if len(own.output) > 1 else "its line"
    size = f" of {size_in_words(own.output_bytes)}" if own.output_bytes else ""
    return f"{shown}{size}"


def rate(fraction: float | None) -> str:
    """A fraction in per cent."""
    return NO_VALUE_SIGN if fraction is None else f"{fraction:.1%}"


def ms(value: float | None) -> str:
    """A latency as text, in milliseconds."""
    return NO_VALUE_SIGN if value is None else f"{value:.0f} ms"


def reported_figures_text(probe: ReportProbe) -> str:
    """The highest P95 and error rate that the service itself reported, as text."""
    parts = []
    if probe.reported_p95_ms is not None:
        parts.append(f"P95 {ms(probe.reported_p95_ms)}")
    if probe.reported_error_rate is not None:
        parts.append(f"errors {rate(probe.reported_error_rate)}")
    return ", ".join(parts) or NO_VALUE_SIGN


def outage(probe: ReportProbe) -> str:
    """The longest outage of a probe: when it began, and how long it was, as text."""
    if probe.outage is None:
        return "none"
    return f"{duration_in_words(probe.outage)} from {time_of_day(probe.outage_began)}"


def chart_top(probe: ReportProbe) -> float:
    """The latency at the top of a probe's picture, in milliseconds.

    A steady probe fills half of it, however fast it is; a limit that is far above all
    that was seen is not in it.
    """
    longest = max((beat.ms or 0.0 for beat in probe.beats), default=0.0)
    top = max(longest, 2 * (probe.p50_ms or 0.0), 1.0)
    limit = probe.limit_ms or 0.0
    return limit if top < limit <= MAX_LIMIT_RATIO * top else top


def sparkline(probe: ReportProbe, width: int) -> str:
    """The latencies of a probe as one line of characters.

    `✖` is a slice in which a check failed, `?` one without data, `·` one in which
    nobody looked.
    """
    peak = chart_top(probe)
    per = max(1, math.ceil(len(probe.beats) / width))
    cells = []
    for place in range(0, len(probe.beats), per):
        group = probe.beats[place : place + per]
        states = {slice_state(beat) for beat in group}
        top = max((beat.ms or 0.0 for beat in group), default=0.0)
        if "failed" in states:
            cells.append("✖")
        elif "ok" in states:
            cells.append(_RISING[min(7, int(top / peak * 8))])
        else:
            cells.append("?" if "no data" in states else "·")
    return "".join(cells)


def messages(report: RunReport) -> Iterator[tuple[str, str, str]]:
    """Each message once: its title, what became of it where, and its text."""
    texts: dict[tuple[str, str], list[str]] = {}
    for each in report.messages:
        where = f" to {each.channel}" if each.channel else ""
        fate = f"{each.state}{where} by {each.by} at {time_of_day(each.at)}"
        texts.setdefault((each.title, each.text), []).append(fate)
    for (title, text), fates in texts.items():
        yield title, "; ".join(fates), text


def drills_before(report: RunReport) -> str:
    """How many drills the measures are compared with, as text; empty for none."""
    if not report.drills:
        return ""
    return f"; {report.drills} drill{'s' * (report.drills > 1)} before it"


def annotation_subject(each: Annotation, report: RunReport) -> str:
    """The subject of an annotation: a step, a moment, a range of time, or the run."""
    if each.step:
        names = {step.id: f"{step.number} {step.title}" for step in report.steps()}
        return names.get(each.step, each.step)
    if each.since is None:
        return "the run"
    if each.until is None:
        return time_of_day(each.since)
    return f"{time_of_day(each.since)} to {time_of_day(each.until)}"


DECISION_HEAD = ("At (UTC)", "Step", "Decided", "By", "Why")
"""The captions of the table of decisions."""


def decision_rows(report: RunReport) -> Iterator[tuple[str, ...]]:
    """The rows of the table of decisions."""
    for own in report.decisions:
        chosen = ", ".join(own.chosen)
        yield time_of_day(own.at), own.name, chosen, own.by, own.reason


TIMELINE_HEAD = ("At (UTC)", "After", "By", "What")
"""The captions of the timeline."""


def timeline_rows(report: RunReport) -> list[tuple[str, ...]]:
    """The rows of the timeline; one in its middle says how many are left out."""
    rows: list[tuple[str, ...]] = [
        (time_of_day(own.at), f"+{column_duration(own.after)}", own.by, own.text)
        for own in report.timeline
    ]
    if report.left_out:
        note = f"{report.left_out} lines are left out here; the journal has them"
        rows.insert(len(rows) // 2, ("", "", "", note))
    return rows


VARIABLE_HEAD = ("Name", "Value", "From")
"""The captions of the table of variables."""


def variable_rows(report: RunReport) -> Iterator[tuple[str, ...]]:
    """The rows of the table of variables."""
    for own in report.variables:
        yield own.name, own.value, own.source


ACTION_ITEM_COLUMNS = ("Done", "What", "Owner", "Due", "Note")


def action_items(report: RunReport) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows of the table of action items, open and done."""
    for each in report.action_items:
        done = "yes" if each.done else "no"
        yield done, each.title, each.owner or "nobody", each.due, each.note


HOST_HEAD = ("Host", "State", "Batch", "Took", "Said")
"""The captions of the table of hosts."""
MAX_HOST_ROWS = 100
"""The most hosts in a table, the worst first."""


def host_rows(attempt: ReportAttempt) -> Iterator[tuple[str, ...]]:
    """The rows of the table of hosts."""
    for host in attempt.hosts[:MAX_HOST_ROWS]:
        state = f"{host.status} {host.exit}" if host.exit else str(host.status)
        took = "" if host.took is None else duration_in_words(host.took)
        said = ": ".join(filter(None, (host.reason, host.said)))
        yield host.name, state, str(host.batch or ""), took, said


def host_counts(attempt: ReportAttempt) -> str:
    """How many hosts have each status, and how many have no row in the table."""
    counts = Counter(host.status for host in attempt.hosts)
    words = ", ".join(f"{counts[each]} {each}" for each in HostStatus if counts[each])
    left_out = len(attempt.hosts) - MAX_HOST_ROWS
    more = f"; the last {left_out} are in the JSON form" if left_out > 0 else ""
    total = "1 host" if len(attempt.hosts) == 1 else f"{len(attempt.hosts)} hosts"
    return f"{total}: {words}{more}"
