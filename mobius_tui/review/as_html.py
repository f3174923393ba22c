"""A run as one page of HTML that needs nothing else: no script, no network. Pure."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator

from mobius_tui.review import drawing, phrases
from mobius_tui.review.html_steps import phase_section
from mobius_tui.review.markup import Child, Markup, rows, style, tag
from mobius_tui.review.prose_html import texts
from mobius_tui.review.style import STYLE
from mobius_tui.review.told import Told

_DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'"
)
"""What a browser may do with it: apply this very style sheet, and nothing else."""

Section = tuple[str, str, list[Markup]]
"""An id, a title, and what stands under it."""


def as_html(told: Told) -> str:
    """What is told of a run, with what matters most at the top."""
    sections = [section for section in _sections(told) if section[2]]
    head = [
        Markup('<!DOCTYPE html>\n<html lang="en">\n<head>'),
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"Report: {phrases.headline(told)}"),
        style(STYLE),
        Markup("</head>\n<body>"),
    ]
    listed = [tag("li", tag("a", t, href=f"#{name}")) for name, t, _ in sections]
    body = [
        tag("header", tag("h1", phrases.headline(told)), *_damage(told)),
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


def _damage(told: Told) -> Iterator[Markup]:
    if told.damage:
        yield tag(
            "div",
            tag("p", tag("strong", "This run is not as it was written.")),
            tag("p", "What follows is what could be read."),
            tag("ul", *(tag("li", each) for each in told.damage)),
            class_="damage",
            role="alert",
        )


def _sections(told: Told) -> Iterator[Section]:
    yield "summary", "Summary", [_facts(phrases.facts(told)), *texts(told.summary)]
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
    yield "proof", "Proof", [_facts(phrases.proof(told))]


def _deviations(told: Told) -> Markup:
    if not told.deviations:
        return tag("p", phrases.NO_DEVIATIONS)
    body = (
        (
            phrases.hour(d.at),
            tag("span", d.kind, class_=f"status {drawing.ROLES.get(d.kind, 'bad')}"),
            d.name,
            d.by,
            d.text,
        )
        for d in told.deviations
    )
    head = ("At (UTC)", "What", "Step", "By", "Why")
    return table("Deviations", head, body, times=1)


def _measures(told: Told) -> list[Markup]:
    if not told.measures:
        return []
    drills = phrases.drills_before(told)
    head = ["At (UTC)", "After", "What"]
    head += ["Last drill", "Best drill", "Against the last"] if told.drills else []
    body: list[list[Child]] = []
    for each in told.measures:
        row = [phrases.hour(each.at), phrases.lasting(each.after), each.title]
        if told.drills:
            row += [phrases.lasting(each.last), phrases.lasting(each.best)]
            row.append(phrases.against(each))
        body.append([*row])
    return [
        tag("p", f"Counted {phrases.counted_from(told)}{drills}.", class_="muted"),
        table("Times", head, body, times=2),
    ]


def _pictures(told: Told) -> list[Markup]:
    if told.began is None:
        return []
    return [_figure(drawing.timeline(told), "Timeline of the run")] + [
        _figure(drawing.latency(probe, told, place), f"Latency of {probe.title}")
        for place, probe in enumerate(told.health)
    ]


def _figure(picture: Markup, words: str) -> Markup:
    scrolled = tag(
        "div", picture, class_="scroll", role="region", aria_label=words, tabindex="0"
    )
    return tag("figure", tag("figcaption", words), scrolled)


def _health(told: Told) -> list[Markup]:
    head = ("Probe", "Checks", "Ok", "Failed", "No data", "Success", *phrases.OURS)
    body = (
        (
            p.title,
            str(p.checks),
            str(p.ok),
            str(p.failed),
            str(p.no_data),
            phrases.rate(p.success_rate),
            phrases.ms(p.p50_ms),
            phrases.ms(p.p95_ms),
            phrases.reported(p),
            phrases.outage(p),
        )
        for p in told.health
    )
    return (
        [table("Health", (*head, "Reported at most", "Longest outage"), body)]
        if told.health
        else []
    )


def _decisions(told: Told) -> list[Markup]:
    body = (
        (phrases.hour(d.at), d.name, ", ".join(d.chosen), d.by, d.reason)
        for d in told.decisions
    )
    head = ("At (UTC)", "Step", "Decided", "By", "Why")
    return [table("Decisions", head, body, times=1)] if told.decisions else []


def _messages(told: Told) -> list[Markup]:
    found = []
    for title, fate, text in phrases.messages(told):
        found.append(tag("p", tag("strong", title), f", {fate}"))
        found.append(tag("pre", text))
    return found


def _notes(told: Told) -> list[Markup]:
    body = [(phrases.hour(n.at), n.by, n.name or "the run", n.text) for n in told.notes]
    body += [
        (
            phrases.when(a.written),
            a.by,
            phrases.annotated(a, told),
            f"annotation: {a.text}",
        )
        for a in told.annotations
    ]
    head = ("Written (UTC)", "By", "On", "Note")
    return [table("Notes and annotations", head, body, times=1)] if body else []


def _action_items(told: Told) -> list[Markup]:
    body = list(phrases.action_items(told))
    return [table("Action items", phrases.ACTION_ITEMS, body)] if body else []


def _timeline(told: Told) -> list[Markup]:
    body: list[tuple[str, str, str, str]] = [
        (phrases.hour(h.at), f"+{phrases.lasting(h.after)}", h.by, h.text)
        for h in told.timeline
    ]
    if told.left_out:
        note = f"{told.left_out} lines are left out here; the journal has them"
        body.insert(len(body) // 2, ("", "", "", note))
    head = ("At (UTC)", "After", "By", "What")
    return [table("Timeline", head, body, times=2)] if body else []


def _variables(told: Told) -> list[Markup]:
    body = ((v.name, v.value, v.source) for v in told.variables)
    head = ("Name", "Value", "From")
    return [table("Variables", head, body)] if told.variables else []
