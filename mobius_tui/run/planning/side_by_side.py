"""Which steps run side by side: of a phase, or rows of a step. Pure."""

from __future__ import annotations

from mobius_tui.run.planning.plan import Plan, effect_of, is_follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


def are_in_one_group(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two are steps of one parallel phase, or rows of one step."""
    phase = plan.phase_of[step.id]
    is_same = phase is plan.phase_of[other.id]
    return (is_same and phase.parallel > 1) or _are_rows_of_one(plan, step, other)


def may_have_steps_beside(plan: Plan, step_id: str) -> bool:
    """Whether other steps may run at the same time: output lines need its number."""
    rows = _rows_side_by_side(plan, plan.parent_of.get(step_id))
    return max(plan.phase_of[step_id].parallel, rows) > 1


def running_steps(plan: Plan, state: RunState) -> tuple[Step, ...]:
    """The steps that run now, other than those that follow, in the runbook's order."""
    # Most often none runs, of perhaps ten thousand, and screens ask every second.
    running = {i for i, own in state.steps.items() if own.status is Status.RUNNING}
    if len(running) < 2:
        found = [plan.steps[step_id] for step_id in running]
    else:
        found = [step for step in plan.steps.values() if step.id in running]
    return tuple(step for step in found if not is_follower(step))


def may_run_beside(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two steps may run at the same time.

    Steps of a parallel phase may if each of them only reads, or is declared
    `independent`. Rows of one step may if the step's `for_each` says `parallel`. No
    other steps may.
    """
    if _are_rows_of_one(plan, step, other):
        return _rows_side_by_side(plan, plan.parent_of[step.id]) > 1
    if not are_in_one_group(plan, step, other):
        return False
    return all(effect_of(each) == "read" or each.independent for each in (step, other))


def step_blocking_start(plan: Plan, state: RunState, step: Step) -> Step | None:
    """The running step that another one must wait for; None if it may begin now."""
    running = running_steps(plan, state)
    if not running or is_follower(step):
        return None
    for other in running:
        if not may_run_beside(plan, step, other):
            return other
    rows = [other for other in running if _are_rows_of_one(plan, step, other)]
    if rows and len(rows) >= _rows_side_by_side(plan, plan.parent_of[step.id]):
        return rows[0]
    phase = plan.phase_of[step.id]
    return running[0] if 1 < phase.parallel <= len(running) else None


def _are_rows_of_one(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two steps are rows of the same step."""
    parent = plan.parent_of.get(step.id)
    return parent is not None and parent == plan.parent_of.get(other.id)


def _rows_side_by_side(plan: Plan, parent: str | None) -> int:
    """How many rows of a step may run side by side; 0 for one after the other."""
    each = plan.steps[parent].for_each if parent is not None else None
    return each.parallel if each is not None else 0
