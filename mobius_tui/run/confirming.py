"""What has to be typed before something destroys. Pure."""

from __future__ import annotations

from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.state import RunState
from mobius_tui.runbook.model import Phase, Runbook, Step


def step_word(plan: Plan, state: RunState, step: Step) -> str:
    """The word that confirms a step; empty where none is wanted.

    It is the environment's name where that is protected, and the step's number where
    the runbook names no environment or protects none.
    """
    if effect_of(step) != "destroy":
        return ""
    return _word(plan, state, plan.numbers[step.id])


def rollback_word(plan: Plan, state: RunState, phase: Phase) -> str:
    """The word that confirms the rollback as a whole, once; empty where none is wanted.

    Where no environment is named that is the phase's number.
    """
    if state.began is not None and state.began.protected:
        return state.began.environment or ""
    if all(effect_of(step) != "destroy" for step in phase.steps):
        return ""
    return _word(plan, state, plan.phase_numbers[phase.id])


def _word(plan: Plan, state: RunState, number: str) -> str:
    if state.began is not None and state.began.protected:
        return state.began.environment or ""
    return number if protects_nothing(plan.runbook) else ""


def protects_nothing(runbook: Runbook) -> bool:
    """Whether a runbook says of no environment that it is to be handled with care."""
    return runbook.environment is None or not runbook.protected
