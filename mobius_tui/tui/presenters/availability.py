"""Which commands apply now, what the footer calls them, and why one does not apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import convert

from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import ApproveStep, AskApproval
from mobius_tui.run.intents.going_on import next_step_without_person
from mobius_tui.run.intents.intent_actions import ACTIONS_BY_NAME
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.run_intents import AddNote, EnterPhase
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.intents.undo_intents import ReopenRun, UndoSteps
from mobius_tui.run.intents.watch_intents import (
    ArmWatch,
    DisarmWatch,
)
from mobius_tui.run.planning.plan import has_terminal, kind_of
from mobius_tui.run.planning.rollback import rollback_phase, step_blocking_rollback
from mobius_tui.run.planning.situation import (
    ALLOWED,
    Permission,
    RefusalCode,
    Refused,
    Situation,
)
from mobius_tui.run.planning.step_status import steps_awaiting_approval
from mobius_tui.run.planning.undoing import undo_items
from mobius_tui.run.state.step_state import Status, will_retry
from mobius_tui.runbook.model.files_in_scripts import scripts_of_step
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.tui.commands.registry import command_by_id, first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.communication import step_needing_person
from mobius_tui.tui.presenters.next_action import is_unentered_aside, terminal_row
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_command_rules import (
    STEP_RULES,
    state_in_words,
    why_useless,
)
from mobius_tui.tui.screen_state import RowKey, StepRow


def available_commands(
    view: RunView | None, selected: RowKey | None
) -> frozenset[RunCommand]:
    """The commands on steps and the run that apply now.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
    """
    if view is None:
        return frozenset()
    found = {each for each in RunCommand if is_offered(view, selected, each)}
    if step_needing_person(view) is not None:
        found.add(RunCommand.MESSAGE)
    return frozenset(found)


def resolve_command(
    view: RunView, selected: RowKey | None, command: RunCommand
) -> RunCommand:
    """The command that another stands for here.

    Ticking a message step sends it; ticking one that waits for an approval which nobody
    has asked for asks for it.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command: the one that was called.
    """
    step = view.step(selected)
    is_message = step is not None and kind_of(step) == "message"
    if command is not RunCommand.TICK:
        return command
    if is_message:
        return RunCommand.MESSAGE
    return RunCommand.APPROVE if step_to_ask_for(view, selected) else command


def is_offered(view: RunView, selected: RowKey | None, command: RunCommand) -> bool:
    """Whether a command would do something here, and the host would do it.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command: which.
    """
    match command:
        case RunCommand.CONTACTS:
            return bool(view.runbook.contacts)
        case RunCommand.SCRIPTS:
            return any(map(_runs_something, view.steps_at(selected)))
        case RunCommand.TERMINAL:
            return terminal_row(view, selected) is not None
        case RunCommand.GO_ON:
            return view.goes_on_through_changes
        case RunCommand.ENTER_PHASE:
            return bool(enterable_phases(view, view.situation))
        case RunCommand.MESSAGE:  # it can be read and copied, whatever else goes on
            goes_on = view.host_pid is not None and view.state.ended is None
            return goes_on and is_useful(view, selected, command)
        case _:
            useful = is_useful(view, selected, command)
            return useful and _permission(view, selected, command) == ALLOWED


def _runs_something(step: Step) -> bool:
    """Whether a step has a script, in whatever place."""
    return any(scripts_of_step(step))


def _permission(
    view: RunView, selected: RowKey | None, command: RunCommand
) -> Permission | None:
    """What the host says of a command's action; `None` where it has none here."""
    action = action_of(view, selected, command)
    return None if action is None else decide_offer(action, view.situation)


def action_of(
    view: RunView, selected: RowKey | None, command: RunCommand
) -> Action | None:
    """What a command asks the host for, as far as it is known before a dialog opens.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command: which.

    Returns:
        The action; `None` where there is nothing that it could be about.
    """
    if command in RUN_COMMAND_ACTIONS:
        return RUN_COMMAND_ACTIONS[command](view, selected)
    step = view.step(selected)
    rule = STEP_RULES.get(command)
    if rule is not None and rule.action is not None:
        return None if step is None else rule.action(view, step)
    kind = ACTIONS_BY_NAME.get(command_by_id(command).intent)
    return None if kind is None else _action_about(kind, view, step)


def _action_about(
    kind: type[Action], view: RunView, step: Step | None
) -> Action | None:
    """An action about the step under the cursor, or about the run.

    Its step and its attempt are filled in; the rest of it is what a dialog asks for.
    """
    if "step" not in kind.__struct_fields__:
        return kind()
    if step is None:
        return None
    if "attempt" not in kind.__struct_fields__:
        return convert({"step": step.id}, kind)
    return convert({"step": step.id, "attempt": view.next_attempt(step.id)}, kind)


def _note(view: RunView, selected: RowKey | None) -> Action:
    step = view.step(selected)
    return AddNote(step=step.id if step is not None else None)


