"""Flows about the run as a whole, and about the watch over its health."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.run_intents import (
    AddNote,
    EndRun,
    EnterPhase,
    GiveSecrets,
    GoOnWithout,
)
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.intents.watch_intents import (
    ArmWatch,
    BeginRollback,
    DisarmWatch,
)
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.undoing import (
    ended_ago_text,
    undo_items,
    undo_items_back_to,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.dialog import ContactsDialog
from mobius_tui.tui.dialogs.phase_dialogs import (
    PhasesDialog,
    UndoConfirmDialog,
    UndoDialog,
)
from mobius_tui.tui.dialogs.question import DialogOpener, Flow, Question, TextDialog
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.dialogs.secrets_dialog import LostSecretsDialog
from mobius_tui.tui.presenters.availability import enterable_phases
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screen_state import DraftKey, Purpose, RowKey


async def note(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Put a remark on record, on the step under the cursor or on the run."""
    step = view.step(key)
    about = view.plan.name(step.id) if step is not None else "the run"
    on = step.id if step is not None else None
    words = await open_dialog(
        TextDialog(
            f"Note on {about}",
            "It goes on record with the time and your name.",
            draft_key=DraftKey(purpose=Purpose.NOTE, step=on),
            verb="Add it",
            prompt="What should be remembered?",
            empty_refusal="A note wants a text.",
            keeps_draft_on_close=True,
        )
    )
    if words is None:
        return None
    return AddNote(text=words, step=step.id if step is not None else None)


async def enter_phase(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Enter a phase off the main line, which a dialog asks for."""
    step = view.step(key)
    likely = step.on_failure if step is not None else None
    phase = await open_dialog(
        PhasesDialog(view, enterable_phases(view, view.situation), likely=likely)
    )
    return _enter(view, phase, step)


async def enter_this_phase(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Enter the phase under the cursor, which is off the main line."""
    phase = view.phase(key)
    if phase is None:
        return None
    number = view.plan.phase_numbers[phase.id]
    words = "Its steps become pending, and are proposed next. Nothing runs by itself."
    title = f"Go to {number} {phase.title}?"
    if not await open_dialog(Question(title, words, verb="Go there", tone="warn")):
        return None
    return _enter(view, phase.id, None)


def _enter(view: RunView, phase: str | None, step: Step | None) -> Action | None:
    if phase is None:
        return None
    origin = step.id if step is not None else view.proposal.step
    return EnterPhase(phase=phase, from_step=origin, reason="a person went there")


async def lost_secrets(
    open_dialog: DialogOpener, view: RunView, _key: RowKey | None
) -> Action | None:
    """Give the host the secrets that it lacks, or go on without."""
    said = await open_dialog(LostSecretsDialog(view))
    if said is None:
        return None
    if said.goes_on_without:
        return GoOnWithout(secrets=view.state.unsettled_secrets)
    return GiveSecrets(values=dict(said.values))


async def contacts(
    open_dialog: DialogOpener, view: RunView, _key: RowKey | None
) -> Action | None:
    """Show whom to call."""
    await open_dialog(ContactsDialog(view.runbook.contacts))
    return None


async def end_run(
    open_dialog: DialogOpener, view: RunView, _key: RowKey | None
) -> Action | None:
    """End the run; one that is not completed wants a reason, unless reopened."""
    outcome, why = run_outcome(view.plan, view.state)
    completed = outcome is Outcome.COMPLETED
    required = not completed and not view.state.is_reopened
    reason = await open_dialog(
        TextDialog(
            "End the run?",
            f"It ends as {outcome}: {why}. Nothing can be started in it any more.",
            draft_key=DraftKey(purpose=Purpose.END_RUN),
            verb="End it",
            prompt="Why does it end here?" if required else "Remark, if there is one",
            required=required,
            tone="good" if completed else "warn",
        )
    )
    return None if reason is None else EndRun(reason=reason)


async def arm(
    open_dialog: DialogOpener, view: RunView, _key: RowKey | None
) -> Action | None:
    """Arm the watch, so that a trigger begins the rollback by itself, or disarm it."""
    if view.state.watch.armed:
        words = "A trigger that fires only says so from then on; you can arm it again."
        question = Question("Disarm the watch?", words, verb="Disarm it", tone="warn")
        if not await open_dialog(question):
            return None
        return DisarmWatch()
    answer = await open_dialog(RollbackDialog(view, arms=True))
    return None if answer is None else ArmWatch(confirm=answer)


async def roll_back(
    open_dialog: DialogOpener, view: RunView, _key: RowKey | None
) -> Action | None:
    """Begin the rollback that a trigger would begin."""
    said = await open_dialog(RollbackDialog(view, arms=False))
    return None if said is None else BeginRollback(confirm=said)


async def undo(
    open_dialog: DialogOpener, view: RunView, key: RowKey | None
) -> Action | None:
    """Undo steps: ask how far back, then show exactly what would run.

    Of a run that has ended it is asked first whether it is to be opened again.
    """
    ended = ended_ago_text(view.state, view.now)
    if ended and not await open_dialog(_reopen_question(view, ended)):
        return None
    items = undo_items(view.plan, view.state)
    step = view.step(key)
    likely = step.id if step is not None else None
    back_to = await open_dialog(UndoDialog(view, items, likely=likely))
    if back_to is None:
        return None
    meant = undo_items_back_to(items, back_to)
    said = await open_dialog(UndoConfirmDialog(view, meant))
    if said is None:
        return None
    return UndoSteps(steps=tuple(item.step.id for item in meant), confirm=said)


def _reopen_question(view: RunView, ended: str) -> Question:
    """Whether a run that has ended is to be opened again."""
    reason = view.state.ended.reason if view.state.ended is not None else ""
    return Question(
        f"{ended[:1].upper()}{ended[1:]}. Open it again to undo?",
        f"It ended because: {reason}",
        "First you see what would run. Then it is open again, on record under your "
        "name: what undoes its steps can be begun in it, and nothing else, until you "
        "end it once more.",
        verb="Show me",
        tone="warn",
    )


RUN_FLOWS: Mapping[FlowId, Flow] = {
    FlowId.NOTE: note,
    FlowId.ENTER_THIS_PHASE: enter_this_phase,
    FlowId.ENTER_PHASE: enter_phase,
    FlowId.CONTACTS: contacts,
    FlowId.LOST_SECRETS: lost_secrets,
    FlowId.END_RUN: end_run,
    FlowId.ARM: arm,
    FlowId.ROLL_BACK: roll_back,
    FlowId.UNDO: undo,
}
"""The function of each flow about the whole run."""
