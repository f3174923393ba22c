"""A run as Markdown, for a ticket or a page on GitHub. Pure.

Text of the run is escaped so that none of it is markup. Text of several lines is in a
fenced block, with a fence longer than any in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mobius_tui.review import report_wording
from mobius_tui.review.formats.markdown_text import (
    fenced_lines,
    markdown_line,
    quoted_prose,
    table_cell,
)
from mobius_tui.review.run_report import (
    ReportAttempt,
    ReportLook,
    ReportPhase,
    ReportStep,
    RunReport,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.prose.prose_model import Prose

SPARKLINE_CHARACTERS = 48
"""Characters of a line of latencies."""


def markdown_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; the texts of its cells are escaped here."""
    names = list(head)
    lines = [_row(names), _row("---" for _ in names)]
    lines += [_row(map(table_cell, row)) for row in rows]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_markdown(report: RunReport) -> str:
    """Render a report, with what matters most at the top."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def _blocks(report: RunReport) -> Iterator[str]:
    yield markdown_line("# {}", report_wording.headline(report))
    yield from _damage(report)
    yield markdown_table(("", ""), report_wording.facts(report))
    yield from _quoted(report.summary)
    yield from _deviations(report)
    yield from _measures(report)
    yield from _health(report)
    yield from _statements(report)
    yield from _timeline(report)
    yield "## Steps" if report.phases else ""
    for phase in report.phases:
        yield from _phase(phase)
    if report.variables:
        yield "## Variables at the end"
        yield markdown_table(
            report_wording.VARIABLE_HEAD, report_wording.variable_rows(report)
        )
    yield "## Proof"
    yield markdown_table(("", ""), report_wording.verification_facts(report))


def _damage(report: RunReport) -> Iterator[str]:
    if not report.damage:
        return
    head = "**This run is not as it was written.** This is what could be read of it."
    listed = [markdown_line("> - {}", each) for each in report.damage]
    yield "\n".join([f"> {head}", ">", *listed])


def _deviations(report: RunReport) -> Iterator[str]:
    yield "## Deviations"
    if not report.deviations:
        yield report_wording.NO_DEVIATIONS
        return
    rows = (
        (d.kind, d.name, report_wording.time_of_day(d.at), d.by, d.text)
        for d in report.deviations
    )
    yield markdown_table(("What", "Step", "At (UTC)", "By", "Why"), rows)


def _measures(report: RunReport) -> Iterator[str]:
    if not report.measures:
        return
    yield "## Times"
    drills = report_wording.drills_before(report)
    yield f"Counted {report_wording.counted_from(report)}{drills}."
    head = ["What", "At (UTC)", "After"]
    if report.drills:
        head += ["Last drill", "Best drill", "Against the last"]
    rows = []
    for each in report.measures:
        row = [
            each.title,
            report_wording.time_of_day(each.at),
            report_wording.column_duration(each.after),
        ]
        if report.drills:
            row += [
                report_wording.column_duration(each.last),
                report_wording.column_duration(each.best),
            ]
            row.append(report_wording.beside_last_drill(each))
        rows.append(row)
    yield markdown_table(head, rows)
    if report.outages:
        yield markdown_table(
            report_wording.OUTAGE_HEAD, report_wording.outage_rows(report)
        )


def _health(report: RunReport) -> Iterator[str]:
    if not report.health:
        return
    yield "## Health"
    figures = (
        *report_wording.MEASURED_LATENCIES,
        "Reported at most",
        "Longest time failing",
        "Latency",
    )
    head = ("Probe", "Checks", "Ok", *figures)
    rows = (
        (
            probe.title,
            str(probe.checks),
            report_wording.rate(probe.success_rate),
            report_wording.ms(probe.p50_ms),
            report_wording.ms(probe.p95_ms),
            report_wording.reported_figures_text(probe),
            report_wording.outage(probe),
            report_wording.sparkline(probe, SPARKLINE_CHARACTERS),
        )
        for probe in report.health
    )
    yield markdown_table(head, rows)
    yield (
        f"Latency from {report_wording.time_of_day(report.began)} to "
        f"{report_wording.time_of_day(report.until)}; "
        "✖ a check failed, ? no data, · nobody looked."
    )


def _statements(report: RunReport) -> Iterator[str]:
    """Decisions, messages, notes and annotations."""
    if report.decisions:
        yield "## Decisions"
        yield markdown_table(
            report_wording.DECISION_HEAD, report_wording.decision_rows(report)
        )
    if report.messages:
        yield "## Messages"
    for title, fate, text in report_wording.messages(report):
        yield markdown_line("**{}**, {}:", title, fate)
        yield fenced_lines(text.split("\n"))
    if report.notes:
        yield "## Notes"
        notes = (
            (report_wording.time_of_day(n.at), n.by, n.name, n.text)
            for n in report.notes
        )
        yield markdown_table(("At (UTC)", "By", "On", "Note"), notes)
    if report.annotations:
        yield "## Annotations"
        later = (
            (
                report_wording.annotation_subject(a, report),
                a.text,
                a.by,
                report_wording.when(a.written),
            )
            for a in report.annotations
        )
        yield markdown_table(("On", "Annotation", "By", "Written"), later)
    if report.action_items:
        yield "## Action items"
        yield markdown_table(
            report_wording.ACTION_ITEM_COLUMNS, report_wording.action_items(report)
        )


def _timeline(report: RunReport) -> Iterator[str]:
    if not report.timeline:
        return
    yield "## Timeline"
    yield markdown_table(
        report_wording.TIMELINE_HEAD, report_wording.timeline_rows(report)
    )


def _phase(phase: ReportPhase) -> Iterator[str]:
    aside = " (aside)" if phase.aside else ""
    yield markdown_line("### {}", f"{phase.number} {phase.title}{aside}")
    if not phase.entered:
        yield "Not entered."
        return
    yield from _quoted(phase.why, "Why:")
    for step in phase.steps:
        yield from _step(step)


def _quoted(prose: Prose, label: str = "") -> Iterator[str]:
    """A text of the runbook as a quote; nothing if it is empty."""
    if prose.text.strip():
        yield label
        yield quoted_prose(prose)


def _step(step: ReportStep) -> Iterator[str]:
    quiet = step.status in (Status.PASSED, Status.PENDING)
    status = str(step.status) if quiet else step.status.upper()
    title = f"{step.number} {step.title}"
    yield markdown_line(f"#### {{}} — {status}", title)
    about = ", ".join(report_wording.step_labels(step))
    yield markdown_line("{}", f"{about}; {step.reason}" if step.reason else about)
    yield from _quoted(step.why, "Why:")
    if isinstance(step.command, Prose):
        yield from _quoted(step.command)
    elif step.command:
        language = "sh" if step.program.startswith("bash") else "text"
        yield fenced_lines(step.command.split("\n"), language)
    if step.checks:
        yield "\n".join(markdown_line("- Check: {}", each) for each in step.checks)
    for attempt in step.tries:
        yield from _attempt_blocks(attempt)


def _attempt_blocks(attempt: ReportAttempt) -> Iterator[str]:
    yield markdown_line(
        f"**Attempt {attempt.number}**: {{}}", report_wording.attempt(attempt)
    )
    lines = [markdown_line("- {}", f"{g.name} = {g.value}") for g in attempt.given]
    lines += [_check_line(each) for each in attempt.looks]
    yield "\n".join(lines)
    if attempt.hosts:
        yield markdown_line("{}", report_wording.host_counts(attempt))
        yield markdown_table(
            report_wording.HOST_HEAD, report_wording.host_rows(attempt)
        )
    if attempt.output:
        yield f"Printed, {report_wording.output_extent(attempt)}:"
        yield fenced_lines(attempt.output)


def _check_line(check: ReportLook) -> str:
    held = "held" if check.held else "**did not hold**"
    return markdown_line(
        f"- {report_wording.time_of_day(check.at)} {held}: {{}}: {{}}",
        check.check,
        check.detail,
    )
