"""The status of each step of a run, and what it waits for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from mobius_tui.run.planning.approval_rules import (
    current_approval,
    missing_approval_text,
)
from mobius_tui.run.planning.lost_secrets import lost_secret_waits
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.undoing import undo_not_applicable_text
from mobius_tui.run.state.added_steps import is_row_done
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    PASSED_STATUSES,
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.runbook.model.guards import (
    GuardValues,
    GuardVerdict,
    Undecided,
    evaluate_guard,
    not_for_text,
    why_guard_fails,
)
from mobius_tui.runbook.model.runbook import Step


class Wait(Struct, frozen=True, kw_only=True):
    """One thing that a step waits for."""

    kind: Literal["gate", "needs", "variable", "choice", "guard", "approval", "secret"]
    """What it waits for; `choice` and `guard` are both of its guard. With `choice`, a
    variable in the guard has no value yet, whatever sets it; with `guard`, it has a
    value that cannot be compared."""
    on: str
    """The id of a step, the name of a variable, or the role that approves."""
    text: str
    """In words for a person: `gate 2.1`, `needs 1.3`, `no backup_file yet`."""


class StepStatus(Struct, frozen=True, kw_only=True):
    """A step's status in the state, with what the plan adds to it."""

    status: Status
    waits: tuple[Wait, ...] = ()
    """What it waits for before it may begin; an undone step, before it begins again."""
    reason: str = ""
    is_guard_false: bool = False
    """Whether its guard does not hold, so that it does not begin: it is `not
    applicable`, or `unknown`."""
    found_by_guard_check: bool = False
    """Whether a check of the guard found that, so that beginning the step checks
    again."""
    not_for: str = ""
    """Why it does not apply, short: `not for code` where its guard does not hold, or
    that another phase took the place of its own; empty for other reasons."""


StepStatuses = Mapping[str, StepStatus]
"""Of every step, by its id."""


def step_statuses(plan: Plan, state: RunState) -> dict[str, StepStatus]:
    """The status of every step, by its id."""
    replaced = _replaced_phases(plan, state)
    values = {name: value.text for name, value in state.variables.items()}
    statuses: dict[str, StepStatus] = {}
    gate: str | None = None
    for phase in plan.runbook.phases:
        aside_gate: str | None = None
        for step in phase.steps:
            closed = aside_gate if phase.aside else gate
            parent = statuses.get(plan.parent_of.get(step.id, ""))
            if parent is not None and _is_decided_against(state, step, parent):
                own = _not_for(state, step, parent.reason, parent.not_for)
            else:
                over = replaced.get(phase.id)
                own = _own_status(plan, state, step, closed, over, values)
            statuses[step.id] = own
            if step.gate and closed is None and own.status not in GATE_OPENING_STATUSES:
                if phase.aside:
                    aside_gate = step.id
                else:
                    gate = step.id
    _add_needs(plan, state, statuses)
    return statuses


def waits_of_retry(plan: Plan, state: RunState, step_id: str) -> tuple[Wait, ...]:
    """The missing variables and approval that a retry of a step would wait for."""
    variables = _variables_awaited(plan, state, step_id)
    lost = _lost_secrets_awaited(plan, state, step_id)
    return (*variables, *lost, *approval_awaited(plan, state, plan.steps[step_id]))


def _replaced_phases(plan: Plan, state: RunState) -> dict[str, str]:
    """The phases that do not apply any more → the phase that replaced each."""
    return {
        old: phase.id
        for phase in plan.runbook.phases
        if phase.id in state.entered_phases
        for old in phase.instead_of
    }


