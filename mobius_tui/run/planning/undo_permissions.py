"""Whether a run may turn to undoing steps now, or be opened again for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mobius_tui.run.intents.intent_actions import (
    Action,
    AddNote,
    ApproveStep,
    AskApproval,
    DenyApproval,
    DropMessages,
    EndRun,
    LookFirst,
    OverrideStep,
    ReleaseHost,
    ReopenRun,
    ResendMessages,
    RestoreStep,
    RetryStep,
    SendMessageOfStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
    UndoSteps,
)
from mobius_tui.run.planning.confirmation import undo_confirmation_word
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.planning.undoing import UndoItem, undo_items
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step

_ACTIONS_IN_REOPENED_RUN = (
    *(UndoSteps, AddNote, StopStep, EndRun, ReleaseHost),
    *(ResendMessages, DropMessages),
    ReopenRun,  # refused by its own rule, which says why
)
"""Actions that begin no step, and that are permitted in a reopened run."""
_ACTIONS_ON_STEPS_AFTER_END = (
    *(StartStep, RetryStep, LookFirst, SkipStep, RestoreStep, OverrideStep),
    *(TickStep, SendMessageOfStep, AskApproval, ApproveStep, DenyApproval),
)
"""Actions that are permitted in a reopened run for steps that undo others, and for
messages."""


def require_fits_reopened_run(action: Action, situation: Situation) -> None:
    """Raise unless the action fits a run that is open again to be undone.

    Raises:
        NotPermittedError: it does not; its words say why.
    """
    state = situation.state
    if isinstance(action, _ACTIONS_ON_STEPS_AFTER_END):
        known = action.step in situation.plan.steps
        fits = action.step in state.steps_after_end or not known
    else:
        fits = isinstance(action, _ACTIONS_IN_REOPENED_RUN)
    if not fits:
        why = "this run had ended, and is open again to be undone: nothing else begins"
        raise NotPermittedError(RefusalCode.ONLY_UNDONE, why, why)


def require_may_reopen(_action: ReopenRun, situation: Situation) -> None:
    """Raise unless the run has ended, and something that it did can be undone.

    Raises:
        NotPermittedError: it may not be opened again; its words say why.
    """
    plan, state = situation.plan, situation.state
    if state.ended is None:
        words = "the run is open: what it did is undone in it as it is"
        raise NotPermittedError(RefusalCode.RUN_OPEN, words)
    if state.is_drill:
        words = (
            "a drill that has ended is not opened again: its site is gone, and with it "
            "what the drill changed"
        )
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    items = undo_items(plan, state)
    if all(item.undo is None for item in items):
        raise NotPermittedError(
            RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
        )


def require_may_undo(action: UndoSteps, situation: Situation) -> None:
    """Raise unless the run may turn to undoing these steps.

    Raises:
        NotPermittedError: it may not; its words say why.
    """
    plan, state = situation.plan, situation.state
    items = undo_items(plan, state)
    _require_nothing_running(situation)
    if all(item.undo is None for item in items):
        raise NotPermittedError(
            RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
        )
    if not action.steps:
        words = "name the steps that are to be undone"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    meant = items[: len(action.steps)]
    if tuple(item.step.id for item in meant) != action.steps:
        words = "something has been done or undone since this was shown; look again"
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if all(item.undo is None for item in meant):
        words = _nothing_to_undo_text(plan, meant)
        raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, words)
    stays = [plan.name(item.step.id) for item in meant if item.undo is None]
    word = undo_confirmation_word(plan, state) if stays else ""
    if word and action.confirm != word:
        words = f"{', '.join(stays)} stays as it is; type {word} to go on past it"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def _require_nothing_running(situation: Situation) -> None:
    """Raise while a step runs, or where the result of an earlier undo is unknown."""
    plan, state = situation.plan, situation.state
    if state.ended is not None:
        words = "the run has ended; it is opened again first, and then undone"
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


def _nothing_to_undo_text(plan: Plan, items: Sequence[UndoItem]) -> str:
    if plan.runbook.undo_phase is None:
        return "this runbook says of no step how it is undone"
    if not items:
        return "nothing has been changed that is not undone"
    return "; ".join(f"{plan.name(e.step.id)} stays: {e.why_not}" for e in items)
