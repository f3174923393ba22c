"""Which commands apply now, and what the footer calls them: pure judgement over a view.

The host judges every intent again; this decides what is offered.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.approvals import pending
from mobius_tui.run.plan import kind_of
from mobius_tui.run.rollback import rollback_of
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
    own = view.own(step.id) if step is not None else None
    if step is not None and own is not None and own.status is Status.RUNNING:
        found.add("stop")
    if terminal_from(view, selected) is not None:
        found.add("terminal")
    if view.host is None or view.state.ended is not None:
        return frozenset(found)
    found.add("end_run")
    found |= _of_watch(view)
    if pending(view.plan, view.state):
        found.add("approve")
    if any(phase.aside for phase in view.runbook.phases):
        found.add("enter_phase")
    if step is not None:
        found |= _of_step(view, step)
    return frozenset(found)


def _of_watch(view: RunView) -> set[str]:
    """What can be done about triggers; the rollback is made once in a run."""
    watch = view.state.watch
    if rollback_of(view.plan) is None or watch.begun is not None:
        return set()
    found = {"arm"}
    if watch.alarms or watch.countdown is not None:
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
    if kind in ("run", "check", "watch") and ended:
        found.add("retry")
    if kind != "check" and status in HALFWAY and step.checks:
        found.add("look_first")
    if kind in ("manual", "choose") and (ended or status is Status.PENDING):
        found.add("tick")
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
