"""Which commands apply now, what the footer calls them, and why one does not apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mobius_tui.run.intents.intent_actions import (
    Action,
    AddNote,
    ApproveStep,
    ArmWatch,
    BeginRollback,
    ChooseOptions,
    DisarmWatch,
    EndRun,
    EnterPhase,
    HoldRollback,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import steps_awaiting_approval
from mobius_tui.run.planning.permissions import decide_offer
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.planning.rollback import rollback_phase, step_blocking_rollback
from mobius_tui.run.planning.situation import ALLOWED, RefusalCode, Refused, Situation
from mobius_tui.run.state.step_state import BAD_STATUSES, Status
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.tui.commands.registry import key_of
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.communication import step_needing_person
from mobius_tui.tui.presenters.glyphs import MARKS
from mobius_tui.tui.presenters.next_action import is_unentered_aside, terminal_step
from mobius_tui.tui.presenters.run_view import RunView

HALFWAY = frozenset(
    {Status.UNKNOWN, Status.TIMED_OUT, Status.STOPPED, Status.OUTPUT_LOST}
)
"""Ends of which it is not known how far the step got by then."""
DONE = BAD_STATUSES | {
    Status.PASSED,
    Status.WARNED,
    Status.OVERRIDDEN,
    Status.RECOVERED,
}
"""Ends of a step that was begun, or vouched for."""


def available_commands(view: RunView | None, selected: str | None) -> frozenset[str]:
    """The ids of the commands on steps and the run that apply now.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
    """
    if view is None:
        return frozenset()
    situation = view.situation
    found = {
        command_id
        for command_id in COMMANDS
        if is_offered(view, selected, command_id, situation)
    }
    if step_needing_person(view) is not None:
        found.add("message")
    if view.runbook.contacts:
        found.add("contacts")
    if terminal_step(view, selected) is not None:
        found.add("terminal")
    return frozenset(found)


def command_meant(view: RunView, selected: str | None, command_id: str) -> str:
    """The id of the command that one stands for here: to tick a message is to tell it.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command_id: the one that was called.
    """
    step = view.step(selected)
    is_message = step is not None and kind_of(step) == "message"
    return "message" if command_id == "tick" and is_message else command_id


def is_offered(
    view: RunView, selected: str | None, command_id: str, situation: Situation
) -> bool:
    """Whether a command would do something here, and the host would do it.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command_id: one of `COMMANDS`.
        situation: the view's, made once.
    """
    if not is_useful(view, selected, command_id):
        return False
    if command_id == "message":  # it can be read and copied, whatever else goes on
        return situation.has_host and view.state.ended is None
    if command_id == "enter_phase":
        return bool(enterable_phases(view, situation))
    action = action_of(view, selected, command_id)
    return action is not None and decide_offer(action, situation) == ALLOWED


def action_of(view: RunView, selected: str | None, command_id: str) -> Action | None:
    """What a command asks the host for, as far as it is known before a dialog opens.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command_id: one of `COMMANDS`, but for `message` and `enter_phase`.

    Returns:
        The action; `None` where there is nothing that it could be about.
    """
    step = view.step(selected)
    if command_id in RUN_COMMAND_ACTIONS:
        return RUN_COMMAND_ACTIONS[command_id](view, selected)
    if step is None:
        return None
    number = view.next_attempt(step.id)
    match command_id:
        case "retry":
            return RetryStep(step=step.id, attempt=number)
        case "tick" if kind_of(step) == "choose":
            return ChooseOptions(step=step.id, attempt=number)
        case "tick" if kind_of(step) == "manual":
            return TickStep(step=step.id, attempt=number)
        case "look_first":
            return LookFirst(step=step.id)
        case "skip":
            return SkipStep(step=step.id)
        case "restore":
            return RestoreStep(step=step.id)
        case "override":
            return OverrideStep(step=step.id)
        case _:
            return None


def _note(view: RunView, selected: str | None) -> Action:
    step = view.step(selected)
    return AddNote(step=step.id if step is not None else None)


def _stop(view: RunView, selected: str | None) -> Action | None:
    step = stoppable_step(view, selected)
    last = view.step_state(step.id).last_attempt if step is not None else None
    if step is None or last is None:
        return None
    return StopStep(step=step.id, attempt=last.number)


def _approve(view: RunView, selected: str | None) -> Action | None:
    step = step_awaiting_approval(view, selected)
    return None if step is None else ApproveStep(step=step.id)


def _arm(view: RunView, _selected: str | None) -> Action:
    return DisarmWatch() if view.state.watch.armed else ArmWatch()


RUN_COMMAND_ACTIONS: Mapping[str, Callable[[RunView, str | None], Action | None]] = {
    "note": _note,
    "stop": _stop,
    "end_run": lambda _view, _selected: EndRun(),
    "approve": _approve,
    "arm": _arm,
    "hold": lambda _view, _selected: HoldRollback(),
    "roll_back": lambda _view, _selected: BeginRollback(),
}
"""What commands ask for that do not need a step under the cursor."""
COMMANDS = (
    *RUN_COMMAND_ACTIONS,
    *("retry", "tick", "message", "look_first", "skip", "restore", "override"),
    "enter_phase",
)
"""The commands on steps and the run that ask the host for something."""


def enterable_phases(view: RunView, situation: Situation) -> tuple[Phase, ...]:
    """The phases off the main line that can be turned to now."""
    asides = (phase for phase in view.runbook.phases if phase.aside)
    return tuple(
        phase
        for phase in asides
        if decide_offer(EnterPhase(phase=phase.id), situation) == ALLOWED
    )


def step_awaiting_approval(view: RunView, selected: str | None = None) -> Step | None:
    """The step that waits for an approval: the one under the cursor, or the first."""
    steps = steps_awaiting_approval(view.plan, view.state)
    first = steps[0] if steps else None
    return next((step for step in steps if step.id == selected), first)


def is_useful(view: RunView, selected: str | None, command_id: str) -> bool:
    """Whether a command is of any use here; whether it is allowed is judged apart.

    The host takes more than is offered: an override of what has passed changes nothing
    for the better, and a step of a phase that nobody turned to is not proposed.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
        command_id: one of `COMMANDS`.
    """
    if command_id == "roll_back":
        watch = view.state.watch
        return bool(watch.alarms) or watch.countdown is not None
    if command_id in (*RUN_COMMAND_ACTIONS, "enter_phase"):
        return True
    step = view.step(selected)
    if step is None or is_unentered_aside(view, view.plan.phase_of[step.id]):
        return False
    status, kind = view.statuses[step.id].status, kind_of(step)
    match command_id:
        case "retry":
            return kind in ("run", "check", "watch") and status in DONE
        case "look_first":
            return kind != "check" and status in HALFWAY
        case "message":
            return kind == "message" and status in (*DONE, Status.PENDING)
        case "override":
            undone = (*BAD_STATUSES, Status.PENDING, Status.WAITING, Status.WARNED)
            return status in undone or (
                status in DONE and view.step_state(step.id).is_stale
            )
        case _:
            return True


def stoppable_step(view: RunView, selected: str | None) -> Step | None:
    """The running step that is stopped from here.

    The one under the cursor; else the one that a rollback waits for.
    """
    step = view.step(selected)
    if step is not None and view.step_state(step.id).status is Status.RUNNING:
        return step
    waits = view.state.watch.countdown is not None
    return step_blocking_rollback(view.plan, view.state) if waits else None


def available_watch_commands(view: RunView) -> set[str]:
    """The ids of the watch commands (arm, hold, roll back) that are available now."""
    situation = view.situation
    ways = ("arm", "roll_back", "hold")
    return {way for way in ways if is_offered(view, None, way, situation)}


def labels(view: RunView | None, selected: str | None) -> Mapping[str, str]:
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
    found = {"tick": tick + again, "message": message}
    found["arm"] = "Disarm" if view.state.watch.armed else "Arm"
    if view.verifying == step.id:
        found["stop"] = "Stop checking"
    return found


def why_not(view: RunView, key: str | None, command_id: str) -> str:
    """Why a command does nothing now, and what does.

    Args:
        view: the run.
        key: the checklist's key under the cursor.
        command_id: of a command that is not available.
    """
    if command_id == "contacts":
        return "This runbook names nobody to call."
    if view.state.ended is not None:
        return "The run has ended; nothing can be done in it any more."
    if view.host is None and command_id != "stop":
        return f"No host runs this run: {key_of('next_action')} resumes it first."
    if command_id == "enter_phase":
        return _no_phase(view)
    if command_id == "approve":
        return _no_approval(view, key)
    if command_id == "end_run" or command_id in WATCH_COMMANDS:
        return _why_not_run_command(view, command_id)
    step = view.step(key)
    if step is None:
        return "That is for a step, and the cursor is on a phase."
    name = view.plan.name(step.id)
    phase = view.plan.phase_of[step.id]
    if next_action.is_unentered_aside(view, phase):
        return f"{name} is in {phase.title}: {key_of('enter_phase')} turns aside to it."
    return f"{name} {_why_not_step_command(view, step, command_id)}"


def _no_phase(view: RunView) -> str:
    for phase in view.runbook.phases:
        if phase.aside:
            permission = decide_offer(EnterPhase(phase=phase.id), view.situation)
            if isinstance(permission, Refused):
                return f"{permission.why}: wait for it, or stop it."
    return "This runbook has no phase to turn aside to."


def _no_approval(view: RunView, key: str | None) -> str:
    action = action_of(view, key, "approve")
    permission = decide_offer(action, view.situation) if action is not None else None
    if isinstance(permission, Refused):
        return f"{_sentence(permission.text)}."
    return "Nobody has asked for an approval that is not given yet."


def _why_not_run_command(view: RunView, command_id: str) -> str:
    """Why the run is not ended, or the watch not armed, held, or begun by hand."""
    watch = view.state.watch
    if command_id in WATCH_COMMANDS:
        if rollback_phase(view.plan) is None:
            return "This runbook names no phase that a trigger begins."
        if watch.rollback is not None:
            by = watch.rollback_began_by
            return f"{by} began the rollback; it is made once in a run."
    action = action_of(view, None, command_id)
    permission = decide_offer(action, view.situation) if action is not None else None
    if not isinstance(permission, Refused):
        return f"No trigger has fired; {key_of('enter_phase')} turns aside by hand."
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


def _why_not_step_command(view: RunView, step: Step, command_id: str) -> str:
    """Why a command does nothing for a step, without the step's name."""
    if command_id in ("look_first", "message", "stop"):
        return _useless_reason(view, step, command_id)
    action = action_of(view, step.id, command_id)
    if action is None:
        return _blocking_text(view, step) or _useless_reason(view, step, command_id)
    permission = decide_offer(action, view.situation)
    if not isinstance(permission, Refused):
        return _useless_reason(view, step, command_id)
    match permission.code:
        case RefusalCode.GATE:
            override = key_of("override")
            return f"is a gate: it cannot be skipped. {override} overrides it."
        case RefusalCode.BUSY:
            return f"has to wait: {permission.why}."
        case RefusalCode.WAITS:
            return f"waits: {permission.why}."
        case RefusalCode.ILLEGAL if command_id == "restore":
            state = _state(view, step)
            return f"is not skipped ({state}): there is nothing to take back."
        case RefusalCode.OWN_APPROVAL:
            return f"waits: {permission.why}."
        case RefusalCode.ALIVE:
            return f"{permission.why}."
        case _:
            return _blocking_text(view, step) or _useless_reason(view, step, command_id)


