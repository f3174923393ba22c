"""How an aside phase and the whole run end, and how far the run is. Pure."""

from __future__ import annotations

from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.planning.plan import Plan, is_live_output
from mobius_tui.run.planning.step_status import StepStatuses, step_statuses
from mobius_tui.run.state.added_steps import is_row_closed_by_parent
from mobius_tui.run.state.fleet_state import PASSED_HOST_STATUSES
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    Status,
)
from mobius_tui.runbook.model.runtime_steps import improvised_phase


def aside_outcome(plan: Plan, state: RunState) -> tuple[str, bool] | None:
    """The aside phase that has reached its end, and whether it passed."""
    if not state.aside_frames:
        return None
    phase = plan.runbook.phase(state.aside_frames[-1].phase)
    statuses = step_statuses(plan, state)
    counted = [
        step
        for step in phase.steps
        if not is_live_output(step) and not is_row_closed_by_parent(state, step.id)
    ]
    own = [statuses[step.id].status for step in counted]
    if any(s not in GATE_OPENING_STATUSES and s is not Status.SKIPPED for s in own):
        return None
    passed = all(
        statuses[step.id].status in GATE_OPENING_STATUSES or step.optional
        for step in counted
    )
    return phase.id, passed


def run_outcome(plan: Plan, state: RunState) -> tuple[Outcome, str]:
    """How the run would end if it ended now, and why, in words.

    One that was opened again, and in which nothing was begun to be undone since, ends
    as it had ended. Else it ends as its steps stand by then; the words say how it had
    ended first.
    """
    own = state.reopening
    if own is None:
        return _outcome_of_steps(plan, state)
    if not own.begun:
        return own.ended.outcome, own.ended.reason
    outcome, why = _outcome_of_steps(plan, state)
    done = undone_text(plan, state)
    return outcome, f"ended first as {own.first_outcome}, then {done}; {why}"


def undone_text(plan: Plan, state: RunState) -> str:
    """How far a run is undone since it had ended first, in words."""
    undone = state.reopening.undone if state.reopening is not None else ()
    return f"undone back to {plan.name(undone[-1])}" if undone else "nothing undone"


def _outcome_of_steps(plan: Plan, state: RunState) -> tuple[Outcome, str]:
    statuses = step_statuses(plan, state)
    counted = [
        step
        for phase in plan.runbook.phases
        if not phase.aside or phase.id in state.entered_phases
        for step in phase.steps
        if not is_row_closed_by_parent(state, step.id)
    ]
    # An improvised command counts only where its end is unknown.
    improvised = improvised_phase(plan.runbook)
    lost = [
        plan.name(step.id)
        for step in (*counted, *(improvised.steps if improvised is not None else ()))
        if statuses[step.id].status is Status.UNKNOWN
    ]
    if lost:
        return Outcome.INCOMPLETE, f"{Status.UNKNOWN}: {', '.join(lost)}"
    for status in sorted(STATUSES_NEEDING_DECISION - {Status.UNKNOWN}):
        names = [
            _name_with_rows(plan, state, step.id)
            for step in counted
            if statuses[step.id].status is status
        ]
        if names:
            return Outcome.FAILED, f"{status}: {', '.join(names)}"
    open_ = [
        plan.name(step.id)
        for step in counted
        if statuses[step.id].status in (Status.PENDING, Status.WAITING, Status.RUNNING)
        and not step.optional
        and not (is_live_output(step) and statuses[step.id].status is Status.RUNNING)
    ]
    if open_:
        return Outcome.ABANDONED, f"not done: {', '.join(open_[:5])}" + (
            f" and {len(open_) - 5} more" if len(open_) > 5 else ""
        )
    skipped = [
        plan.name(step.id)
        for step in counted
        if statuses[step.id].status is Status.SKIPPED and not step.optional
    ]
    if skipped:
        return Outcome.INCOMPLETE, f"skipped: {', '.join(skipped)}"
    done = "every step that applies is done"
    failures = [
        text for s in counted if (text := _tolerated_failure_text(plan, state, s.id))
    ]
    return Outcome.COMPLETED, "; ".join((done, *_first_failures(failures)))


MAX_FAILURES_NAMED = 3
"""Tolerated failures that the reason of a completed run names at most."""


def _first_failures(texts: list[str]) -> tuple[str, ...]:
    """The first of some texts, and how many more there are."""
    more = len(texts) - MAX_FAILURES_NAMED
    counted = (f"{more} more failed",) if more > 0 else ()
    return (*texts[:MAX_FAILURES_NAMED], *counted)


def _tolerated_failure_text(plan: Plan, state: RunState, step_id: str) -> str:
    """A step's failure that the run went on past, in words; empty for none."""
    own, name = state.steps[step_id], plan.name(step_id)
    if own.status is Status.RECOVERED:
        phase = plan.runbook.phase(state.recovered_by[step_id]).title
        return f"{name} failed and was turned aside to {phase}"
    fleet = state.fleets.get(step_id)
    hosts = fleet.newest_states().values() if fleet is not None else ()
    has_failed = step_id in state.rows_of or any(
        h.status not in PASSED_HOST_STATUSES for h in hosts
    )
    if own.status is Status.WARNED and has_failed and own.reason:
        return f"{name} {own.status}: {own.reason}"
    return ""


def _name_with_rows(plan: Plan, state: RunState, step_id: str) -> str:
    """The name of a step that failed, with the rows of it that did."""
    own = state.steps[step_id]
    with_rows = step_id in state.rows_of and own.reason
    return plan.name(step_id) + (f" ({own.reason})" if with_rows else "")


def run_progress(
    plan: Plan, state: RunState, statuses: StepStatuses
) -> tuple[int, int]:
    """How many of the steps that apply are done, and how many apply.

    A step that was undone counts as not done; the steps that undo others do not count.
    """
    counted = [
        statuses[step.id].status
        for phase in plan.runbook.written_phases
        if not phase.aside or phase.id in state.entered_phases
        for step in phase.steps
    ]
    applicable = [s for s in counted if s is not Status.NOT_APPLICABLE]
    done = [
        s
        for s in applicable
        if s not in (Status.PENDING, Status.WAITING, Status.RUNNING)
        and s not in STATUSES_NEEDING_DECISION
    ]
    return len(done), len(applicable)