def _stop(view: RunView, selected: RowKey | None) -> Action | None:
    step = stoppable_step(view, selected)
    last = view.step_state(step.id).last_attempt if step is not None else None
    if step is None or last is None:
        return None
    if view.host_pid is None and view.verifying == step.id:
        return None  # its script has ended, and nobody makes its checks
    return StopStep(step=step.id, attempt=last.number)


def _approve(view: RunView, selected: RowKey | None) -> Action | None:
    asked = step_to_ask_for(view, selected)
    if asked is not None:
        return AskApproval(step=asked.id, attempt=view.next_attempt(asked.id))
    step = step_awaiting_approval(view, selected)
    return None if step is None else ApproveStep(step=step.id)


def _arm(view: RunView, _selected: RowKey | None) -> Action:
    return DisarmWatch() if view.state.watch.armed else ArmWatch()


def _undo(view: RunView, _selected: RowKey | None) -> Action:
    if view.state.ended is not None:
        return ReopenRun()
    items = undo_items(view.plan, view.state)
    return UndoSteps(steps=tuple(item.step.id for item in items))


RUN_COMMAND_ACTIONS: Mapping[
    RunCommand, Callable[[RunView, RowKey | None], Action | None]
] = {
    RunCommand.NOTE: _note,
    RunCommand.STOP: _stop,
    RunCommand.APPROVE: _approve,
    RunCommand.ARM: _arm,
    RunCommand.UNDO: _undo,
}
"""The actions of commands for which it depends on the run which one they ask for."""


def enterable_phases(view: RunView, situation: Situation) -> tuple[Phase, ...]:
    """The phases off the main line that can be entered now."""
    asides = (phase for phase in view.runbook.phases if phase.aside)
    return tuple(
        phase
        for phase in asides
        if decide_offer(EnterPhase(phase=phase.id), situation) == ALLOWED
    )


def step_to_ask_for(view: RunView, selected: RowKey | None) -> Step | None:
    """The step under the cursor, where its approval may be asked for now."""
    step = view.step(selected)
    if step is None or step.approve is None:
        return None
    ask = AskApproval(step=step.id, attempt=view.next_attempt(step.id))
    return step if decide_offer(ask, view.situation) == ALLOWED else None


def step_awaiting_approval(
    view: RunView, selected: RowKey | None = None
) -> Step | None:
    """The step that waits for an approval: the one under the cursor, or the first."""
    steps = steps_awaiting_approval(view.plan, view.state, view.statuses)
    first = steps[0] if steps else None
    return next((step for step in steps if StepRow(step.id) == selected), first)


def is_useful(view: RunView, selected: RowKey | None, command: RunCommand) -> bool:
    """Whether a command is of any use here; whether it is allowed is judged apart.

    The host takes more than is offered: an override of what has passed changes nothing
    for the better, and a step of a phase that nobody turned to is not proposed.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command: which.
    """
    if command is RunCommand.ROLL_BACK:
        watch = view.state.watch
        return bool(watch.alarms) or watch.countdown is not None
    rule = STEP_RULES.get(command)
    if rule is None:
        return True
    step = view.step(selected)
    if step is None or is_unentered_aside(view, view.plan.phase_of[step.id]):
        return False
    return rule.is_useful(view, step)


def stoppable_step(view: RunView, selected: RowKey | None) -> Step | None:
    """The running step that is stopped from here.

    The one under the cursor; else the one that a rollback waits for.
    """
    step = view.step(selected)
    if step is not None and view.step_state(step.id).status is Status.RUNNING:
        return step
    waits = view.state.watch.countdown is not None
    return step_blocking_rollback(view.plan, view.state) if waits else None


def available_watch_commands(view: RunView) -> set[RunCommand]:
    """The watch commands (arm, hold, roll back) that are available now."""
    ways = (RunCommand.ARM, RunCommand.ROLL_BACK, RunCommand.HOLD)
    return {way for way in ways if is_offered(view, None, way)}


def footer_labels(view: RunView | None, selected: RowKey | None) -> Mapping[str, str]:
    """What the footer calls commands where the step under the cursor says more.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
    """
    step = view.step(selected) if view is not None else None
    if view is None or step is None:
        return {}
    again = " again" if view.step_state(step.id).attempts else ""
    tick = "Decide" if kind_of(step) == "choose" else "Tick"
    message = "Tell" + again if kind_of(step) == "message" else "Not sent"
    found: dict[str, str] = {RunCommand.TICK: tick + again}
    found[RunCommand.MESSAGE] = message
    if step_to_ask_for(view, selected) is not None:
        found[RunCommand.APPROVE] = "Ask for it"
    found[RunCommand.ARM] = "Disarm" if view.state.watch.armed else "Arm"
    if view.verifying == step.id:
        found[RunCommand.STOP] = "Stop checking"
    return found


