"""Which commands apply now, what the footer calls them, and why one does not apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mobius_tui.run.planning.approval_rules import pending
from mobius_tui.run.planning.plan import effect_of, is_follower, kind_of
from mobius_tui.run.planning.proposal import running_step
from mobius_tui.run.planning.rollback import rollback_phase, step_blocking_rollback
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.state.step_state import BAD, Status
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.registry import key_of
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.communication import wants_a_person
from mobius_tui.tui.presenters.glyphs import MARKS
from mobius_tui.tui.presenters.next_action import is_off, terminal_from
from mobius_tui.tui.presenters.run_view import RunView

HALFWAY = frozenset(
    {Status.UNKNOWN, Status.TIMED_OUT, Status.STOPPED, Status.OUTPUT_LOST}
)
"""Ends of which it is not known how far the step got by then."""


def available(view: RunView | None, selected: str | None) -> frozenset[str]:
    """The ids of the commands on steps and the run that apply now.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
    """
    if view is None:
        return frozenset()
    found = {"note"} if view.host is not None else set()
    if wants_a_person(view) is not None:
        found.add("message")
    if view.runbook.contacts:
        found.add("contacts")
    step = view.step(selected)
    if stoppable(view, selected) is not None:
        found.add("stop")
    if terminal_from(view, selected) is not None:
        found.add("terminal")
    if view.host is None or view.state.ended is not None:
        return frozenset(found)
    busy = running_step(view.plan, view.state)
    if busy is None or effect_of(busy) == "read":
        found.add("end_run")
    found |= of_watch(view)
    if pending(view.plan, view.state):
        found.add("approve")
    if busy is None and any(phase.aside for phase in view.runbook.phases):
        found.add("enter_phase")
    if step is not None:
        found |= _of_step(view, step)
    return frozenset(found)


def stoppable(view: RunView, selected: str | None) -> Step | None:
    """The running step that is stopped from here.

    The one under the cursor; else the one that a rollback waits for.
    """
    step = view.step(selected)
    if step is not None and view.own(step.id).status is Status.RUNNING:
        return step
    waits = view.state.watch.countdown is not None
    return step_blocking_rollback(view.plan, view.state) if waits else None


def of_watch(view: RunView) -> set[str]:
    """What can be done about triggers; the rollback is made once in a run."""
    watch = view.state.watch
    if rollback_phase(view.plan) is None or watch.rollback is not None:
        return set()
    if view.host is None or view.state.ended is not None:
        return set()
    found = set()
    if watch.armed or not view.runbook.blocking:
        found.add("arm")
    fired = watch.alarms or watch.countdown is not None
    if fired and step_blocking_rollback(view.plan, view.state) is None:
        found.add("roll_back")
    if watch.countdown is not None:
        found.add("hold")
    return found


def labels(view: RunView | None, selected: str | None) -> Mapping[str, str]:
    """What the footer calls commands where the step under the cursor says more.

    Args:
        view: the run.
        selected: the checklist's key under the cursor.
    """
    step = view.step(selected) if view is not None else None
    if view is None or step is None:
        return {}
    again = " again" if view.own(step.id).attempts else ""
    tick = "Decide" if kind_of(step) == "choose" else "Tick"
    message = "Tell" + again if kind_of(step) == "message" else "Not sent"
    found = {"tick": tick + again, "message": message}
    found["arm"] = "Disarm" if view.state.watch.armed else "Arm"
    if view.verifying == step.id:
        found["stop"] = "Stop checking"
    return found


def other_running(view: RunView, step: Step) -> Step | None:
    """The running step for which another one has to wait: one runs at a time."""
    busy = running_step(view.plan, view.state)
    return None if busy is None or busy.id == step.id or is_follower(step) else busy


def _of_step(view: RunView, step: Step) -> set[str]:
    if is_off(view, view.plan.phase_of[step.id]):
        return set()
    status = view.standings[step.id].status
    found: set[str] = set()
    ended = status in BAD or status in (
        Status.PASSED,
        Status.WARNED,
        Status.OVERRIDDEN,
        Status.RECOVERED,
    )
    kind = kind_of(step)
    may_begin = not other_running(view, step) and not (
        ended and waits_of_retry(view.plan, view.state, step.id)
    )
    if kind in ("run", "check", "watch") and ended and may_begin:
        found.add("retry")
    if kind != "check" and status in HALFWAY and step.checks:
        found.add("look_first")
    if kind in ("manual", "choose") and (ended or status is Status.PENDING):
        found |= {"tick"} if may_begin else set()
    if kind == "message" and (ended or status is Status.PENDING):
        found.add("message")
    if status in (*BAD, Status.PENDING, Status.WAITING) and not step.gate:
        found.add("skip")
    if status is Status.SKIPPED:
        found.add("restore")
    if status in (*BAD, Status.PENDING, Status.WAITING, Status.WARNED) or (
        ended and view.own(step.id).is_stale
    ):
        found.add("override")
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
    busy = running_step(view.plan, view.state)
    if command_id in ("end_run", "enter_phase") and busy is not None:
        return f"{view.plan.name(busy.id)} is running: wait for it, or stop it."
    if command_id == "enter_phase":
        return "This runbook has no phase to turn aside to."
    if command_id == "approve":
        return "Nobody has asked for an approval that is not given yet."
    if command_id in OF_WATCH:
        return _watch(view, command_id)
    step = view.step(key)
    if step is None:
        return "That is for a step, and the cursor is on a phase."
    name = view.plan.name(step.id)
    phase = view.plan.phase_of[step.id]
    if next_action.is_off(view, phase):
        return f"{name} is in {phase.title}: {key_of('enter_phase')} turns aside to it."
    return f"{name} {OF_STEP[command_id](view, step)}"


def _watch(view: RunView, command_id: str) -> str:
    watch = view.state.watch
    if rollback_phase(view.plan) is None:
        return "This runbook names no phase that a trigger begins."
    if watch.rollback is not None:
        return (
            f"{watch.rollback_began_by} began the rollback; it is made once in a run."
        )
    if command_id == "hold":
        return "No countdown is under way; there is nothing to hold."
    if command_id == "arm":
        return f"Nobody would see it go wrong: {'; '.join(view.runbook.blocking)}."
    busy = step_blocking_rollback(view.plan, view.state)
    if busy is not None:
        return f"{view.plan.name(busy.id)} is running: wait for it, or stop it."
    return f"No trigger has fired; {key_of('enter_phase')} turns aside by hand."


def _state(view: RunView, step: Step) -> str:
    return MARKS[view.standings[step.id].status].word


def _busy(view: RunView, step: Step) -> str:
    """What keeps any step from being begun or passed over; empty if nothing."""
    standing = view.standings[step.id]
    match standing.status:
        case Status.RUNNING:
            return f"is running: {key_of('stop')} stops it."
        case Status.NOT_APPLICABLE:
            return f"does not apply: {standing.reason}."
        case Status.SKIPPED:
            return f"is skipped: {key_of('restore')} takes that back."
        case _:
            return ""


def _waits(view: RunView, step: Step) -> str:
    waits = view.standings[step.id].waits
    return f"waits: {', '.join(wait.text for wait in waits)}." if waits else ""


def _must_wait(view: RunView, step: Step) -> str:
    """What keeps a step from being begun, or begun again, for now."""
    busy = other_running(view, step)
    if busy is not None:
        return f"has to wait: {view.plan.name(busy.id)} is running."
    waits = waits_of_retry(view.plan, view.state, step.id)
    return f"waits: {', '.join(wait.text for wait in waits)}." if waits else ""


def _stop(view: RunView, step: Step) -> str:
    return f"is not running ({_state(view, step)}): there is nothing to stop."


def _retry(view: RunView, step: Step) -> str:
    if found := _busy(view, step) or _waits(view, step):
        return found
    if found := _must_wait(view, step):
        return found
    match kind_of(step):
        case "message":
            return f"is a message: {key_of('message')} shows it."
        case "manual" | "choose":
            return f"is for a person: {key_of('tick')} answers it."
        case _:
            return f"has not run yet: {key_of('next_action')} runs it."


def _look_first(view: RunView, step: Step) -> str:
    if not step.checks:
        return "has no check to make."
    if kind_of(step) == "check":
        return f"is a check: {key_of('retry')} makes it again."
    words = "its checks are made once its script has passed"
    return f"is {_state(view, step)}: {words}."


def _skip(view: RunView, step: Step) -> str:
    if step.gate:
        override = key_of("override")
        return f"is a gate: it cannot be skipped. {override} overrides it."
    if found := _busy(view, step):
        return found
    return f"is {_state(view, step)} already: there is nothing to skip."


def _restore(view: RunView, step: Step) -> str:
    return f"is not skipped ({_state(view, step)}): there is nothing to take back."


def _override(view: RunView, step: Step) -> str:
    if view.standings[step.id].status is Status.SKIPPED:
        return _busy(view, step)
    if found := _busy(view, step):
        return found
    return f"is {_state(view, step)} already: there is nothing to vouch for."


def _tick(view: RunView, step: Step) -> str:
    if found := _busy(view, step) or _waits(view, step):
        return found
    if kind_of(step) in ("manual", "choose") and (found := _must_wait(view, step)):
        return found
    return (
        f"is run, not ticked: {key_of('next_action')} runs it, "
        f"{key_of('override')} vouches for it."
    )


def _message(view: RunView, step: Step) -> str:
    if kind_of(step) != "message":
        return "is no message."
    return _busy(view, step) or _waits(view, step)


OF_WATCH = ("arm", "hold", "roll_back")

OF_STEP: Mapping[str, Callable[[RunView, Step], str]] = {
    "stop": _stop,
    "retry": _retry,
    "look_first": _look_first,
    "skip": _skip,
    "restore": _restore,
    "override": _override,
    "tick": _tick,
    "message": _message,
}
"""What is said of a step, by command."""
