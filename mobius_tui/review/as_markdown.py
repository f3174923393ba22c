"""A run as Markdown, for a ticket or a page on GitHub. Pure.

Text of the run means nothing here: what Markdown, HTML or GitHub would act on is
escaped, a mention or an address is broken by an empty comment, and whatever has
several lines stands in a fence longer than any in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mobius_tui.review import phrases
from mobius_tui.review.told import Told, ToldPhase, ToldStep, Try

SPARK = 48
"""Characters of a line of latencies."""
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_AT_THE_START = re.compile(r"^(\d*)([#+\-=.):])")
_LINKED = re.compile(
    r"(?<=[@#])(?=[\w-])|(?<=:/)(?=/)|(?<=\bwww)(?=\.)|(?<=\bGH)(?=-\d)"
)
_TICKS = re.compile(r"`+")


def escaped(text: str) -> str:
    """A text that stands for itself within a line: in a cell, or after other words."""
    text = text.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINKED.sub("<!-- -->", _SPECIAL.sub(r"\\\1", text))


def paragraph(text: str) -> str:
    """A text that stands for itself where a heading or a list could begin."""
    return _AT_THE_START.sub(r"\1\\\2", escaped(text))


def fenced(rows: Iterable[str], language: str = "text") -> str:
    """Lines as they are, in a fence that none of them can end."""
    text = "\n".join(rows)
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; its cells are escaped here."""
    names = list(head)
    lines = [_row(names), _row("---" for _ in names)]
    lines += [_row(map(escaped, row)) for row in rows]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_markdown(told: Told) -> str:
    """What is told of a run, with what matters most at the top."""
    return "\n\n".join(block for block in _blocks(told) if block) + "\n"


def _blocks(told: Told) -> Iterator[str]:
    yield f"# {escaped(phrases.headline(told))}"
    yield from _damage(told)
    yield table(("", ""), phrases.facts(told))
    yield from _deviations(told)
    yield from _measures(told)
    yield from _health(told)
    yield from _told_by_people(told)
    yield from _timeline(told)
    yield "## Steps" if told.phases else ""
    for phase in told.phases:
        yield from _phase(phase)
    if told.variables:
        yield "## Variables at the end"
        rows = ((v.name, v.value, v.source) for v in told.variables)
        yield table(("Name", "Value", "From"), rows)
    yield "## Proof"
    yield table(("", ""), phrases.proof(told))


def _damage(told: Told) -> Iterator[str]:
    if not told.damage:
        return
    head = "**This run is not as it was written.** This is what could be read of it."
    listed = [f"> - {paragraph(each)}" for each in told.damage]
    yield "\n".join([f"> {head}", ">", *listed])


def _deviations(told: Told) -> Iterator[str]:
    yield "## Deviations"
    if not told.deviations:
        yield phrases.NO_DEVIATIONS
        return
    rows = ((d.kind, d.name, phrases.hour(d.at), d.by, d.text) for d in told.deviations)
    yield table(("What", "Step", "At (UTC)", "By", "Why"), rows)


def _measures(told: Told) -> Iterator[str]:
    if not told.measures:
        return
    yield "## Times"
    drills = phrases.drills_before(told)
    yield f"Counted {phrases.counted_from(told)}{drills}."
    head = ["What", "At (UTC)", "After"]
    if told.drills:
        head += ["Last drill", "Best drill", "Against the last"]
    rows = []
    for each in told.measures:
        row = [each.title, phrases.hour(each.at), phrases.lasting(each.after)]
        if told.drills:
            row += [phrases.lasting(each.last), phrases.lasting(each.best)]
            row.append(phrases.against(each))
        rows.append(row)
    yield table(head, rows)


def _health(told: Told) -> Iterator[str]:
    if not told.health:
        return
    yield "## Health"
    figures = (*phrases.OURS, "Reported at most", "Longest outage", "Latency")
    head = ("Probe", "Checks", "Ok", *figures)
    rows = (
        (
            probe.title,
            str(probe.checks),
            phrases.rate(probe.success_rate),
            phrases.ms(probe.p50_ms),
            phrases.ms(probe.p95_ms),
            phrases.reported(probe),
            phrases.outage(probe),
            phrases.sparkline(probe, SPARK),
        )
        for probe in told.health
    )
    yield table(head, rows)
    yield (
        f"Latency from {phrases.hour(told.began)} to {phrases.hour(told.until)}; "
        "✖ a check failed, ? no data, · nobody looked."
    )


def _told_by_people(told: Told) -> Iterator[str]:
    """What people decided, said and noted."""
    if told.decisions:
        yield "## Decisions"
        rows = (
            (phrases.hour(d.at), d.name, ", ".join(d.chosen), d.by, d.reason)
            for d in told.decisions
        )
        yield table(("At (UTC)", "Step", "Decided", "By", "Why"), rows)
    if told.messages:
        yield "## Messages"
    for title, fate, text in phrases.messages(told):
        yield f"**{escaped(title)}**, {escaped(fate)}:"
        yield fenced(text.split("\n"))
    if told.notes:
        yield "## Notes"
        notes = ((phrases.hour(n.at), n.by, n.name, n.text) for n in told.notes)
        yield table(("At (UTC)", "By", "On", "Note"), notes)
    if told.annotations:
        yield "## Annotations"
        later = (
            (phrases.annotated(a, told), a.text, a.by, phrases.when(a.written))
            for a in told.annotations
        )
        yield table(("On", "Annotation", "By", "Written"), later)
    if told.action_items:
        yield "## Action items"
        yield table(phrases.ACTION_ITEMS, phrases.action_items(told))


def _timeline(told: Told) -> Iterator[str]:
    if not told.timeline:
        return
    yield "## Timeline"
    rows = [
        [phrases.hour(h.at), f"+{phrases.lasting(h.after)}", h.by, h.text]
        for h in told.timeline
    ]
    if told.left_out:
        note = f"{told.left_out} lines are left out here; the journal has them"
        rows.insert(len(rows) // 2, ["", "", "", note])
    yield table(("At (UTC)", "After", "By", "What"), rows)


def _phase(phase: ToldPhase) -> Iterator[str]:
    aside = " (aside)" if phase.aside else ""
    yield f"### {escaped(f'{phase.number} {phase.title}{aside}')}"
    if not phase.entered:
        yield "Not entered."
        return
    for step in phase.steps:
        yield from _step(step)


def _step(step: ToldStep) -> Iterator[str]:
    status = step.status.upper() if step.status not in ("passed", "pending") else ""
    title = f"{step.number} {step.title}"
    yield f"#### {escaped(title)} — {status or step.status}"
    about = ", ".join(phrases.labels(step))
    yield paragraph(f"{about}; {step.reason}" if step.reason else about)
    if step.command:
        language = "sh" if step.program.startswith("bash") else "text"
        yield fenced(step.command.split("\n"), language)
    if step.checks:
        yield "\n".join(f"- Check: {escaped(each)}" for each in step.checks)
    for own in step.tries:
        yield from _try(own)


def _try(own: Try) -> Iterator[str]:
    yield f"**Attempt {own.number}**: {escaped(phrases.attempt(own))}"
    lines = [f"- {paragraph(f'{g.name} = {g.value}')}" for g in own.given]
    lines += [
        f"- {phrases.hour(k.at)} {'held' if k.held else '**did not hold**'}: "
        f"{escaped(k.check)}: {escaped(k.detail)}"
        for k in own.looks
    ]
    yield "\n".join(lines)
    if own.output:
        yield f"Printed, {phrases.printed(own)}:"
        yield fenced(own.output)