def _state(view: RunView, step: Step) -> str:
    return MARKS[view.statuses[step.id].status].word


def _blocking_text(view: RunView, step: Step) -> str:
    """What keeps any step from being begun or passed over; empty if nothing."""
    standing = view.statuses[step.id]
    match standing.status:
        case Status.RUNNING:
            return f"is running: {key_of('stop')} stops it."
        case Status.NOT_APPLICABLE:
            return f"does not apply: {standing.reason}."
        case Status.SKIPPED:
            return f"is skipped: {key_of('restore')} takes that back."
        case Status.WAITING:
            return f"waits: {', '.join(wait.text for wait in standing.waits)}."
        case _:
            return ""


def _useless_reason(view: RunView, step: Step, command_id: str) -> str:
    """Why a command that is allowed, or is for another kind of step, is of no use."""
    kind, state = kind_of(step), _state(view, step)
    match command_id:
        case "stop":
            return f"is not running ({state}): there is nothing to stop."
        case "retry" if kind == "message":
            return f"is a message: {key_of('message')} shows it."
        case "retry" if kind in ("manual", "choose"):
            return f"is for a person: {key_of('tick')} answers it."
        case "retry":
            return f"has not run yet: {key_of('next_action')} runs it."
        case "look_first" if not step.checks:
            return "has no check to make."
        case "look_first" if kind == "check":
            return f"is a check: {key_of('retry')} makes it again."
        case "look_first":
            return f"is {state}: its checks are made once its script has passed."
        case "skip":
            return f"is {state} already: there is nothing to skip."
        case "override":
            words = f"is {state} already: there is nothing to vouch for."
            return _blocking_text(view, step) or words
        case "message" if kind != "message":
            return "is no message."
        case "message":
            return _blocking_text(view, step)
        case _:
            return (
                f"is run, not ticked: {key_of('next_action')} runs it, "
                f"{key_of('override')} vouches for it."
            )


WATCH_COMMANDS = ("arm", "hold", "roll_back")
