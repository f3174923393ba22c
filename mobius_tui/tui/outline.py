"""The checklist's rows: which there are, and what each one says."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui import sanitize
from mobius_tui.run.plan import Standing, follows, kind_of
from mobius_tui.run.steps import BAD, Status
from mobius_tui.runbook.model import Phase, Step
from mobius_tui.runbook.units import clock, in_words
from mobius_tui.tui.glyphs import ASIDE, MARKS, Mark, of_phase
from mobius_tui.tui.theme import Role
from mobius_tui.tui.view import PHASE, RunView

WHO_LIMIT = 14
"""Cells that an answer may take in the right column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the checklist."""

    is_phase: bool
    number: str
    title: str
    mark: Mark
    right: str
    """A duration, who answered, or the state in words."""
    right_role: Role
    is_dim: bool


def keys(view: RunView) -> tuple[str, ...]:
    """The key of each row: every phase, and the steps of those that may be run now.

    An aside's steps are listed once the run has entered it.
    """
    found: list[str] = []
    for phase in view.runbook.phases:
        found.append(PHASE + phase.id)
        if not phase.aside or phase.id in view.state.entered:
            found.extend(step.id for step in phase.steps)
    return tuple(found)


def row(view: RunView, key: str) -> Row:
    """What a row says."""
    phase = view.phase(key)
    if phase is not None:
        return _phase(view, phase)
    return _step(view, view.plan.steps[key])


def _phase(view: RunView, phase: Phase) -> Row:
    number = view.plan.phase_numbers[phase.id]
    title = sanitize.line(phase.title)
    if phase.aside and phase.id not in view.state.entered:
        return Row(
            is_phase=True,
            number=number,
            title=title,
            mark=ASIDE,
            right="aside",
            right_role="muted",
            is_dim=True,
        )
    statuses = [view.standings[step.id].status for step in phase.steps]
    mark = of_phase(statuses)
    took = sum(view.runtime(step.id) or 0.0 for step in phase.steps)
    is_bad = mark.role == "bad"
    return Row(
        is_phase=True,
        number=number,
        title=title,
        mark=mark,
        right=mark.word if is_bad else clock(took) if took >= 1 else "",
        right_role="bad" if is_bad else "muted",
        is_dim=mark.role == "muted" and Status.WAITING not in statuses,
    )


def _step(view: RunView, step: Step) -> Row:
    standing = view.standings[step.id]
    right, role = _right(view, step, standing)
    mark = MARKS[standing.status]
    return Row(
        is_phase=False,
        number=view.plan.numbers[step.id],
        title=sanitize.line(step.title),
        mark=mark,
        right=right,
        right_role=role,
        is_dim=mark.role == "muted",
    )


def _right(view: RunView, step: Step, standing: Standing) -> tuple[str, Role]:
    mark = MARKS[standing.status]
    match standing.status:
        case Status.PENDING:
            return "", "muted"
        case Status.RUNNING:
            words = clock(view.runtime(step.id) or 0.0)
            return (f"live {words}" if follows(step) else words), "accent"
        case Status.WAITING:
            return _wait(standing), "muted"
        case Status.PASSED:
            return _done(view, step), "muted"
        case status if status in BAD:
            return mark.word, "bad"
        case _:
            return mark.word, mark.role


def _wait(standing: Standing) -> str:
    """What it waits for, as short as can be; the detail pane says it in full."""
    wait = standing.waits[0]
    match wait.kind:
        case "gate" | "needs":
            return wait.text
        case "choice":
            return "undecided"
        case "approval":
            return "approval"
        case "variable":
            return f"no {sanitize.line(wait.on)}"[:WHO_LIMIT]


def _done(view: RunView, step: Step) -> str:
    """How long it took; of what a person did, who or what was answered."""
    own = view.own(step.id)
    if kind_of(step) in ("manual", "choose") and own.reason:
        words = sanitize.line(own.reason)
        if sanitize.cells(words) <= WHO_LIMIT:
            return words
        return "chosen" if kind_of(step) == "choose" else "done"
    if kind_of(step) == "manual":
        return "done"
    if kind_of(step) == "message":
        return "told"
    took = view.runtime(step.id) or 0.0
    if took < 0.1:
        return "< 0.1 s"
    return in_words(took) if took < 1 else clock(took)


def tally(view: RunView) -> str:
    """How many steps are done, and how many of those not well, for the border."""
    done, total = view.plan.progress(view.state, view.standings)
    counts: dict[Status, int] = {}
    for step_id, standing in view.standings.items():
        phase = view.plan.phase_of[step_id]
        if phase.aside and phase.id not in view.state.entered:
            continue
        if standing.status in BAD or standing.status in (
            Status.WARNED,
            Status.SKIPPED,
            Status.OVERRIDDEN,
        ):
            counts[standing.status] = counts.get(standing.status, 0) + 1
    worst_first = sorted(counts, key=lambda status: status not in BAD)
    parts = [f"{done} of {total} done"]
    parts += [f"{counts[status]} {MARKS[status].word}" for status in worst_first]
    return " · ".join(parts)
