"""Where a step stands, in words: what went wrong, what it waits for, the ways on."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from mobius_tui.run.steps import BAD, Attempt, Status
from mobius_tui.runbook.model import Choose, Manual, Step
from mobius_tui.runbook.units import in_words
from mobius_tui.tui import offers
from mobius_tui.tui.commands import command
from mobius_tui.tui.field import Field
from mobius_tui.tui.glyphs import MARKS
from mobius_tui.tui.theme import Role, assemble, text
from mobius_tui.tui.view import RunView


def standing_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Where it stands, and what can be done about that."""
    standing = view.standings[step.id]
    own = view.own(step.id)
    mark = MARKS[standing.status]
    head = assemble((f"{mark.glyph} {mark.word}", mark.role))
    last = own.last
    match standing.status:
        case Status.PENDING:
            return
        case Status.RUNNING:
            if last is not None:
                yield from _running(view, step, last)
        case Status.WAITING:
            waits = ", ".join(wait.text for wait in standing.waits)
            yield Field("waits", assemble((waits, "warn")))
            yield Field("until", text(_until(view, step), "muted"))
        case status if status in BAD:
            reason = own.reason or standing.reason
            yield Field("now", head + assemble((f"  {reason}", "plain")))
            yield from _bad(view, step, last)
        case _:
            reason = own.reason or standing.reason
            who = f" by {own.by}" if own.by and own.by != "host" else ""
            words = f"{who}  {reason}" if reason else who
            yield Field("now", head + assemble((words, "muted")))
    if own.stale:
        words = "a variable that it used was taken back since: look whether it holds"
        yield Field("stale", text(words, "warn"))


def _running(view: RunView, step: Step, last: Attempt) -> Iterator[Field]:
    took = in_words(view.runtime(step.id) or 0.0)
    words = f"▶ running for {took}, attempt {last.number}, started by {last.by}"
    stop = command("stop").key_name or "the palette"
    asked = "  stop was asked for" if last.stop_asked else f"  {stop} stops it"
    yield Field("now", assemble((words, "accent"), (asked, "muted")))


def _bad(view: RunView, step: Step, last: Attempt | None) -> Iterator[Field]:
    if last is not None:
        said = view.last_lines.get(f"{step.id}.{last.number}", "")
        if said:
            yield Field("said", text(said, "warn"))
        if last.left:
            words = f"still alive: {'; '.join(last.left)}"
            yield Field("left", text(words, "warn"))
    if view.standings[step.id].status is Status.UNKNOWN:
        words = "read the output, and see by hand whether it took effect; then decide"
        yield Field("look", text(words))
    yield Field("keys", choices(view, step))


def choices(view: RunView, step: Step) -> Content:
    """The ways on from a step that went wrong, with their keys."""
    offered = offers.available(view, step.id)
    parts: list[tuple[str, Role]] = []
    for command_id, words in (
        ("retry", "retry"),
        ("skip", "skip"),
        ("override", "override"),
        ("enter_phase", "failure phase"),
        ("contacts", "escalate"),
    ):
        if command_id in offered:
            key = command(command_id).key_name
            parts += [(f"{key} " if key else "", "key"), (f"{words}   ", "plain")]
    return assemble(*parts) if parts else text("resume the run first", "warn")


def _until(view: RunView, step: Step) -> str:
    """What would free a waiting step."""
    words = []
    for wait in view.standings[step.id].waits:
        match wait.kind:
            case "gate" | "needs":
                name = view.plan.name(wait.on)
                words.append(f"{name} has passed, or is overridden")
            case "variable":
                source = _source(view, wait.on)
                words.append(f"{wait.on} has a value{source}")
            case "choice":
                words.append(f"{wait.on} is decided{_source(view, wait.on)}")
            case "approval":
                words.append("you override it, with a reason")
    return "; ".join(words)


def _source(view: RunView, name: str) -> str:
    """The step that a variable comes from, in words."""
    for step in view.plan.steps.values():
        match step.action:
            case Manual(ask=asks):
                gives = any(ask.var == name for ask in asks)
            case Choose(var=var):
                gives = var == name
            case _:
                gives = name in step.outputs
        if gives:
            return f", which {view.plan.numbers[step.id]} gives"
    return ""