def _own_status(
    plan: Plan,
    state: RunState,
    step: Step,
    gate: str | None,
    replaced: str | None,
    values: GuardValues,
) -> StepStatus:
    own = state.steps[step.id]
    if against := _decided_against(plan, state, step, values):
        return against
    if own.status is Status.UNDONE:
        return _undone_status(plan, state, step, gate, replaced, values)
    if own.status not in (Status.PENDING, Status.NOT_APPLICABLE):
        return StepStatus(status=own.status, reason=own.reason)
    if not_undone := undo_not_applicable_text(plan, state, step):
        last = own.last_attempt
        if last is not None and last.status in PASSED_STATUSES:
            return StepStatus(status=last.status)  # it ran earlier, and passed
        return StepStatus(status=Status.NOT_APPLICABLE, reason=not_undone)
    if replaced is not None:
        title = plan.runbook.phase(replaced).title
        why = f"{title} took its place"
        return StepStatus(status=Status.NOT_APPLICABLE, reason=why, not_for=why)
    if own.status is Status.NOT_APPLICABLE:
        return StepStatus(
            status=own.status,
            reason=own.reason,
            is_guard_false=True,
            found_by_guard_check=True,
        )
    guard_waits: tuple[Wait, ...] = ()
    if step.when:
        verdict = evaluate_guard(step.when, values, plan.variable_titles)
        if verdict.holds is False:
            return _not_for(state, step, *_why_not_for(plan, verdict, values))
        guard_waits = tuple(_guard_wait(each) for each in verdict.undecided)
    waits = (*guard_waits, *_waits_before_start(plan, state, step, gate))
    return StepStatus(status=Status.WAITING if waits else Status.PENDING, waits=waits)


_LEFT_OPEN_STATUSES = STATUSES_NEEDING_DECISION | {Status.SKIPPED, Status.UNDONE}
"""Statuses of a step that was begun or passed over and still asks for something, or
lacks something: with a guard that does not hold any more it does neither."""


def _decided_against(
    plan: Plan, state: RunState, step: Step, values: GuardValues
) -> StepStatus | None:
    """That of a step that a decision left behind; `None` for any other.

    It was begun, or skipped, while its guard held, and nothing of it is done. A
    variable that the step has set itself decides nothing: a step that has failed says
    so, whatever it has printed.
    """
    if not step.when or state.steps[step.id].status not in _LEFT_OPEN_STATUSES:
        return None
    verdict = evaluate_guard(step.when, values, plan.variable_titles)
    by_itself = any(
        name in state.variables and state.variables[name].step == step.id
        for name in verdict.names
    )
    if verdict.holds is not False or by_itself:
        return None
    return _not_for(state, step, *_why_not_for(plan, verdict, values))


def _why_not_for(
    plan: Plan, verdict: GuardVerdict, values: GuardValues
) -> tuple[str, str]:
    """Why a guard does not hold, and the same in short."""
    titles = plan.variable_titles
    reason = why_guard_fails(verdict, values, titles)
    return reason, not_for_text(verdict, values, plan.decided_variables, titles)


def _is_decided_against(state: RunState, row: Step, parent: StepStatus) -> bool:
    """Whether a row is left behind with the step that it is a row of."""
    is_open = state.steps[row.id].status in _LEFT_OPEN_STATUSES | {Status.PENDING}
    return is_open and parent.is_guard_false and not parent.found_by_guard_check


def _not_for(state: RunState, step: Step, reason: str, not_for: str) -> StepStatus:
    """That of a step whose guard does not hold: not applicable.

    Of a step that changes something and of which nobody knows how far it got, that
    stays so: no decision tells how the world is.
    """
    own = state.steps[step.id]
    if own.status is Status.UNKNOWN and effect_of(step) != "read":
        return StepStatus(
            status=own.status,
            reason=own.reason,
            is_guard_false=True,
            not_for=not_for,
        )
    if own.status in _LEFT_OPEN_STATUSES:
        before = f": {own.reason}" if own.reason else ""
        reason = f"{reason}; {own.status} before that{before}"
    return StepStatus(
        status=Status.NOT_APPLICABLE,
        reason=reason,
        is_guard_false=True,
        not_for=not_for,
    )


def _undone_status(
    plan: Plan,
    state: RunState,
    step: Step,
    gate: str | None,
    replaced: str | None,
    values: GuardValues,
) -> StepStatus:
    """That of a step that was undone, with what it waits for before it begins again."""
    waits: tuple[Wait, ...] = ()
    if replaced is not None:
        text = f"{plan.runbook.phase(replaced).title} took its place"
        waits = (Wait(kind="guard", on=step.id, text=text),)
    elif step.when:
        verdict = evaluate_guard(step.when, values, plan.variable_titles)
        waits = tuple(_guard_wait(each) for each in verdict.undecided)
    return StepStatus(
        status=Status.UNDONE,
        waits=(*waits, *_waits_before_start(plan, state, step, gate)),
        reason=state.steps[step.id].reason,
    )


