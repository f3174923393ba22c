"""Which steps a screen may begin one after the other until a person is needed. Pure.

A person asks for this on a screen; `--auto` is another thing, done by the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.planning.plan import (
    effect_of,
    has_terminal,
    kind_of,
)
from mobius_tui.run.planning.proposal import steps_in_order
from mobius_tui.run.planning.situation import Refused, Situation
from mobius_tui.run.state.added_steps import is_row_closed_by_parent
from mobius_tui.run.state.step_state import Status, will_retry
from mobius_tui.runbook.effects.command_effects import TABLE_EFFECTS
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.step_text import EFFECT_VERBS

_KINDS_DONE_BY_PERSON = ("manual", "message", "choose")


def next_step_without_person(
    situation: Situation, max_effect: Effect, phase: str | None = None
) -> Step | str | None:
    """The next step to begin without a person.

    Args:
        situation: the run, and who asks.
        max_effect: the heaviest effect that a step may have.
        phase: the id of the only phase that it goes on in; None for the whole run.

    Returns:
        The step to begin; or why none is begun, in words: somebody is needed, or
        nothing is left to do; or None while a step runs, or will be tried again by
        itself.
    """
    plan, state = situation.plan, situation.state
    proposal = situation.proposal
    if proposal.kind == "running":
        return None
    step = plan.steps.get(proposal.step or "")
    if step is None:
        if proposal.text:
            return f"{proposal.text}: nothing goes on by itself past that"
        return "nothing is left to be done"
    own_phase, name = plan.phase_of[step.id], plan.name(step.id)
    if phase is not None and own_phase.id != phase:
        return f"{plan.runbook.phase(phase).title} is done"
    if proposal.kind == "decide":
        if will_retry(step.retry, state.steps[step.id]):
            return None
        return f"{name}: {state.steps[step.id].status}"
    if proposal.kind == "wait":
        return f"{name} waits: {proposal.text}"
    if why := _person_needed_text(step, max_effect):
        return f"{name} {why}"
    action = StartStep(step=step.id, attempt=situation.next_attempt(step))
    permission = decide(action, situation)
    return permission.text if isinstance(permission, Refused) else step


def can_go_on_without_person(situation: Situation, max_effect: Effect) -> bool:
    """Whether at least two steps could begin before a person is needed.

    Args:
        situation: the run, and who asks.
        max_effect: the heaviest effect that a step may have.
    """
    if not isinstance(next_step_without_person(situation, max_effect), Step):
        return False
    two = islice(steps_before_person_needed(situation, max_effect), 2)
    return len(list(two)) == 2


def steps_before_person_needed(
    situation: Situation, max_effect: Effect, phase: str | None = None
) -> Iterator[Step]:
    """The open steps before the first one that needs a person, in order.

    They are found one by one: of a long runbook the first ones may be enough.

    Args:
        situation: the run, and who asks.
        max_effect: the heaviest effect that a step may have.
        phase: the id of the only phase that it is about; None for the whole run.
    """
    plan = situation.plan
    for step in steps_in_order(plan, situation.state):
        status = situation.statuses[step.id].status
        is_open = status in (Status.PENDING, Status.WAITING)
        if not is_open or is_row_closed_by_parent(situation.state, step.id):
            continue
        if _person_needed_text(step, max_effect):
            return
        if phase in (None, plan.phase_of[step.id].id):
            yield step


def _person_needed_text(step: Step, max_effect: Effect) -> str | None:
    """Why a step needs a person in any state of the run; None if it does not."""
    if kind_of(step) in _KINDS_DONE_BY_PERSON:
        return "wants a person"
    if has_terminal(step):
        return "wants a person at a terminal"
    if step.approve is not None:
        return "wants an approval"
    effect = effect_of(step)
    if TABLE_EFFECTS.index(effect) > TABLE_EFFECTS.index(max_effect):
        return EFFECT_VERBS[effect]
    return None
