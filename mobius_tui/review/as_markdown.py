"""A run as Markdown, for a ticket or a page on GitHub. Pure.

Text of the run means nothing here: it is spelt so that Markdown reads it as it is, and
whatever has several lines stands in a fence longer than any in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mobius_tui.review import phrases
from mobius_tui.review.prose_markdown import quoted
from mobius_tui.review.spelling import cell, fenced, line
from mobius_tui.review.told import Looked, Told, ToldPhase, ToldStep, Try
from mobius_tui.runbook.prose.model import Prose

SPARK = 48
"""Characters of a line of latencies."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; what its cells say is spelt here."""
    names = list(head)
    lines = [_row(names), _row("---" for _ in names)]
    lines += [_row(map(cell, row)) for row in rows]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_markdown(told: Told) -> str:
    """What is told of a run, with what matters most at the top."""
    return "\n\n".join(block for block in _blocks(told) if block) + "\n"


def _blocks(told: Told) -> Iterator[str]:
    yield line("# {}", phrases.headline(told))
    yield from _damage(told)
    yield table(("", ""), phrases.facts(told))
    yield from _quoted(told.summary)
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
    listed = [line("> - {}", each) for each in told.damage]
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
        yield line("**{}**, {}:", title, fate)
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
    yield line("### {}", f"{phase.number} {phase.title}{aside}")
    if not phase.entered:
        yield "Not entered."
        return
    yield from _quoted(phase.why, "Why:")
    for step in phase.steps:
        yield from _step(step)


def _quoted(prose: Prose, label: str = "") -> Iterator[str]:
    """What the runbook says, where it says something."""
    if prose.text.strip():
        yield label
        yield quoted(prose)


def _step(step: ToldStep) -> Iterator[str]:
    status = step.status.upper() if step.status not in ("passed", "pending") else ""
    title = f"{step.number} {step.title}"
    yield line(f"#### {{}} — {status or step.status}", title)
    about = ", ".join(phrases.labels(step))
    yield line("{}", f"{about}; {step.reason}" if step.reason else about)
    yield from _quoted(step.why, "Why:")
    if isinstance(step.command, Prose):
        yield from _quoted(step.command)
    elif step.command:
        language = "sh" if step.program.startswith("bash") else "text"
        yield fenced(step.command.split("\n"), language)
    if step.checks:
        yield "\n".join(line("- Check: {}", each) for each in step.checks)
    for own in step.tries:
        yield from _try(own)


def _try(own: Try) -> Iterator[str]:
    yield line(f"**Attempt {own.number}**: {{}}", phrases.attempt(own))
    lines = [line("- {}", f"{g.name} = {g.value}") for g in own.given]
    lines += [_look(each) for each in own.looks]
    yield "\n".join(lines)
    if own.output:
        yield f"Printed, {phrases.printed(own)}:"
        yield fenced(own.output)


def _look(own: Looked) -> str:
    held = "held" if own.held else "**did not hold**"
    return line(f"- {phrases.hour(own.at)} {held}: {{}}: {{}}", own.check, own.detail)
