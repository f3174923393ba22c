"""The checklist's rows: which there are, and what each one says."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from mobius_tui import sanitize
from mobius_tui.run.plan import follows, kind_of
from mobius_tui.run.standings import Standing
from mobius_tui.run.steps import BAD, Status
from mobius_tui.runbook.guards import names
from mobius_tui.runbook.model import Phase, Step
from mobius_tui.runbook.units import clock, in_words
from mobius_tui.tui.glyphs import ASIDE, FOLDED, MARKS, UNFOLDED, Mark, of_phase
from mobius_tui.tui.sending import told
from mobius_tui.tui.theme import Role
from mobius_tui.tui.view import RunView

WHO_LIMIT = 14
"""Cells that an answer may take in the right column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the checklist."""

    is_phase: bool
    title: str
    """With its number, and for a phase whether it is folded."""
    mark: Mark
    right: str
    """A duration, who answered, or the state in words."""
    right_role: Role
    is_dim: bool
    repeats: bool = False
    """Whether the phase's row says at the right the same."""
    yields: bool = False
    """Whether the title matters more than what stands at the right: the mark says how
    the step stands, and the detail pane says it in words."""


def common_wait(view: RunView, phase: Phase) -> str:
    """What all steps of a phase wait for; empty where that is not one thing."""
    waits = {
        _wait(view, standing) if standing.status is Status.WAITING else ""
        for standing in (view.standings[step.id] for step in phase.steps)
        if standing.status is not Status.NOT_APPLICABLE
    }
    return waits.pop() if len(waits) == 1 else ""


def phase_row(view: RunView, phase: Phase, *, folded: bool, waits: str) -> Row:
    """What a phase's row says.

    Args:
        view: the run.
        phase: a phase of its runbook.
        folded: whether its steps are out of sight.
        waits: what all its steps wait for.
    """
    number = view.plan.phase_numbers[phase.id]
    sign = FOLDED if folded else UNFOLDED
    title = f"{sign} {number} {sanitize.line(phase.title)}"
    if phase.aside and phase.id not in view.state.entered:
        return Row(
            is_phase=True,
            title=title,
            mark=ASIDE,
            right="aside",
            right_role="muted",
            is_dim=True,
        )
    count = view.counts.phase(phase)
    mark = of_phase(count.statuses)
    took = count.runtime(view.now)
    is_bad = mark.role == "bad"
    right = waits or (clock(took) if took >= 1 else "")
    return Row(
        is_phase=True,
        title=title,
        mark=mark,
        right=mark.word if is_bad else right,
        right_role="bad" if is_bad else "muted",
        is_dim=mark.role == "muted" and Status.WAITING not in count.statuses,
    )


def step_row(view: RunView, step: Step, *, said_above: str) -> Row:
    """What a step's row says.

    Args:
        view: the run.
        step: a step of its runbook.
        said_above: what the row of its phase says that all its steps wait for.
    """
    title = f"{view.plan.numbers[step.id]} {sanitize.line(step.title)}"
    phase = view.plan.phase_of[step.id]
    if phase.aside and phase.id not in view.state.entered:
        return Row(
            is_phase=False,
            title=title,
            mark=ASIDE,
            right="",
            right_role="muted",
            is_dim=True,
        )
    standing = view.standings[step.id]
    right, role = _right(view, step, standing)
    mark = MARKS[standing.status]
    return Row(
        is_phase=False,
        title=title,
        mark=mark,
        right=right,
        right_role=role,
        is_dim=mark.role == "muted",
        repeats=bool(said_above),
        yields=standing.status not in (Status.RUNNING, Status.WAITING)
        and (standing.status is not Status.PASSED or role == "muted"),
    )


def _right(view: RunView, step: Step, standing: Standing) -> tuple[str, Role]:
    mark = MARKS[standing.status]
    match standing.status:
        case Status.PENDING:
            return "", "muted"
        case Status.RUNNING:
            words = view.progress(step) or clock(view.runtime(step.id) or 0.0)
            return (f"live {words}" if follows(step) else words), "accent"
        case Status.WAITING:
            return _wait(view, standing), "muted"
        case Status.PASSED if kind_of(step) == "message":
            return told(view, step)
        case Status.PASSED:
            return _done(view, step), "muted"
        case status if status in BAD:
            return mark.word, "bad"
        case Status.NOT_APPLICABLE if standing.is_passed_over:
            return _passed_over(view, step), mark.role
        case _:
            return mark.word, mark.role


def _passed_over(view: RunView, step: Step) -> str:
    """The value that decided its guard, where it is one, and short."""
    found = [
        f"{name}={sanitize.line(value.text or '')}"
        for name in sorted(names(step.when))
        if (value := view.state.variables.get(name)) is not None
    ]
    word = MARKS[Status.NOT_APPLICABLE].word
    words = f"{word} {found[0]}" if len(found) == 1 else word
    return words if cell_len(words) <= WHO_LIMIT else word


def _wait(view: RunView, standing: Standing) -> str:
    """What it waits for, as short as can be; the detail pane says it in full."""
    wait = standing.waits[0]
    match wait.kind:
        case "gate" | "needs":
            return wait.text
        case "approval":
            return "approval"
        case "guard":
            return "undecided"
        case "choice" | "variable":
            giver = view.plan.givers.get(wait.on)
            if giver is not None:
                return f"needs {view.plan.numbers[giver]}"
            return f"no {sanitize.line(wait.on)}"[:WHO_LIMIT]


def _done(view: RunView, step: Step) -> str:
    """How long it took; of what a person did, who or what was answered."""
    own = view.own(step.id)
    if kind_of(step) in ("manual", "choose") and own.reason:
        words = sanitize.line(own.reason)
        if cell_len(words) <= WHO_LIMIT:
            return words
        return "chosen" if kind_of(step) == "choose" else "done"
    if kind_of(step) == "manual":
        return "done"
    took = view.runtime(step.id) or 0.0
    if took < 0.1:
        return "< 0.1 s"
    return in_words(took) if took < 1 else clock(took)


def tally(view: RunView) -> str:
    """How many steps are done, and how many of those not well, for the border."""
    done, total = view.counts.progress
    counts = view.counts.statuses
    told = BAD | {Status.WARNED, Status.SKIPPED, Status.OVERRIDDEN}
    worst_first = sorted(
        (status for status in counts if status in told),
        key=lambda status: status not in BAD,
    )
    parts = [f"{done} of {total} done"]
    parts += [f"{counts[status]} {MARKS[status].word}" for status in worst_first]
    return " · ".join(parts)
