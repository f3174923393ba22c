"""A run as one page of HTML that needs nothing else: no script, no network. Pure."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator

from mobius_tui.review import report_wording
from mobius_tui.review.formats import svg_pictures
from mobius_tui.review.formats.html_markup import (
    STYLE,
    Child,
    Markup,
    joined,
    rows,
    style,
    tag,
)
from mobius_tui.review.formats.markdown_text import PAGE
from mobius_tui.review.formats.svg_pictures import ROLES
from mobius_tui.review.run_report import (
    ReportAttempt,
    ReportPhase,
    ReportStep,
    RunReport,
)
from mobius_tui.runbook.prose.markdown import parse_markdown
from mobius_tui.runbook.prose.prose_model import (
    Body,
    Code,
    Grid,
    Heading,
    HorizontalRule,
    Item,
    Items,
    Paragraph,
    Prose,
    ProsePart,
    ProseRow,
    ProseSpan,
    Quote,
)


def html_texts(prose: Prose, label: str = "") -> Iterator[Markup]:
    """A text with its lines, lists, code and tables; nothing where there is none.

    What leads somewhere is only a link of the author's own, to a page, with its address
    in sight.
    """
    if prose.text.strip():
        if label:
            yield tag("p", label, class_="muted")
        yield tag("div", *_body(parse_markdown(prose)), class_="prose")


def _body(parts: Body) -> Iterator[Markup]:
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
        case Code(rows):
            return tag("pre", "\n".join(rows))
        case Items(items):
            listed = [_item(item) for _, item in items]
            return tag("ul" if items[0][1].number is None else "ol", *listed)
        case Quote(inner):
            return tag("blockquote", *_body(inner))
        case Grid(head, rows):
            names = (tag("th", _row(cell), scope="col") for cell in head)
            lines = [tag("tr", *(tag("td", _row(c)) for c in row)) for row in rows]
            top = tag("thead", tag("tr", *names))
            return tag("table", top, tag("tbody", *lines))
        case HorizontalRule():
            return tag("hr")


def _item(item: Item) -> Markup:
    """An item; a number that was left out is left out here, too."""
    number = None if item.number is None else str(item.number)
    return tag("li", *_body(item.body), value=number)


def _row(row: ProseRow) -> Markup:
    return joined(child for span in row for child in _span(span))


def _span(span: ProseSpan) -> Iterator[Child]:
    if span.kind != "plain":
        yield tag(span.kind, span.words)
    elif span.own and PAGE.fullmatch(span.address):
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
    role = ROLES.get(step.status, "bad")
    about = ", ".join(report_wording.labels(step))
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


def _attempt_section(own: ReportAttempt) -> Markup:
    words = f": {report_wording.attempt(own)}"
    parts = [tag("p", tag("strong", f"Attempt {own.number}"), words)]
    lines = [tag("li", f"{given.name} = {given.value}") for given in own.given]
    lines += [
        tag(
            "li",
            f"{report_wording.time_of_day(look.at)} ",
            "held" if look.held else tag("strong", "did not hold", class_="bad"),
            f": {look.check}: {look.detail}",
        )
        for look in own.looks
    ]
    if lines:
        parts.append(tag("ul", *lines, class_="plain"))
    if own.output:
        parts.append(
            tag("p", f"Printed, {report_wording.printed(own)}:", class_="muted")
        )
        parts.append(tag("pre", "\n".join(own.output)))
    return tag("div", *parts)


_DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'"
)
"""What a browser may do with it: apply this very style sheet, and nothing else."""

Section = tuple[str, str, list[Markup]]
"""An id, a title, and what stands under it."""


def as_html(told: RunReport) -> str:
    """What is told of a run, with what matters most at the top."""
    sections = [section for section in _sections(told) if section[2]]
    head = [
        Markup('<!DOCTYPE html>\n<html lang="en">\n<head>'),
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"Report: {report_wording.headline(told)}"),
        style(STYLE),
        Markup("</head>\n<body>"),
    ]
    listed = [tag("li", tag("a", t, href=f"#{name}")) for name, t, _ in sections]
    body = [
        tag("header", tag("h1", report_wording.headline(told)), *_damage(told)),
        tag("nav", tag("ul", *listed), aria_label="Contents"),
        Markup("<main>"),
        *(part for section in sections for part in _section(section)),
        Markup("</main>"),
        tag("footer", tag("p", f"Run {told.run}, journal head {told.head}")),
        Markup("</body>\n</html>\n"),
    ]
    return rows([*head, *body])


def _section(section: Section) -> Iterator[Markup]:
    name, title, parts = section
    yield Markup(f'<section aria-labelledby="{name}">')
    yield tag("h2", title, id=name)
    yield from parts
    yield Markup("</section>")


def table(
    label: str, head: Iterable[str], body: Iterable[Iterable[Child]], times: int = 0
) -> Markup:
    """A table that can be scrolled where it is too wide.

    Args:
        label: what it is of.
        head: the names of its columns.
        body: its rows.
        times: how many of the first columns hold times.
    """
    names = [tag("th", name, scope="col") for name in head]
    lines = [
        tag(
            "tr",
            *(
                tag("td", cell, class_="time" if place < times else None)
                for place, cell in enumerate(row)
            ),
        )
        for row in body
    ]
    whole = tag("table", tag("thead", tag("tr", *names)), tag("tbody", *lines))
    return tag(
        "div", whole, class_="scroll", role="region", aria_label=label, tabindex="0"
    )


def _facts(found: Iterable[tuple[str, str]]) -> Markup:
    lines = (
        tag("tr", tag("th", name, scope="row"), tag("td", text)) for name, text in found
    )
    return tag("table", tag("tbody", *lines))


def _damage(told: RunReport) -> Iterator[Markup]:
    if told.damage:
        yield tag(
            "div",
            tag("p", tag("strong", "This run is not as it was written.")),
            tag("p", "What follows is what could be read."),
            tag("ul", *(tag("li", each) for each in told.damage)),
            class_="damage",
            role="alert",
        )


def _sections(told: RunReport) -> Iterator[Section]:
    yield (
        "summary",
        "Summary",
        [_facts(report_wording.facts(told)), *html_texts(told.summary)],
    )
    yield "deviations", "Deviations", [_deviations(told)]
    yield "times", "Times", _measures(told)
    yield "pictures", "The run in pictures", _pictures(told)
    yield "health", "Health", _health(told)
    yield "decisions", "Decisions", _decisions(told)
    yield "messages", "Messages", _messages(told)
    yield "notes", "Notes and annotations", _notes(told)
    yield "actions", "Action items", _action_items(told)
    yield "timeline", "Timeline", _timeline(told)
    yield "steps", "Steps", [phase_section(phase) for phase in told.phases]
    yield "variables", "Variables at the end", _variables(told)
    yield "proof", "Proof", [_facts(report_wording.proof(told))]


def _deviations(told: RunReport) -> Markup:
    if not told.deviations:
        return tag("p", report_wording.NO_DEVIATIONS)
    body = (
        (
            report_wording.time_of_day(d.at),
            tag(
                "span", d.kind, class_=f"status {svg_pictures.ROLES.get(d.kind, 'bad')}"
            ),
            d.name,
            d.by,
            d.text,
        )
        for d in told.deviations
    )
    head = ("At (UTC)", "What", "Step", "By", "Why")
    return table("Deviations", head, body, times=1)


def _measures(told: RunReport) -> list[Markup]:
    if not told.measures:
        return []
    drills = report_wording.drills_before(told)
    head = ["At (UTC)", "After", "What"]
    head += ["Last drill", "Best drill", "Against the last"] if told.drills else []
    body: list[list[Child]] = []
    for each in told.measures:
        row = [
            report_wording.time_of_day(each.at),
            report_wording.column_duration(each.after),
            each.title,
        ]
        if told.drills:
            row += [
                report_wording.column_duration(each.last),
                report_wording.column_duration(each.best),
            ]
            row.append(report_wording.against(each))
        body.append([*row])
    return [
        tag(
            "p", f"Counted {report_wording.counted_from(told)}{drills}.", class_="muted"
        ),
        table("Times", head, body, times=2),
    ]


def _pictures(told: RunReport) -> list[Markup]:
    if told.began is None:
        return []
    return [_figure(svg_pictures.timeline_picture(told), "Timeline of the run")] + [
        _figure(
            svg_pictures.latency_picture(probe, told, place),
            f"Latency of {probe.title}",
        )
        for place, probe in enumerate(told.health)
    ]


def _figure(picture: Markup, words: str) -> Markup:
    scrolled = tag(
        "div", picture, class_="scroll", role="region", aria_label=words, tabindex="0"
    )
    return tag("figure", tag("figcaption", words), scrolled)


def _health(told: RunReport) -> list[Markup]:
    head = (
        "Probe",
        "Checks",
        "Ok",
        "Failed",
        "No data",
        "Success",
        *report_wording.OURS,
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
            report_wording.reported(p),
            report_wording.outage(p),
        )
        for p in told.health
    )
    return (
        [table("Health", (*head, "Reported at most", "Longest outage"), body)]
        if told.health
        else []
    )


def _decisions(told: RunReport) -> list[Markup]:
    body = (
        (report_wording.time_of_day(d.at), d.name, ", ".join(d.chosen), d.by, d.reason)
        for d in told.decisions
    )
    head = ("At (UTC)", "Step", "Decided", "By", "Why")
    return [table("Decisions", head, body, times=1)] if told.decisions else []


def _messages(told: RunReport) -> list[Markup]:
    found = []
    for title, fate, text in report_wording.messages(told):
        found.append(tag("p", tag("strong", title), f", {fate}"))
        found.append(tag("pre", text))
    return found


def _notes(told: RunReport) -> list[Markup]:
    body = [
        (report_wording.time_of_day(n.at), n.by, n.name or "the run", n.text)
        for n in told.notes
    ]
    body += [
        (
            report_wording.when(a.written),
            a.by,
            report_wording.annotated(a, told),
            f"annotation: {a.text}",
        )
        for a in told.annotations
    ]
    head = ("Written (UTC)", "By", "On", "Note")
    return [table("Notes and annotations", head, body, times=1)] if body else []


def _action_items(told: RunReport) -> list[Markup]:
    body = list(report_wording.action_items(told))
    return [table("Action items", report_wording.ACTION_ITEMS, body)] if body else []


def _timeline(told: RunReport) -> list[Markup]:
    body: list[tuple[str, str, str, str]] = [
        (
            report_wording.time_of_day(h.at),
            f"+{report_wording.column_duration(h.after)}",
            h.by,
            h.text,
        )
        for h in told.timeline
    ]
    if told.left_out:
        note = f"{told.left_out} lines are left out here; the journal has them"
        body.insert(len(body) // 2, ("", "", "", note))
    head = ("At (UTC)", "After", "By", "What")
    return [table("Timeline", head, body, times=2)] if body else []


def _variables(told: RunReport) -> list[Markup]:
    body = ((v.name, v.value, v.source) for v in told.variables)
    head = ("Name", "Value", "From")
    return [table("Variables", head, body)] if told.variables else []
