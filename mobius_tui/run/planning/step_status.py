"""Where each step of a run stands: its own state, and what it waits for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mobius_tui.run.state.approvals import missing
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import OPEN, Status
from mobius_tui.runbook.model.guards import (
    Undecided,
    Values,
    evaluate_guard,
    why_guard_fails,
)
from mobius_tui.runbook.model.runbook import Step

if TYPE_CHECKING:
    from mobius_tui.run.planning.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """One thing that a step waits for."""

    kind: Literal["gate", "needs", "variable", "choice", "guard", "approval"]
    on: str
    """The id of a step, or the name of a variable."""
    text: str
    """For a person: `gate 2.1`, `needs 1.3`, `no backup_file yet`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepStatus:
    """A step's state, with what the plan adds to it."""

    status: Status
    waits: tuple[Wait, ...] = ()
    reason: str = ""
    is_passed_over: bool = False
    """Whether it does not apply because its guard does not hold."""


def step_statuses(plan: Plan, state: RunState) -> dict[str, StepStatus]:
    """Where every step stands."""
    replaced = _replaced(plan, state)
    values = {name: value.text for name, value in state.variables.items()}
    found: dict[str, StepStatus] = {}
    gate: str | None = None
    for phase in plan.runbook.phases:
        aside_gate: str | None = None
        for step in phase.steps:
            closed = aside_gate if phase.aside else gate
            standing = _standing(
                plan, state, step, closed, replaced.get(phase.id), values
            )
            found[step.id] = standing
            if step.gate and closed is None and standing.status not in OPEN:
                if phase.aside:
                    aside_gate = step.id
                else:
                    gate = step.id
    _needs(plan, state, found)
    return found


def _replaced(plan: Plan, state: RunState) -> dict[str, str]:
    """Phases that do not apply any more, and the phase that came instead."""
    return {
        old: phase.id
        for phase in plan.runbook.phases
        if phase.id in state.entered
        for old in phase.instead_of
    }


def _standing(
    plan: Plan,
    state: RunState,
    step: Step,
    gate: str | None,
    replaced: str | None,
    values: Values,
) -> StepStatus:
    own = state.steps[step.id]
    if own.status is not Status.PENDING:
        return StepStatus(status=own.status, reason=own.reason)
    if replaced is not None:
        title = plan.runbook.phase(replaced).title
        return StepStatus(
            status=Status.NOT_APPLICABLE, reason=f"{title} took its place"
        )
    waits: list[Wait] = []
    if step.when:
        verdict = evaluate_guard(step.when, values)
        if verdict.holds is False:
            reason = why_guard_fails(verdict, values)
            return StepStatus(
                status=Status.NOT_APPLICABLE, reason=reason, is_passed_over=True
            )
        waits.extend(_undecided(each) for each in verdict.open)
    if gate is not None:
        waits.append(Wait(kind="gate", on=gate, text=f"gate {plan.numbers[gate]}"))
    waits.extend(variables_awaited(plan, state, step.id))
    waits.extend(approval_awaited(plan, state, step))
    return StepStatus(
        status=Status.WAITING if waits else Status.PENDING, waits=tuple(waits)
    )


def _undecided(each: Undecided) -> Wait:
    """What a guard waits for: that a variable has a value, or one to compare."""
    kind: Literal["choice", "guard"] = "guard" if each.is_given else "choice"
    return Wait(kind=kind, on=each.name, text=each.words)


def variables_awaited(plan: Plan, state: RunState, step_id: str) -> Iterator[Wait]:
    """What a step reads and nothing has given a value yet."""
    for name in plan.reads[step_id]:
        if name not in state.variables or name in state.without:
            yield Wait(kind="variable", on=name, text=_no_value(plan, name))


def _no_value(plan: Plan, name: str) -> str:
    """That a variable has no value, and what gives it one, if that is the environment.

    A run knows no more of it than its host was given: whoever resumes it gives it.
    """
    source = plan.runbook.variables[name].from_env
    if source is None or name in plan.givers:
        return f"no {name} yet"
    return f"no {name} yet: set {source} and resume"


def approval_awaited(plan: Plan, state: RunState, step: Step) -> Iterator[Wait]:
    """What a step still wants of a second person."""
    text = missing(plan, state, step)
    if text and step.approve is not None:
        yield Wait(kind="approval", on=step.approve.role, text=text)


def _needs(plan: Plan, state: RunState, found: dict[str, StepStatus]) -> None:
    for step in plan.steps.values():
        standing = found[step.id]
        if not step.needs or standing.status not in (
            Status.PENDING,
            Status.WAITING,
        ):
            continue
        closed = tuple(
            Wait(kind="needs", on=need, text=f"needs {plan.numbers[need]}")
            for need in step.needs
            if found[need].status not in OPEN
        )
        if closed and state.steps[step.id].status is Status.PENDING:
            found[step.id] = StepStatus(
                status=Status.WAITING, waits=closed + standing.waits
            )
