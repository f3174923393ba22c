"""How an aside phase and the whole run end, and how far the run is. Pure."""

from __future__ import annotations

from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import PhaseLeft
from mobius_tui.run.planning.plan import Plan, is_live_output
from mobius_tui.run.planning.step_status import StepStatuses, step_statuses
from mobius_tui.run.state.added_steps import is_row_closed_by_parent
from mobius_tui.run.state.deliveries import (
    DELIVERY_STATUSES_NEEDING_PERSON,
    delivery_text,
)
from mobius_tui.run.state.fleet_state import PASSED_HOST_STATUSES
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.runbook.model.runbook import Step
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


def end_of_aside(
    plan: Plan, state: RunState, phase_id: str, *, passed: bool
) -> PhaseLeft:
    """The end of an aside phase: where the run goes on, and what is repaired by it.

    Args:
        plan: the run's.
        state: of the run, which is in the phase.
        phase_id: the phase.
        passed: whether it has passed.
    """
    phase, origin = plan.runbook.phase(phase_id), state.aside_frames[-1].from_step
    repaired = tuple(
        step.id
        for step in plan.steps.values()
        if state.steps[step.id].status in STATUSES_NEEDING_DECISION
        and (step.id == origin or plan.phase_of[step.id].id in phase.instead_of)
        and not is_row_closed_by_parent(state, step.id)
    )
    return PhaseLeft(
        phase=phase_id,
        passed=passed,
        to=None if phase.next in state.aside_steps else phase.next,
        recovered=repaired if passed else (),
    )


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
    then = "" if own.undone else f", then {undone_since_end_text(plan, state)}"
    return outcome, f"ended first as {own.first_outcome}{then}; {why}"


def undone_since_end_text(plan: Plan, state: RunState) -> str:
    """How far a run is undone since it had ended first, in words."""
    undone = state.reopening.undone if state.reopening is not None else ()
    return f"undone back to {plan.name(undone[-1])}" if undone else "nothing undone"


def _outcome_of_steps(plan: Plan, state: RunState) -> tuple[Outcome, str]:
    """How the steps stand, the worst first; each reason says what was undone.

    A run of which a step was undone is abandoned, also if nothing else is left to do:
    what the step was for is not there. Its reason never calls such a step not done.
    """
    statuses = step_statuses(plan, state)
    counted = [
        step
        for phase in plan.runbook.phases
        if not phase.aside or phase.id in state.entered_phases
        for step in phase.steps
        if not is_row_closed_by_parent(state, step.id)
    ]
    undone = _undone_text(plan, state)
    # An improvised command counts only where its end is unknown.
    improvised = improvised_phase(plan.runbook)
    lost = [
        plan.name(step.id)
        for step in (*counted, *(improvised.steps if improvised is not None else ()))
        if statuses[step.id].status is Status.UNKNOWN
    ]
    if lost:
        return Outcome.INCOMPLETE, _joined(
            f"{Status.UNKNOWN}: {', '.join(lost)}", undone
        )
    for status in sorted(STATUSES_NEEDING_DECISION - {Status.UNKNOWN}):
        names = [
            _name_with_rows(plan, state, step.id)
            for step in counted
            if statuses[step.id].status is status
        ]
        if names:
            return Outcome.FAILED, _joined(f"{status}: {', '.join(names)}", undone)
    open_ = [
        step.id
        for step in counted
        if statuses[step.id].status in (Status.PENDING, Status.WAITING, Status.RUNNING)
        and not step.optional
        and not _was_left_out(plan, state, step)
        and not (is_live_output(step) and statuses[step.id].status is Status.RUNNING)
    ]
    lacks_undone = any(
        statuses[step.id].status is Status.UNDONE and not step.optional
        for step in counted
    )
    if open_ or lacks_undone:
        left = f"not done: {_names(plan, open_)}" if open_ else ""
        return Outcome.ABANDONED, _joined(undone, left)
    skipped = [
        plan.name(step.id)
        for step in counted
        if statuses[step.id].status is Status.SKIPPED and not step.optional
    ]
    if skipped:
        return Outcome.INCOMPLETE, _joined(f"skipped: {', '.join(skipped)}", undone)
    done = "every step that applies is done"
    failures = [
        text for s in counted if (text := _tolerated_failure_text(plan, state, s.id))
    ]
    failures += [
        delivery_text(own)
        for own in state.deliveries
        if own.status in DELIVERY_STATUSES_NEEDING_PERSON
    ]
    return Outcome.COMPLETED, _joined(done, undone, *_first_failures(failures))


def _was_left_out(plan: Plan, state: RunState, step: Step) -> bool:
    """Whether an aside was left while a step of it did not apply, and never began.

    What is decided afterwards does not bring the run back into the aside.
    """
    phase = plan.phase_of[step.id]
    is_in_it = any(frame.phase == phase.id for frame in state.aside_frames)
    return phase.aside and not is_in_it and step.id in state.passed_over


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


MAX_STEPS_NAMED = 5
"""Steps not done, or undone, that a reason names at most."""


def _names(plan: Plan, steps: list[str]) -> str:
    names = ", ".join(plan.name(step) for step in steps[:MAX_STEPS_NAMED])
    more = len(steps) - MAX_STEPS_NAMED
    return f"{names} and {more} more" if more > 0 else names


def _undone_text(plan: Plan, state: RunState) -> str:
    """What stands undone, in words, and whether that is all; empty where nothing is."""
    undone = [
        step
        for step, own in state.steps.items()
        if own.status is Status.UNDONE and step not in state.rows_of
    ]
    if not undone:
        return ""
    is_all = "" if state.changes else ", which is all that its steps had changed"
    return f"undone: {_names(plan, undone)}{is_all}"


MAX_FAILURES_NAMED = 3
"""Tolerated failures, and messages that did not arrive, that the reason of a completed
run names at most."""


def _first_failures(texts: list[str]) -> tuple[str, ...]:
    """The first of some texts, and how many more there are."""
    more = len(texts) - MAX_FAILURES_NAMED
    counted = (f"{more} more went wrong",) if more > 0 else ()
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
        if not _was_left_out(plan, state, step)
    ]
    applicable = [s for s in counted if s is not Status.NOT_APPLICABLE]
    done = [
        s
        for s in applicable
        if s not in UNBEGUN_STATUSES | {Status.WAITING, Status.RUNNING}
        and s not in STATUSES_NEEDING_DECISION
    ]
    return len(done), len(applicable)
