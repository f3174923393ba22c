"""Which commands apply now, and what the footer calls them: pure judgement over a view.

The host judges every intent again; this decides what is offered.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.approvals import pending
from mobius_tui.run.plan import effect_of, follows, kind_of
from mobius_tui.run.rollback import in_the_way, rollback_of
from mobius_tui.run.steps import BAD, Status
from mobius_tui.runbook.model import Step
from mobius_tui.tui.offers import is_off, terminal_from
from mobius_tui.tui.sending import wants_a_person
from mobius_tui.tui.view import RunView

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
    busy = view.plan.busy(view.state)
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
    return in_the_way(view.plan, view.state) if waits else None


def of_watch(view: RunView) -> set[str]:
    """What can be done about triggers; the rollback is made once in a run."""
    watch = view.state.watch
    if rollback_of(view.plan) is None or watch.begun is not None:
        return set()
    if view.host is None or view.state.ended is not None:
        return set()
    found = set()
    if watch.armed or not view.runbook.blocking:
        found.add("arm")
    fired = watch.alarms or watch.countdown is not None
    if fired and in_the_way(view.plan, view.state) is None:
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
    busy = view.plan.busy(view.state)
    return None if busy is None or busy.id == step.id or follows(step) else busy


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
        ended and view.plan.waits_of_retry(view.state, step.id)
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
        ended and view.own(step.id).stale
    ):
        found.add("override")
    return found