def why_unavailable(view: RunView, key: RowKey | None, command: RunCommand) -> str:
    """Why a command does nothing now, and what does.

    Args:
        view: the run.
        key: the checklist's key under the cursor.
        command: one that is not available.
    """
    if command is RunCommand.CONTACTS:
        return "This runbook names nobody to call."
    if command is RunCommand.SCRIPTS:
        return "This step runs no script."
    permission = _permission(view, key, command)
    if view.state.ended is not None:
        if command is RunCommand.UNDO and isinstance(permission, Refused):
            return f"{_sentence(permission.text)}."
        return "The run has ended; nothing can be done in it any more."
    if view.host_pid is None and command is not RunCommand.STOP:
        return (
            f"No host runs this run: {first_key_name('next_action')} resumes it first."
        )
    match command:
        case RunCommand.TERMINAL:
            return why_no_terminal(view, key)
        case RunCommand.GO_ON:
            return _why_not_going_on(view)
        case RunCommand.ENTER_PHASE:
            return _why_no_phase(view)
        case RunCommand.APPROVE if isinstance(permission, Refused):
            return f"{_sentence(permission.text)}."
        case RunCommand.APPROVE:
            return "Nobody has asked for an approval that is not given yet."
        case RunCommand.ARM | RunCommand.HOLD | RunCommand.ROLL_BACK:
            return _why_no_rollback(view) or _why_not_run_command(view, permission)
        case _ if command is RunCommand.STOP or command in STEP_RULES:
            return _why_not_step_command(view, key, command, permission)
        case _:
            return _why_not_run_command(view, permission)


def why_no_terminal(view: RunView, key: RowKey | None) -> str:
    """Why there is no terminal to go to now, in words."""
    step = view.step(key)
    if step is not None and has_terminal(step):
        return f"{view.plan.name(step.id)} does not run now: it has no terminal."
    return "No step that has a terminal to itself runs now."


def _why_not_going_on(view: RunView) -> str:
    found = next_step_without_person(view.situation, "change")
    if found is None:
        retried = view.step(view.proposed_row)
        if retried is not None and will_retry(
            retried.retry, view.step_state(retried.id)
        ):
            name = view.plan.name(retried.id)
            return f"{name} is tried again by itself: wait for it."
        key = first_key_name(RunCommand.STOP)
        return f"A step runs already: wait for it, or {key} stops it."
    if isinstance(found, str):
        return f"{found}."
    return f"After {view.plan.name(found.id)} somebody is needed: Enter begins it."


def _why_no_phase(view: RunView) -> str:
    for phase in view.runbook.phases:
        is_own = is_improvised(phase) or phase is view.runbook.undo_phase
        if phase.aside and not is_own:
            permission = decide_offer(EnterPhase(phase=phase.id), view.situation)
            if isinstance(permission, Refused):
                return _why_not_run_command(view, permission)
    return "This runbook has no phase to turn aside to."


def _why_no_rollback(view: RunView) -> str | None:
    """Why nobody can begin the rollback; None where somebody may."""
    watch = view.state.watch
    if rollback_phase(view.plan) is None:
        return "This runbook names no phase that a trigger begins."
    if watch.rollback is not None:
        by = watch.rollback_began_by
        return f"{by} began the rollback; it is made once in a run."
    return None


def _why_not_run_command(view: RunView, permission: Permission | None) -> str:
    """Why a command on the run, or on its watch, does nothing now.

    One that is not refused can only be the rollback: it is allowed, but no trigger has
    fired.

    Args:
        view: the run.
        permission: what the host says of the command's action.
    """
    if not isinstance(permission, Refused):
        turns = first_key_name(RunCommand.ENTER_PHASE)
        return f"No trigger has fired; {turns} turns aside by hand."
    match permission.code:
        case RefusalCode.BUSY:
            return f"{permission.why}: wait for it, or stop it."
        case RefusalCode.NO_COUNTDOWN:
            return "No countdown is under way; there is nothing to hold."
        case RefusalCode.UNATTENDED:
            blocking = "; ".join(view.runbook.blocking)
            return f"Nobody would see it go wrong: {blocking}."
        case _:
            return f"{_sentence(permission.text)}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _why_not_step_command(
    view: RunView,
    key: RowKey | None,
    command: RunCommand,
    permission: Permission | None,
) -> str:
    step = view.step(key)
    if step is None:
        return "That is for a step, and the cursor is on a phase."
    name = view.plan.name(step.id)
    phase = view.plan.phase_of[step.id]
    if is_unentered_aside(view, phase):
        undoes = phase is view.runbook.undo_phase
        turns = first_key_name(RunCommand.UNDO if undoes else RunCommand.ENTER_PHASE)
        return f"{name} is in {phase.title}: {turns} turns aside to it."
    if command is RunCommand.STOP:
        state = state_in_words(view, step)
        return f"{name} is not running ({state}): there is nothing to stop."
    return f"{name} {why_useless(view, step, command, permission)}"
