"""Which steps run side by side: of a phase, or rows of a step. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui.run.planning.plan import Plan, effect_of, is_follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


@dataclass(frozen=True, slots=True)
class Group:
    """The steps beside which one may run: those of its phase, or the rows with it."""

    phase: str
    parent: str | None
    """The step whose rows they are; `None` for the steps of a phase."""
    parallel: int
    """How many of them may run side by side; 0 for one after the other."""


def group_of(plan: Plan, step: Step) -> Group:
    """The group of a step."""
    phase, parent = plan.phase_of[step.id], plan.parent_of.get(step.id)
    each = plan.steps[parent].for_each if parent is not None else None
    parallel = phase.parallel if parent is None else each.parallel if each else 0
    return Group(phase.id, parent, parallel)


def is_of_a_group(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two are steps of one parallel phase, or rows of one step."""
    group = group_of(plan, step)
    of_several = group.parent is not None or group.parallel > 1
    return of_several and group_of(plan, other) == group


def is_beside_others(plan: Plan, step_id: str) -> bool:
    """Whether others may run at the same time, so that its lines want its number."""
    return group_of(plan, plan.steps[step_id]).parallel > 1


def running_steps(plan: Plan, state: RunState) -> tuple[Step, ...]:
    """The steps that run now, other than those that follow, in the runbook's order."""
    return tuple(
        step
        for step in plan.steps.values()
        if state.steps[step.id].status is Status.RUNNING and not is_follower(step)
    )


def is_parallel(plan: Plan, step: Step) -> bool:
    """Whether a step may run beside others of its group.

    It reads, or the runbook declares that it changes what no other one of them touches,
    as `parallel` on a step with rows does for each of these.
    """
    group = group_of(plan, step)
    reads = effect_of(step) == "read"
    free = reads or step.independent or group.parent is not None
    return group.parallel > 1 and free


def step_in_the_way(plan: Plan, state: RunState, step: Step) -> Step | None:
    """The running step that another one must wait for; None if it may begin now."""
    running = running_steps(plan, state)
    if not running or is_follower(step):
        return None
    group = group_of(plan, step)
    alone = [
        each
        for each in running
        if group_of(plan, each) != group or not is_parallel(plan, each)
    ]
    if alone:
        return alone[0]
    if not is_parallel(plan, step) or len(running) >= group.parallel:
        return running[0]
    return None
