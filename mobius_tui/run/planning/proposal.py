"""What is to be done next in a run, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from mobius_tui.run.planning.plan import Plan, is_follower
from mobius_tui.run.planning.step_status import (
    StepStatus,
    StepStatuses,
    Wait,
    step_statuses,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import BAD_STATUSES, Status
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import variables_set

ProposalKind = Literal["start", "decide", "running", "wait", "end", "ended"]
"""Start a step, decide on one that failed, wait for one, end the run, or nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What is to be done next, and at which step."""

    kind: ProposalKind
    step: str | None = None
    text: str = ""


def running_step(plan: Plan, state: RunState) -> Step | None:
    """The step that runs now, other than those that run beside the others."""
    for step in plan.steps.values():
        running = state.steps[step.id].status is Status.RUNNING
        if running and not is_follower(step):
            return step
    return None


def steps_in_order(plan: Plan, state: RunState) -> Iterator[Step]:
    """The steps in the order in which they are proposed now.

    In an aside phase, its own; on the main line, from the phase that the run went
    to, and then what was left out before it.
    """
    if state.aside_frames:
        yield from plan.runbook.phase(state.aside_frames[-1].phase).steps
        return
    ids = [phase.id for phase in plan.main_phases]
    start = ids.index(state.main_line_phase) if state.main_line_phase in ids else 0
    for phase in (*plan.main_phases[start:], *plan.main_phases[:start]):
        yield from phase.steps


def steps_passed_over(
    plan: Plan, state: RunState, statuses: StepStatuses
) -> tuple[Step, ...]:
    """The steps that the run has come past since their guards do not hold.

    They stand before what is proposed now.
    """
    if not plan.is_guarded:
        return ()
    next_one = propose(plan, state, statuses).step
    before = takewhile(lambda step: step.id != next_one, steps_in_order(plan, state))
    return tuple(step for step in before if statuses[step.id].is_guard_false)


def propose(
    plan: Plan, state: RunState, statuses: StepStatuses | None = None
) -> Proposal:
    """What is to be done next.

    Args:
        plan: the runbook's.
        state: the run's.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    if state.ended is not None:
        return Proposal(kind="ended", text=state.ended.reason)
    statuses = step_statuses(plan, state) if statuses is None else statuses
    waiting: Step | None = None
    for step in steps_in_order(plan, state):
        own = statuses[step.id]
        if own.status is Status.RUNNING and not is_follower(step):
            return Proposal(kind="running", step=step.id)
        if own.status in BAD_STATUSES:
            return Proposal(kind="decide", step=step.id, text=own.reason)
        if own.status is Status.WAITING and waiting is None:
            waiting = step
        if own.status is Status.PENDING and (
            waiting is None or _sets_awaited(step, statuses[waiting.id])
        ):
            return Proposal(kind="start", step=step.id)
    if waiting is None:
        return Proposal(kind="end")
    waits = statuses[waiting.id].waits
    text = ", ".join(_wait_text(plan, wait, statuses) for wait in waits)
    return Proposal(kind="wait", step=waiting.id, text=text)


def _sets_awaited(step: Step, waiting: StepStatus) -> bool:
    """Whether a step sets what another waits for, and so comes before it."""
    return any(
        wait.on == step.id or wait.on in variables_set(step) for wait in waiting.waits
    )


def _wait_text(plan: Plan, wait: Wait, statuses: StepStatuses) -> str:
    """A wait, with what could end it."""
    if wait.kind not in ("variable", "choice", "guard"):
        return wait.text
    giver = plan.step_that_sets.get(wait.on)
    if giver is None:
        return wait.text
    skipped = statuses[giver].status is Status.SKIPPED
    do = "undo its skip" if skipped else "retry that"
    return f"{wait.text} ({plan.numbers[giver]} gives it: {do})"


_NOT_DONE = frozenset({Status.PENDING, Status.WAITING}) | BAD_STATUSES


def is_out_of_order(
    plan: Plan, state: RunState, step_id: str, statuses: StepStatuses | None = None
) -> bool:
    """Whether a step would begin now while one before it is still to be done.

    Steps that are optional, or run beside the others, do not count.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    undone = undone_steps_before(plan, state, step_id, statuses)
    return undone is None or bool(undone)


def undone_steps_before(
    plan: Plan, state: RunState, step_id: str, statuses: StepStatuses | None = None
) -> tuple[str, ...] | None:
    """The steps that are to be done before one; `None` in a phase the run is not in.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    if is_follower(plan.steps[step_id]):
        return ()
    before = []
    for step in steps_in_order(plan, state):
        if step.id == step_id:
            break
        if not step.optional and not is_follower(step):
            before.append(step.id)
    else:
        return None  # it is of a phase that the run is not in
    undone = [each for each in before if state.steps[each].status in _NOT_DONE]
    if not undone:
        return ()
    statuses = step_statuses(plan, state) if statuses is None else statuses
    return tuple(each for each in undone if statuses[each].status in _NOT_DONE)
