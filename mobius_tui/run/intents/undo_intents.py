"""Intents to undo what a run did, and to open an ended run again for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, final

from mobius_tui.run.events.event import WhenReopened
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import PhaseEntered, RunReopened
from mobius_tui.run.intents.action import Action, Asked, Host
from mobius_tui.run.planning.confirmation import undo_confirmation_word
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.run.planning.undoing import UndoItem, undo_items
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


@final
class UndoSteps(Action, frozen=True, kw_only=True):
    """Enter the phase Undo for some steps; each is then begun as any other step is."""

    when_reopened: ClassVar[WhenReopened] = "always"
    steps: tuple[str, ...] = ()
    """The ids of the steps, the newest first, as they were shown; also those that
    cannot be undone."""
    confirm: str = ""
    """The word that confirms going on past what cannot be undone, as typed."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the run may turn to undoing these steps."""
        plan, state = situation.plan, situation.state
        items = undo_items(plan, state)
        _require_nothing_running(situation)
        if all(item.undo is None for item in items):
            raise NotPermittedError(
                RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
            )
        if not self.steps:
            words = "name the steps that are to be undone"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        meant = items[: len(self.steps)]
        if tuple(item.step.id for item in meant) != self.steps:
            words = "something has been done or undone since this was shown; look again"
            raise NotPermittedError(RefusalCode.MOVED_ON, words)
        if all(item.undo is None for item in meant):
            words = _nothing_to_undo_text(plan, meant)
            raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, words)
        stays = [plan.name(item.step.id) for item in meant if item.undo is None]
        word = undo_confirmation_word(plan, state) if stays else ""
        if word and self.confirm != word:
            words = f"{', '.join(stays)} stays as it is; type {word} to go on past it"
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that the run enters the phase Undo; its steps begin later, by one."""
        phase = host.plan.runbook.undo_phase
        assert phase is not None
        undo_of = {step.undo_of: step.id for step in phase.steps}
        stays = [host.plan.name(each) for each in self.steps if each not in undo_of]
        reason = f"back to {host.plan.name(self.steps[-1])}"
        if stays:
            reason += f"; {', '.join(stays)} stays"
        event = PhaseEntered(
            phase=phase.id,
            reason=reason,
            undoes=tuple(undo_of[each] for each in self.steps if each in undo_of),
        )
        return await host.write(event, asked.by, asked.intent)


@final
class ReopenRun(Action, frozen=True, kw_only=True):
    """Open a run again that has ended, so that what it did can be undone."""

    needs_host: ClassVar[bool] = False
    when_reopened: ClassVar[WhenReopened] = "always"
    """Then its own rule refuses it, which says why."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the run has ended, and something that it did can be undone."""
        plan, state = situation.plan, situation.state
        if state.ended is None:
            words = "the run is open: what it did is undone in it as it is"
            raise NotPermittedError(RefusalCode.RUN_OPEN, words)
        if state.is_drill:
            words = (
                "a drill that has ended is not opened again: its site is gone, and "
                "with it what the drill changed"
            )
            raise NotPermittedError(RefusalCode.RUN_ENDED, words)
        items = undo_items(plan, state)
        if all(item.undo is None for item in items):
            raise NotPermittedError(
                RefusalCode.NOTHING_TO_UNDO, _nothing_to_undo_text(plan, items)
            )

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that an ended run is open again, for undoing alone."""
        return await host.write(RunReopened(), asked.by, asked.intent)


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
