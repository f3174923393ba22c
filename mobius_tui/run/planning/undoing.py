"""What could be undone in a run, the newest first, and what undoes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mobius_tui.run.planning.plan import Plan, running_steps
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import PASSED_STATUSES, Status
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import ago_in_words

NO_UNDO_TEXT = "the runbook does not say how it is undone"
"""Why a step cannot be undone that has no `undo` in the runbook."""

NOTHING_TO_REHEARSE_TEXT = (
    "no step of this runbook says how it is undone: nothing to rehearse"
)
"""Why a drill refuses to rehearse undoing."""


class UndoItem(Struct, frozen=True, kw_only=True):
    """A step that has changed something and has not been undone since."""

    step: Step
    attempt: int
    """The attempt that changed it last."""
    undo: Step | None
    """The step that undoes it; `None` if none does."""
    why_not: str
    """Why it cannot be undone; empty if it can."""


def undo_items(plan: Plan, state: RunState) -> tuple[UndoItem, ...]:
    """All changes that were not undone, the newest first; also those that cannot be."""
    undo_of = {done: plan.steps[undo] for undo, done in state.undo_steps.items()}
    return tuple(
        UndoItem(
            step=plan.steps[step_id],
            attempt=change.attempt,
            undo=undo_of.get(step_id),
            why_not=_cannot_undo_text(plan.steps[step_id], undo_of.get(step_id)),
        )
        for step_id, change in reversed(state.changes.items())
        if state.steps[step_id].status is not Status.RUNNING
    )


def _cannot_undo_text(step: Step, undo: Step | None) -> str:
    return "" if undo is not None else step.no_undo or NO_UNDO_TEXT


def undo_items_back_to(
    items: Sequence[UndoItem], step_id: str | None
) -> tuple[UndoItem, ...]:
    """The items from the newest back to a step, which is included.

    Args:
        items: all of them, the newest first.
        step_id: the step; all of them without it.

    Returns:
        Nothing if the step is none of them.
    """
    if step_id is None:
        return tuple(items)
    for place, item in enumerate(items, 1):
        if item.step.id == step_id:
            return tuple(items[:place])
    return ()


def undo_item_text(plan: Plan, state: RunState, item: UndoItem) -> str:
    """An item in words.

    Its step, how that ended, and why it stays if nothing undoes it.
    """
    own = state.steps[item.step.id].attempts[item.attempt - 1]
    again = f", attempt {item.attempt}" if item.attempt > 1 else ""
    name = f"{plan.name(item.step.id)} ({own.status}{again})"
    return f"{name}: stays, {item.why_not}" if item.why_not else name


def undo_to_rehearse(plan: Plan, state: RunState) -> Step | None:
    """The undo step that a rehearsal begins now; `None` if none.

    It is that of the newest passed step whose undo was not rehearsed yet. None begins
    while another step or a trigger's rollback runs.
    """
    busy = running_steps(plan, state) or state.watch.rollback_running
    if busy or is_undoing(plan, state):
        return None
    for item in undo_items(plan, state):
        has_passed = state.steps[item.step.id].status in PASSED_STATUSES
        if item.undo and has_passed and not state.steps[item.undo.id].attempts:
            return item.undo
    return None


def is_undoing(plan: Plan, state: RunState) -> bool:
    """Whether the run is in the phase that undoes."""
    if not state.undo_steps or not state.aside_frames:
        return False
    phase = plan.runbook.undo_phase
    return phase is not None and state.aside_frames[-1].phase == phase.id


def undo_not_applicable_text(plan: Plan, state: RunState, step: Step) -> str | None:
    """Why a step that undoes another one does not apply; None if it does."""
    if not step.undo_of:
        return None
    name = plan.name(step.undo_of)
    if step.for_each is not None:
        return f"each row of {name} is undone by itself"
    if state.change_to_be_undone_by(step.id) is None:
        return f"{name} has changed nothing that is not undone"
    if step.id not in state.undo_order:
        return f"{name} is not to be undone"
    return None


def ended_ago_text(state: RunState, now: float) -> str:
    """How long ago a run ended, and how, in words; empty for one that is open.

    Args:
        state: the run's.
        now: seconds since 1970.
    """
    if state.ended is None or state.ended_at is None:
        return ""
    return f"this run ended {ago_in_words(now - state.ended_at)}: {state.ended.outcome}"
