"""A runbook with its numbers and indexes, and what kind of thing a step is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mobius_tui.run.state.step_state import Status, StepState
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.templates import variables_read, variables_set

StepKind = Literal["run", "manual", "message", "choose", "watch", "check"]
"""The kind of a step's action; `check` where it only verifies."""


def kind_of(step: Step) -> StepKind:
    """The kind of a step's action."""
    match step.action:
        case Run():
            return "run"
        case Manual():
            return "manual"
        case SendMessage():
            return "message"
        case Choose():
            return "choose"
        case Watch():
            return "watch"
        case None:
            return "check"


def effect_of(step: Step) -> str:
    """`read`, `change` or `destroy`, as a script declares it; `read` for all else."""
    return step.action.effect if isinstance(step.action, Run) else "read"


def is_follower(step: Step) -> bool:
    """Whether a step runs beside the others until it is stopped."""
    return isinstance(step.action, Run) and step.action.follow


def has_terminal(step: Step) -> bool:
    """Whether a step's script has a terminal that people attach to."""
    return isinstance(step.action, Run) and step.action.tty


def will_retry(step: Step, state: StepState) -> bool:
    """Whether another attempt follows by itself, as the step's `retry` says."""
    return (
        step.retry is not None
        and state.status in (Status.FAILED, Status.TIMED_OUT)
        and len(state.attempts) < step.retry.attempts
    )


class Plan:
    """A runbook with the numbers of its steps, and indexes over it."""

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.steps: Mapping[str, Step] = {s.id: s for s in runbook.steps()}
        self.main_phases = tuple(phase for phase in runbook.phases if not phase.aside)
        self.phase_of: Mapping[str, Phase] = {
            step.id: phase for phase in runbook.phases for step in phase.steps
        }
        self.phase_numbers: Mapping[str, str] = phase_numbers(runbook)
        self.numbers: Mapping[str, str] = {
            step.id: f"{self.phase_numbers[phase.id]}.{place}"
            for phase in runbook.phases
            for place, step in enumerate(phase.steps, 1)
        }
        self.variables_read: Mapping[str, tuple[str, ...]] = {
            step.id: variables_read(step, runbook) for step in runbook.steps()
        }
        self.is_guarded = any(step.when for step in runbook.steps())
        """Whether a step applies only where its guard holds."""
        self.step_that_sets: Mapping[str, str] = {
            name: step.id
            for step in reversed(tuple(runbook.steps()))
            for name in variables_set(step)
        }
        """By variable, the first step that sets it."""

    def name(self, step_id: str) -> str:
        """A step's number and title: `2.1 Restore`."""
        return f"{self.numbers[step_id]} {self.steps[step_id].title}"


def phase_numbers(runbook: Runbook) -> dict[str, str]:
    """By phase, its number on the main line, or its letter as an aside."""
    numbers: dict[str, str] = {}
    mains = asides = 0
    for phase in runbook.phases:
        if phase.aside:
            letter = chr(ord("A") + asides) if asides < 26 else f"A{asides}"
            asides += 1
            numbers[phase.id] = letter
        else:
            mains += 1
            numbers[phase.id] = str(mains)
    return numbers
