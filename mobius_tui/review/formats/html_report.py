"""A run as one page of HTML that needs nothing else: no script, no network. Pure."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator

from mobius_tui.review import report_wording
from mobius_tui.review.formats import svg_pictures
from mobius_tui.review.formats.html_markup import (
    STYLE_SHEET,
    Child,
    Markup,
    elements_as_lines,
    facts_table,
    html_table,
    joined,
    style_element,
    tag,
)
from mobius_tui.review.formats.markdown_text import PAGE_URL
from mobius_tui.review.formats.svg_pictures import COLOUR_CLASSES
from mobius_tui.review.run_report import (
    ReportAttempt,
    ReportPhase,
    ReportStep,
    RunReport,
)
from mobius_tui.runbook.prose.markdown import parse_markdown
from mobius_tui.runbook.prose.prose_model import (
    CodePart,
    Heading,
    HorizontalRule,
    ListItem,
    ListPart,
    Paragraph,
    Prose,
    ProseBody,
    ProseLine,
    ProsePart,
    ProseSpan,
    QuotePart,
    TablePart,
)


def html_texts(prose: Prose, label: str = "") -> Iterator[Markup]:
    """A text of a runbook as HTML, with its lists, code and tables; nothing for none.

    Only links that the author wrote become links, and their addresses are shown.
    """
    if prose.text.strip():
        if label:
            yield tag("p", label, class_="muted")
        yield tag("div", *_body(parse_markdown(prose)), class_="prose")


def _body(parts: ProseBody) -> Iterator[Markup]:
    return (_part(placed.part) for placed in parts)


def _part(part: ProsePart) -> Markup:
    match part:
        case Paragraph(rows):
            lines: list[Child] = []
            for row in rows:
                lines += ["\n"] * bool(lines) + [_row(row)]
            return tag("p", *lines)
        case Heading(_, row):
            return tag("p", tag("strong", _row(row)))
        case CodePart(rows):
            return tag("pre", "\n".join(rows))
        case ListPart(items):
            listed = [_item(item) for _, item in items]
            return tag("ul" if items[0][1].number is None else "ol", *listed)
        case QuotePart(inner):
            return tag("blockquote", *_body(inner))
        case TablePart(head, rows):
            names = (tag("th", _row(cell), scope="col") for cell in head)
            lines = [tag("tr", *(tag("td", _row(c)) for c in row)) for row in rows]
            top = tag("thead", tag("tr", *names))
            return tag("table", top, tag("tbody", *lines))
        case HorizontalRule():
            return tag("hr")


def _item(item: ListItem) -> Markup:
    """An item; it keeps its number, so that a gap in the numbers of a list stays."""
    number = None if item.number is None else str(item.number)
    return tag("li", *_body(item.body), value=number)


def _row(row: ProseLine) -> Markup:
    return joined(child for span in row for child in _span(span))


def _span(span: ProseSpan) -> Iterator[Child]:
    if span.kind != "plain":
        yield tag(span.kind, span.words)
    elif span.has_literal_address and PAGE_URL.fullmatch(span.address):
        yield tag("a", span.words, href=span.address, rel="noopener noreferrer")
    else:
        yield span.words
    if span.separate_address:
        yield f" ({span.separate_address})"


def phase_section(phase: ReportPhase) -> Markup:
    """A phase, and all of its steps."""
    aside = " (aside)" if phase.aside else ""
    heading = tag("h3", f"{phase.number} {phase.title}{aside}")
    if not phase.entered:
        return tag("div", heading, tag("p", "Not entered.", class_="muted"))
    return tag(
        "div", heading, *html_texts(phase.why, "Why:"), *map(_step_section, phase.steps)
    )


def _step_section(step: ReportStep) -> Markup:
    role = COLOUR_CLASSES.get(step.status, "bad")
    about = ", ".join(report_wording.step_labels(step))
    parts = [
        tag(
            "h4",
            f"{step.number} {step.title} ",
            tag("span", step.status, class_=f"status {role}"),
        ),
        tag("p", f"{about}; {step.reason}" if step.reason else about, class_="muted"),
    ]
    parts += html_texts(step.why, "Why:")
    if isinstance(step.command, Prose):
        parts += html_texts(step.command)
    elif step.command:
        parts.append(tag("pre", step.command))
    if step.checks:
        listed = (tag("li", f"Check: {each}") for each in step.checks)
        parts.append(tag("ul", *listed, class_="plain"))
    return tag("article", *parts, *map(_attempt_section, step.tries))


def _attempt_section(attempt: ReportAttempt) -> Markup:
    words = f": {report_wording.attempt(attempt)}"
    parts = [tag("p", tag("strong", f"Attempt {attempt.number}"), words)]
    lines = [tag("li", f"{given.name} = {given.value}") for given in attempt.given]
    lines += [
        tag(
            "li",
            f"{report_wording.time_of_day(check.at)} ",
            "held" if check.held else tag("strong", "did not hold", class_="bad"),
            f": {check.check}: {check.detail}",
        )
        for check in attempt.looks
    ]
    if lines:
        parts.append(tag("ul", *lines, class_="plain"))
    if attempt.hosts:
        counts = report_wording.host_counts(attempt)
        parts.append(tag("p", counts, class_="muted"))
        rows = report_wording.host_rows(attempt)
        parts.append(html_table("Hosts", report_wording.HOST_HEAD, rows))
    if attempt.output:
        parts.append(
            tag(
                "p",
                f"Printed, {report_wording.output_extent(attempt)}:",
                class_="muted",
            )
        )
        parts.append(tag("pre", "\n".join(attempt.output)))
    return tag("div", *parts)


_DIGEST = b64encode(hashlib.sha256(STYLE_SHEET.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'"
)
"""What a browser may do with it: apply this very style sheet, and nothing else."""

ReportSection = tuple[str, str, list[Markup]]
"""An id, a title, and what stands under it."""


def as_html(report: RunReport) -> str:
    """Render a report, with what matters most at the top."""
    sections = [section for section in _sections(report) if section[2]]
    head = [
        Markup('<!DOCTYPE html>\n<html lang="en">\n<head>'),
        tag("meta", charset="utf-8"),
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content=CONTENT_SECURITY_POLICY,
        ),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"Report: {report_wording.headline(report)}"),
        style_element(STYLE_SHEET),
        Markup("</head>\n<body>"),
    ]
    listed = [tag("li", tag("a", t, href=f"#{name}")) for name, t, _ in sections]
    body = [
        tag("header", tag("h1", report_wording.headline(report)), *_damage(report)),
        tag("nav", tag("ul", *listed), aria_label="Contents"),
        Markup("<main>"),
        *(part for section in sections for part in _section(section)),
        Markup("</main>"),
        tag("footer", tag("p", f"Run {report.run}, journal head {report.head}")),
        Markup("</body>\n</html>\n"),
    ]
    return elements_as_lines([*head, *body])


def _section(section: ReportSection) -> Iterator[Markup]:
    name, title, parts = section
    yield Markup(f'<section aria-labelledby="{name}">')
    yield tag("h2", title, id=name)
    yield from parts
    yield Markup("</section>")


def _damage(report: RunReport) -> Iterator[Markup]:
    if report.damage:
        yield tag(
            "div",
            tag("p", tag("strong", "This run is not as it was written.")),
            tag("p", "What follows is what could be read."),
            tag("ul", *(tag("li", each) for each in report.damage)),
            class_="damage",
            role="alert",
        )


def _sections(report: RunReport) -> Iterator[ReportSection]:
    yield (
        "summary",
        "Summary",
        [facts_table(report_wording.facts(report)), *html_texts(report.summary)],
    )
    yield "deviations", "Deviations", [_deviations(report)]
    yield "times", "Times", _measures(report)
    yield "pictures", "The run in pictures", _pictures(report)
    yield "health", "Health", _health(report)
    yield "decisions", "Decisions", _decisions(report)
    yield "messages", "Messages", _messages(report)
    yield "notes", "Notes and annotations", _notes(report)
    yield "actions", "Action items", _action_items(report)
    yield "timeline", "Timeline", _timeline(report)
    yield "steps", "Steps", [phase_section(phase) for phase in report.phases]
    yield "variables", "Variables at the end", _variables(report)
    yield (
        "proof",
        "Proof",
        [facts_table(report_wording.verification_facts(report))],
    )


def _deviations(report: RunReport) -> Markup:
    if not report.deviations:
        return tag("p", report_wording.NO_DEVIATIONS)
    body = (
        (
            report_wording.time_of_day(d.at),
            tag(
                "span",
                d.kind,
                class_=f"status {svg_pictures.COLOUR_CLASSES.get(d.kind, 'bad')}",
            ),
            d.name,
            d.by,
            d.text,
        )
        for d in report.deviations
    )
    head = ("At (UTC)", "What", "Step", "By", "Why")
    return html_table("Deviations", head, body, time_columns=1)


def _measures(report: RunReport) -> list[Markup]:
    if not report.measures:
        return []
    drills = report_wording.drills_before(report)
    head = ["At (UTC)", "After", "What"]
    head += ["Last drill", "Best drill", "Against the last"] if report.drills else []
    body: list[list[Child]] = []
    for each in report.measures:
        row = [
            report_wording.time_of_day(each.at),
            report_wording.column_duration(each.after),
            each.title,
        ]
        if report.drills:
            row += [
                report_wording.column_duration(each.last),
                report_wording.column_duration(each.best),
            ]
            row.append(report_wording.beside_last_drill(each))
        body.append([*row])
    return [
        tag(
            "p",
            f"Counted {report_wording.counted_from(report)}{drills}.",
            class_="muted",
        ),
        html_table("Times", head, body, time_columns=2),
        *(
            [
                html_table(
                    "Outages",
                    report_wording.OUTAGE_HEAD,
                    report_wording.outage_rows(report),
                    time_columns=3,
                )
            ]
            if report.outages
            else []
        ),
    ]


def _pictures(report: RunReport) -> list[Markup]:
    if report.began is None:
        return []
    return [_figure(svg_pictures.timeline_picture(report), "Timeline of the run")] + [
        _figure(
            svg_pictures.latency_picture(probe, report, place),
            f"Latency of {probe.title}",
        )
        for place, probe in enumerate(report.health)
    ]


def _figure(picture: Markup, words: str) -> Markup:
    scrolled = tag(
        "div", picture, class_="scroll", role="region", aria_label=words, tabindex="0"
    )
    return tag("figure", tag("figcaption", words), scrolled)


def _health(report: RunReport) -> list[Markup]:
    head = (
        "Probe",
        "Checks",
        "Ok",
        "Failed",
        "No data",
        "Success",
        *report_wording.MEASURED_LATENCIES,
    )
    body = (
        (
            p.title,
            str(p.checks),
            str(p.ok),
            str(p.failed),
            str(p.no_data),
            report_wording.rate(p.success_rate),
            report_wording.ms(p.p50_ms),
            report_wording.ms(p.p95_ms),
            report_wording.reported_figures_text(p),
            report_wording.outage(p),
        )
        for p in report.health
    )
    return (
        [
            html_table(
                "Health", (*head, "Reported at most", "Longest time failing"), body
            )
        ]
        if report.health
        else []
    )


def _decisions(report: RunReport) -> list[Markup]:
    head, body = report_wording.DECISION_HEAD, report_wording.decision_rows(report)
    return (
        [html_table("Decisions", head, body, time_columns=1)]
        if report.decisions
        else []
    )


def _messages(report: RunReport) -> list[Markup]:
    found = []
    for title, fate, text in report_wording.messages(report):
        found.append(tag("p", tag("strong", title), f", {fate}"))
        found.append(tag("pre", text))
    return found


def _notes(report: RunReport) -> list[Markup]:
    body = [
        (report_wording.time_of_day(n.at), n.by, n.name or "the run", n.text)
        for n in report.notes
    ]
    body += [
        (
            report_wording.when(a.written),
            a.by,
            report_wording.annotation_subject(a, report),
            f"annotation: {a.text}",
        )
        for a in report.annotations
    ]
    head = ("Written (UTC)", "By", "On", "Note")
    return (
        [html_table("Notes and annotations", head, body, time_columns=1)]
        if body
        else []
    )


def _action_items(report: RunReport) -> list[Markup]:
    body = list(report_wording.action_items(report))
    return (
        [html_table("Action items", report_wording.ACTION_ITEM_COLUMNS, body)]
        if body
        else []
    )


def _timeline(report: RunReport) -> list[Markup]:
    head, body = report_wording.TIMELINE_HEAD, report_wording.timeline_rows(report)
    return [html_table("Timeline", head, body, time_columns=2)] if body else []


def _variables(report: RunReport) -> list[Markup]:
    head, body = report_wording.VARIABLE_HEAD, report_wording.variable_rows(report)
    return [html_table("Variables", head, body)] if report.variables else []
