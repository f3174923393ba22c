"""The improvised commands of a run, and the runbook's step before each. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mobius_tui.run.events.growth_events import StepImprovised
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import GATE_OPENING_STATUSES, Status
from mobius_tui.runbook.model.runbook import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class ImprovisedCommand:
    """A command that was in no step."""

    number: str
    """`!1`."""
    step: Step
    """The step that it was in the run."""
    status: Status
    """What came of it."""
    after: str | None
    """The id of the step of the runbook that it came after; `None` if after none."""

    @property
    def is_proposed(self) -> bool:
        """Whether to propose it for the runbook: it passed, and came after a step."""
        return self.after is not None and self.status in GATE_OPENING_STATUSES


def improvised_commands(plan: Plan, state: RunState) -> tuple[ImprovisedCommand, ...]:
    """The improvised commands of a run, in order.

    Args:
        plan: the run's.
        state: the run's.
    """
    events = [each for each in state.growth if isinstance(each, StepImprovised)]
    before = {event.step: event.after for event in events}
    own = {step.id for step in plan.first_runbook.steps()}

    def place(step_id: str | None) -> str | None:
        """The step of the runbook that a step is, or comes after."""
        while step_id is not None and step_id not in own:
            step_id = plan.parent_of.get(step_id) or before.get(step_id)
        return step_id

    return tuple(
        ImprovisedCommand(
            number=plan.numbers[event.step],
            step=plan.steps[event.step],
            status=state.steps[event.step].status,
            after=place(event.after),
        )
        for event in events
    )
