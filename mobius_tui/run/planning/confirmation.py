"""What a person types: words that confirm, and names of approvers. Pure."""

from __future__ import annotations

import re

from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.step_status import StepStatuses
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import PASSED_STATUSES, Status
from mobius_tui.runbook.model.guards import guard_variables
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.targets import named_hosts
from mobius_tui.runbook.text.host_patterns import BadHostError, select_hosts


def step_confirmation_word(plan: Plan, state: RunState, step: Step, by: str) -> str:
    """The word that confirms a step; empty where none is wanted.

    It is the environment's name where that is protected, and the step's number where
    the runbook names no environment or protects none. Of a step on hosts it has their
    number behind it, where that is known: `production 120`. None is wanted once more
    where `step_confirmed_with` finds one.

    Args:
        plan: the run's.
        state: the run's.
        step: which would begin.
        by: the account by whose word it would.
    """
    if effect_of(step) != "destroy" or step_confirmed_with(plan, state, step, by):
        return ""
    word = _environment_or_number(plan, state, plan.numbers[step.id])
    hosts = host_count_if_begun(plan, state, step) if word else None
    return word if hosts is None else f"{word} {hosts}"


def step_confirmed_with(
    plan: Plan, state: RunState, step: Step, by: str
) -> Step | None:
    """The step whose confirmation holds for this one, too, by `confirmed_with`.

    It destroys, has passed and was not undone, and what this step reads, or its guard
    asks for, has the values that it had when that one began: who decides again confirms
    again. What one person typed confirms nothing for another, and nothing once the run
    was taken over: an account may be of several.

    Args:
        plan: the run's.
        state: the run's.
        step: which would begin.
        by: the account by whose word it would.
    """
    names = guard_variables(step.when).union(plan.variables_read[step.id])
    for other in filter(None, map(plan.steps.get, step.confirmed_with)):
        change = state.changes.get(other.id)
        if (
            change is not None
            and effect_of(other) == "destroy"
            and change.by == by != ""
            and not state.is_taken_over(
                state.steps[other.id].attempts[change.attempt - 1]
            )
            and state.steps[other.id].status in PASSED_STATUSES
            and all(
                state.variables.get(name) == change.variables.get(name)
                for name in names
            )
        ):
            return other
    return None


def steps_confirmed_with(
    plan: Plan, statuses: StepStatuses, step: Step
) -> tuple[Step, ...]:
    """The steps that a step's confirmation holds for, too, and that apply, in order.

    Those of another aside are not told: nobody goes there from here.
    """
    here = plan.phase_of[step.id]
    return tuple(
        each
        for each in plan.steps.values()
        if step.id in each.confirmed_with
        and (plan.phase_of[each.id] == here or not plan.phase_of[each.id].aside)
        and statuses[each.id].status is not Status.NOT_APPLICABLE
    )


def hosts_if_begun(plan: Plan, state: RunState, step: Step) -> tuple[str, ...] | None:
    """The hosts on which a step would begin now; `None` where that is not known.

    An inventory is read when the step begins: before that its hosts are known where
    another step has gone to them. `None`, too, for a step without `hosts`.
    """
    if step.rollout is None:
        return None
    fleet = state.fleets.get(step.id)
    if fleet is not None:
        return fleet.to_do
    target = plan.runbook.targets.get(step.rollout.target)
    if target is None or state.began is None:
        return None
    if target.inventory:
        shown = state.began.targets.get(target.name)
        lists = (
            own for each in state.fleets.values() for own in each.attempts.values()
        )
        found = (own for own in lists if own.attempt == 1 and own.sha256 == shown)
        same = next((own for own in found if own.target == target.name), None)
        return None if same is None else tuple(same.hosts)
    limit = state.began.limit
    try:
        names = named_hosts(target)
        return select_hosts((limit,), names) if limit else names
    except BadHostError:
        return None


def host_count_if_begun(plan: Plan, state: RunState, step: Step) -> int | None:
    """On how many hosts a step would begin now; `None` where that is not known."""
    hosts = hosts_if_begun(plan, state, step)
    return None if hosts is None else len(hosts)


def rollback_confirmation_word(plan: Plan, state: RunState, phase: Phase) -> str:
    """The word that confirms the rollback, once for all its steps; or empty.

    It is the environment's name where that is protected, even if no step of the phase
    destroys. Else it is the phase's number, if a step destroys and the runbook names no
    environment or protects none; otherwise no word is wanted.
    """
    if state.began is not None and state.began.protected:
        return state.began.environment or ""
    if all(effect_of(step) != "destroy" for step in phase.steps):
        return ""
    return _environment_or_number(plan, state, plan.phase_numbers[phase.id])


def undo_confirmation_word(plan: Plan, state: RunState) -> str:
    """The word that confirms leaving what cannot be undone; empty if none is wanted."""
    phase = plan.runbook.undo_phase
    return (
        _environment_or_number(plan, state, plan.phase_numbers[phase.id])
        if phase
        else ""
    )


def _environment_or_number(plan: Plan, state: RunState, number: str) -> str:
    if state.began is not None and state.began.protected:
        return state.began.environment or ""
    return number if has_no_protected_environment(plan.runbook) else ""


def has_no_protected_environment(runbook: Runbook) -> bool:
    """Whether a runbook declares no protected environment."""
    return runbook.environment is None or not runbook.protected


MAX_APPROVER_NAME_CHARS = 40
"""Characters of an approver's name at most."""
_APPROVER_NAME_PATTERN = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 ._@+-]*")
_LOOKALIKE_CHARACTERS = str.maketrans("0158|!", "oisbll")
"""Characters that look like letters, and those letters."""


def approver_name_problem(name: str, asker: str) -> str | None:
    """Why a typed name cannot be an approver's; None where it can.

    Args:
        name: as typed.
        asker: who asked for the approval.
    """
    if not name:
        return "an approver gives their name: --as NAME"
    if len(name) > MAX_APPROVER_NAME_CHARS:
        return f"a name has at most {MAX_APPROVER_NAME_CHARS} characters"
    if _APPROVER_NAME_PATTERN.fullmatch(name) is None:
        return (
            "a name is written with the letters a to z, digits, spaces and . _ @ + - "
            "alone, so that none can look like another"
        )
    if are_lookalikes(name, asker):
        return f"{read_as_text(name, asker)} asked for it; somebody else approves"
    return None


def read_as_text(name: str, known: str) -> str:
    """Whom a name stands for, where it is the same to whoever reads it: its subject."""
    return known if name == known else f"{name} is read as {known}, who"


def are_lookalikes(one: str, other: str) -> bool:
    """Whether two names are the same to whoever reads them."""
    return _lookalike_key(one) == _lookalike_key(other)


def _lookalike_key(name: str) -> str:
    found = (
        name.casefold()
        .translate(_LOOKALIKE_CHARACTERS)
        .replace("l", "i")
        .replace("rn", "m")
    )
    return re.sub(r"[^a-z0-9]", "", found)


def approval_phrase(name: str, step: str) -> str:
    """What an approver in the asker's own login types, word for word."""
    return f"{name} approves {step}"
