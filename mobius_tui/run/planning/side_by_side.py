"""Which steps run side by side, in a phase with `parallel`. Pure."""

from __future__ import annotations

from mobius_tui.run.planning.plan import Plan, effect_of, is_follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


def running_steps(plan: Plan, state: RunState) -> tuple[Step, ...]:
    """The steps that run now, other than those that follow, in the runbook's order."""
    return tuple(
        step
        for step in plan.steps.values()
        if state.steps[step.id].status is Status.RUNNING and not is_follower(step)
    )


def is_parallel(plan: Plan, step: Step) -> bool:
    """Whether a step may run beside others of its phase.

    It reads, or the runbook declares that it changes what no other one of them touches.
    """
    reads = effect_of(step) == "read"
    return plan.phase_of[step.id].parallel > 1 and (reads or step.independent)


def step_in_the_way(plan: Plan, state: RunState, step: Step) -> Step | None:
    """The running step that another one must wait for; None if it may begin now."""
    running = running_steps(plan, state)
    if not running or is_follower(step):
        return None
    phase = plan.phase_of[step.id]
    alone = [
        each
        for each in running
        if plan.phase_of[each.id].id != phase.id or not is_parallel(plan, each)
    ]
    if alone:
        return alone[0]
    if not is_parallel(plan, step) or len(running) >= phase.parallel:
        return running[0]
    return None
