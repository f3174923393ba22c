"""Whether a run may turn to undoing steps now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mobius_tui.run.intents.intent_actions import UndoSteps
from mobius_tui.run.planning.confirmation import undo_confirmation_word
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.planning.undoing import UndoItem, undo_items
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


def undo(action: UndoSteps, situation: Situation) -> None:
    """Raise unless the run may turn to undoing these steps.

    Raises:
        NotPermittedError: it may not; its words say why.
    """
    plan, state = situation.plan, situation.state
    items = undo_items(plan, state)
    _require_quiet(situation)
    if all(item.undo is None for item in items):
        raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, _why_nothing(plan, items))
    if not action.steps:
        words = "name the steps that are to be undone"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    meant = items[: len(action.steps)]
    if tuple(item.step.id for item in meant) != action.steps:
        words = "something has been done or undone since this was shown; look again"
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if all(item.undo is None for item in meant):
        words = _why_nothing(plan, meant)
        raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, words)
    stays = [plan.name(item.step.id) for item in meant if item.undo is None]
    word = undo_confirmation_word(plan, state) if stays else ""
    if word and action.confirm != word:
        words = f"{', '.join(stays)} stays as it is; type {word} to go on past it"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def _require_quiet(situation: Situation) -> None:
    """Let nothing be undone while a step runs, or where an undo came to is unknown."""
    plan, state = situation.plan, situation.state
    if state.ended is not None:
        words = "the run has ended; nothing can be undone in it"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    busy = situation.busy_step
    if busy is not None:
        why = f"{plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
    if state.auto is not None or state.watch.rollback_running:
        why = "the host runs it by itself" if state.auto else "the rollback is running"
        words = f"{why}, and would do again what is undone; wait until it stops"
        raise NotPermittedError(RefusalCode.BUSY, words, why)
    for undo in _unknown_undos(plan, state):
        words = (
            f"it is not known how far {plan.name(undo.id)} got; look there first, and "
            "retry it, override it or skip it"
        )
        raise NotPermittedError(RefusalCode.WAITS, words)


def _unknown_undos(plan: Plan, state: RunState) -> Iterator[Step]:
    for step_id in state.undo_steps:
        if state.steps[step_id].status is Status.UNKNOWN:
            yield plan.steps[step_id]


def _why_nothing(plan: Plan, items: Sequence[UndoItem]) -> str:
    if plan.runbook.undo_phase is None:
        return "this runbook says of no step how it is undone"
    if not items:
        return "nothing has been changed that is not undone"
    return "; ".join(f"{plan.name(e.step.id)} stays: {e.why_not}" for e in items)
