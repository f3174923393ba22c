"""Whether a step is begun in the order that the runbook proposes. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.plan import Plan, follows
from mobius_tui.run.standings import Standing
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import BAD, Status

Standings = Mapping[str, Standing]
"""Where steps stand, by their ids."""

_NOT_DONE = frozenset({Status.PENDING, Status.WAITING}) | BAD


def is_out_of_order(
    plan: Plan, state: RunState, step_id: str, known: Standings | None = None
) -> bool:
    """Whether a step would be begun now while one before it is still to be done.

    What may be left out, or goes on beside the others, is in nobody's way.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        known: where each step stands, for whoever knows it already.
    """
    undone = undone_before(plan, state, step_id, known)
    return undone is None or bool(undone)


def undone_before(
    plan: Plan, state: RunState, step_id: str, known: Standings | None = None
) -> tuple[str, ...] | None:
    """The steps that are to be done before one; `None` where the run is not there.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        known: where each step stands, for whoever knows it already.
    """
    if follows(plan.steps[step_id]):
        return ()
    before = []
    for step in plan.in_order(state):
        if step.id == step_id:
            break
        if not step.optional and not follows(step):
            before.append(step.id)
    else:
        return None  # it is of a phase that the run is not in
    left = [each for each in before if state.steps[each].status in _NOT_DONE]
    if not left:
        return ()
    found = plan.standings(state) if known is None else known
    return tuple(each for each in left if found[each].status in _NOT_DONE)
