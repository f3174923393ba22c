"""What a facilitator sees of a drill: its faults, the team, and the score by now."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from mobius_tui.drill import past_drills
from mobius_tui.drill.drill_facilitator import ACT_IN_PAST_TENSE
from mobius_tui.drill.drill_score import TIME_FIELDS, Score, score_times
from mobius_tui.drill.faults import Fault
from mobius_tui.run.events.run_events import FacilitatorAct
from mobius_tui.runbook.text.units import ago_in_words
from mobius_tui.tui.presenters.fields import Field
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, assemble, text

FAULT_NAME_CELLS = 17
"""Cells of the column of names."""
ACT_MARKS: dict[FacilitatorAct, tuple[str, Role]] = {
    "inject": ("●", "bad"),
    "worsen": ("▲", "bad"),
    "heal": ("✔", "good"),
}
"""The sign of what was done last about a fault."""


def fault_line(fault: Fault, act: FacilitatorAct | None) -> Content:
    """`● bad-release  injected  Every page answers 500`."""
    glyph, role = ACT_MARKS[act] if act is not None else ("○", "muted")
    done = ACT_IN_PAST_TENSE[act] if act is not None else ""
    return assemble(
        (f"{glyph} ", role),
        (f"{fault.name:<{FAULT_NAME_CELLS}}", "strong" if act is not None else "plain"),
        (f"{done:<9}", role),
        (fault.title, "muted"),
    )


def fault_fields(fault: Fault, shows: str | None) -> Iterator[Field]:
    """What there is to know of the fault under the cursor.

    Args:
        fault: which.
        shows: how the site shows it now; empty where it does not, `None` where nobody
            has looked yet.
    """
    yield Field("notice", text(fault.title))
    seen = "nobody has looked yet" if shows is None else shows or "not at present"
    yield Field("shows", text(seen, "warn" if shows else "muted"))
    yield Field("repair", text(fault.handled_by))
    what = "a reason to act" if fault.role == "cause" else "in the way of a rollback"
    worse = "" if fault.worsen is None else "; it can be worsened"
    yield Field("is", text(f"{what}{worse}", "muted"))


def team_fields(view: RunView, health: str) -> Iterator[Field]:
    """The fields of the team's progress."""
    proposal = view.proposal
    step = view.step(view.proposed_row)
    name = view.plan.name(step.id) if step is not None else "the end of the run"
    doing = {
        "start": "about to begin",
        "running": "at work on",
        "decide": "to decide on",
        "wait": "waiting for",
    }.get(proposal.kind, "at")
    yield Field("team", assemble((f"{doing} ", "muted"), (name, "strong")))
    latest = view.latest()
    if latest is not None:
        mark = STATUS_MARKS[view.statuses[latest].status]
        words = assemble(
            (f"{mark.glyph} {mark.word} ", mark.role), (view.plan.name(latest), "plain")
        )
        yield Field("last", words)
    yield Field("health", text(health))
    for hint in view.state.hints[-1:]:
        when = ago_in_words(max(0.0, view.now - hint.at))
        yield Field("hinted", text(f"{when}: {hint.text}"))


def live_score_fields(score: Score) -> Iterator[Field]:
    """What is known of the score by now."""
    label = "time to"
    for name, at in zip(TIME_FIELDS, score_times(score), strict=True):
        known = "-" if at is None else past_drills.seconds_words(at)
        role: Role = "muted" if at is None else "strong"
        words = assemble(
            (f"{past_drills.TIME_LABELS[name]:<14}", "plain"), (known, role)
        )
        yield Field(label, words)
        label = ""
    for label, lines in past_drills.score_details(score):
        short = {"steps wrong": "wrong", "out of order": "order"}.get(label, label)
        short = {"overridden": "vouched"}.get(short, short)
        yield Field(short, text("; ".join(lines), "warn"))