def _waits_before_start(
    plan: Plan, state: RunState, step: Step, gate: str | None
) -> Iterator[Wait]:
    """What a step waits for apart from its guard: gate, rows, variables, approval."""
    if gate is not None:
        yield Wait(kind="gate", on=gate, text=f"gate {plan.numbers[gate]}")
    yield from _rows_awaited(state, step.id)
    yield from _variables_awaited(plan, state, step.id)
    yield from _lost_secrets_awaited(plan, state, step.id)
    yield from approval_awaited(plan, state, step)


def _rows_awaited(state: RunState, step_id: str) -> Iterator[Wait]:
    """The rows of a step that are still to be done."""
    rows = state.rows_of.get(step_id, ())
    undone = [row for row in rows if not is_row_done(state, row)]
    if undone:
        text = f"{len(undone)} row{'s' * (len(undone) > 1)} left"
        yield Wait(kind="needs", on=undone[0], text=text)


def _guard_wait(each: Undecided) -> Wait:
    """What a guard waits for: that a variable has a value, or one to compare."""
    kind: Literal["choice", "guard"] = "guard" if each.is_given else "choice"
    return Wait(kind=kind, on=each.name, text=each.words)


def _variables_awaited(plan: Plan, state: RunState, step_id: str) -> Iterator[Wait]:
    """The variables that a step reads and that have no value yet."""
    variables = state.variables_for(step_id)
    change = state.change_to_be_undone_by(step_id)
    for name in plan.variables_read[step_id]:
        if plan.runbook.variables[name].is_fetched:
            continue  # the host gets it when the step is started
        if name in variables and name not in state.lost_secrets:
            continue
        text = _no_value_text(plan, name)
        if change is not None and name not in variables:
            done = plan.numbers[plan.steps[step_id].undo_of]
            text = f"no {name}: attempt {change.attempt} of {done} had none"
        yield Wait(kind="variable", on=name, text=text)


def _lost_secrets_awaited(plan: Plan, state: RunState, step_id: str) -> Iterator[Wait]:
    """The lost secrets that a step could print, beside those that it reads."""
    read = {each.on for each in _variables_awaited(plan, state, step_id)}
    for name, why in lost_secret_waits(plan, state, step_id):
        if name not in read:
            yield Wait(kind="secret", on=name, text=why)


def _no_value_text(plan: Plan, name: str) -> str:
    """That a variable has no value, and how to give it one from the environment.

    The host has only the environment that it was started with: resuming the run with
    the variable set gives it the value.
    """
    source = plan.runbook.variables[name].from_env
    if source is None or name in plan.step_that_sets:
        return f"no {name} yet"
    return f"no {name} yet: set {source} and resume"


def approval_awaited(plan: Plan, state: RunState, step: Step) -> Iterator[Wait]:
    """The approval that a step still lacks."""
    text = missing_approval_text(plan, state, step)
    if text and step.approve is not None:
        yield Wait(kind="approval", on=step.approve.role, text=text)


def steps_awaiting_approval(
    plan: Plan, state: RunState, statuses: StepStatuses | None = None
) -> tuple[Step, ...]:
    """The steps whose approval is asked for, and not yet complete.

    Args:
        plan: the runbook's.
        state: the run's.
        statuses: what `step_statuses` returns for them, where the caller has it.
    """
    asked = [
        plan.steps[step_id] for step_id in state.approvals if step_id in plan.steps
    ]
    if asked and statuses is None:
        statuses = step_statuses(plan, state)
    return tuple(
        step
        for step in asked
        if statuses is not None
        and statuses[step.id].status not in (Status.RUNNING, Status.NOT_APPLICABLE)
        and (approval := current_approval(plan, state, step)) is not None
        and not approval.is_complete
    )


def _add_needs(plan: Plan, state: RunState, statuses: dict[str, StepStatus]) -> None:
    """Let steps wait for those that they need."""
    for step in plan.steps.values():
        own = statuses[step.id]
        is_unbegun = own.status in UNBEGUN_STATUSES | {Status.WAITING}
        if not step.needs or not is_unbegun:
            continue
        closed = tuple(
            Wait(kind="needs", on=need, text=f"needs {plan.numbers[need]}")
            for need in step.needs
            if statuses[need].status not in GATE_OPENING_STATUSES
        )
        if closed and state.steps[step.id].status in UNBEGUN_STATUSES:
            undone = own.status is Status.UNDONE
            statuses[step.id] = StepStatus(
                status=Status.UNDONE if undone else Status.WAITING,
                waits=closed + own.waits,
                reason=own.reason,
            )
