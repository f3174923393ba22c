"""What health was when a step began and ended, and the times of an outage, in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.milestones import Milestones
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.units import clock
from mobius_tui.tui.field import Field
from mobius_tui.tui.glyphs import CONDITIONS
from mobius_tui.tui.health_view import silent_after
from mobius_tui.tui.theme import Role, assemble, text
from mobius_tui.tui.view import RunView

NAMED = 3
"""Probes that are named; of more, those that are not ok, and a count of the others."""

Part = tuple[str, Role]


def health_field(view: RunView, step: Step) -> Iterator[Field]:
    """`✖ api failing → ● api ok`, of the step's last attempt; if anybody looked."""
    last = view.own(step.id).last
    if last is None or view.runbook.health is None or view.past.is_empty:
        return
    parts = _at(view, last.started)
    if last.ended is None:
        parts.append(("  when it began", "muted"))
    elif last.ended > last.started:
        parts += [("  →  ", "muted"), *_at(view, last.ended)]
    yield Field("health", assemble(*parts))


def _at(view: RunView, moment: float) -> list[Part]:
    """Every probe at a moment."""
    plan = view.runbook.health
    assert plan is not None
    within = silent_after(view.values.preview(plan.every))
    found = [(p.id, view.past.at(p.id, moment, within=within)) for p in plan.probes]
    shown = found
    if len(found) > NAMED:
        shown = [each for each in found if each[1] != "ok"][:NAMED]
    parts: list[Part] = []
    for probe, condition in shown:
        glyph, role = CONDITIONS[condition]
        gap = "  " if parts else ""
        parts.append((f"{gap}{glyph} {sanitize.line(probe)} {condition}", role))
    others = len(found) - len(shown)
    if others:
        words = f"  and {others} others" if shown else f"● all {others} ok"
        parts.append((words, "muted" if shown else "good"))
    return parts


def outage_lines(
    found: Milestones, moment: Callable[[float], str]
) -> Iterator[tuple[str, str]]:
    """When it was, or how long after the trigger; and what. None without a trigger.

    Args:
        found: the run's times.
        moment: says a time of day in words.
    """
    outage = found.outage
    if outage is None:
        return
    yield moment(outage.fired), f"trigger fired: {outage.reason}"
    for at, words in (
        (found.acknowledged, f"acknowledged by {outage.by}"),
        (found.rollback, "rollback begun"),
        (found.restored, "healthy from then on"),
        (found.steady, "three healthy in a row"),
    ):
        if at is not None and found.triggered:
            yield f"+{clock(at - outage.fired)}", words
        elif at is not None:  # before it, or not because of it
            yield moment(at), words
    if found.restored is None:
        yield "", "not healthy again"


def outage_fields(view: RunView) -> Iterator[Field]:
    """The times of the run's outage; nothing where no trigger fired."""
    found = view.milestones
    if found is None:
        return
    label = "outage"
    for when, words in outage_lines(found, _hour):
        stamp = Content.from_text(f"{when:<10}", markup=False)
        yield Field(label, stamp + text(words))
        label = ""


def _hour(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
