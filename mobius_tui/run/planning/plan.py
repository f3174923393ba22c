"""A runbook with its numbers and indexes, and what kind of thing a step is. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mobius_tui.run.events.growth_events import GrowthEvent, RowsAdded, StepImprovised
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status, StepState
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.for_each import row_of, undo_row_of, with_listing_steps
from mobius_tui.runbook.model.improvised import (
    IMPROVISED_PHASE,
    improvised_step,
    is_improvised,
    with_improvised,
)
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


def _grown(runbook: Runbook, event: GrowthEvent) -> Runbook:
    """The runbook with the steps that an event adds."""
    if isinstance(event, StepImprovised):
        step = improvised_step(
            runbook,
            id=event.step,
            script=event.script,
            title=event.title,
            effect=event.effect,
            after=event.after,
            by=event.improviser,
        )
        return with_improvised(runbook, step)
    phases = tuple(_with_rows(phase, event) for phase in runbook.phases)
    return replace(runbook, phases=phases)


def _with_rows(phase: Phase, event: RowsAdded) -> Phase:
    """A phase with the rows of an event inserted after their parent step.

    In the phase Undo, the steps that undo the rows go after the one that undoes the
    parent.
    """
    steps: list[Step] = []
    for step in phase.steps:
        steps.append(step)
        if event.step in (step.id, step.undo_of):
            make = undo_row_of if step.undo_of else row_of
            pairs = zip(event.rows, event.items, strict=True)
            steps += (make(step, row, item) for row, item in pairs)
    return (
        phase if len(steps) == len(phase.steps) else replace(phase, steps=tuple(steps))
    )


class Plan:
    """A runbook with the numbers of its steps, and indexes over it.

    A run's plan grows: `catch_up` adds the steps that joined the run. Its earlier
    collections are replaced and not changed, so they can still be read.
    """

    def __init__(self, runbook: Runbook) -> None:
        self.first_runbook = runbook
        """The runbook as the run began with it."""
        self.growth_count = 0
        """How many events have added steps; another number, other steps."""
        self.parent_of: Mapping[str, str] = {}
        """Rows → the step whose they are."""
        self.variables_read: Mapping[str, tuple[str, ...]] = {}
        self._index(with_listing_steps(runbook))

    def catch_up(self, state: RunState) -> None:
        """Add the steps that have joined the run up to this state of it.

        Args:
            state: the run's, not older than what was caught up with before.
        """
        if self.growth_count == len(state.growth):
            return
        runbook = self.runbook
        for event in state.growth[self.growth_count :]:
            runbook = _grown(runbook, event)
        self.growth_count, self.parent_of = len(state.growth), state.parent_of
        self._index(runbook)

    def at_start(self) -> Plan:
        """The plan before any step joined the run."""
        return Plan(self.first_runbook) if self.growth_count else self.copy()

    def copy(self) -> Plan:
        """An independent copy, which grows by itself."""
        return copy.copy(self)

    def _index(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.steps: Mapping[str, Step] = {s.id: s for s in runbook.steps()}
        self.main_phases = tuple(phase for phase in runbook.phases if not phase.aside)
        self.phase_of: Mapping[str, Phase] = {
            step.id: phase for phase in runbook.phases for step in phase.steps
        }
        self.phase_numbers: Mapping[str, str] = phase_numbers(runbook)
        self.numbers: Mapping[str, str] = self._numbers()
        known = self.variables_read
        self.variables_read = {
            step.id: known[step.id]
            if step.id in known
            else variables_read(step, runbook)
            for step in runbook.steps()
        }
        self.is_guarded = any(s.when or s.when_checks for s in runbook.steps())
        """Whether a step applies only where its guard holds."""
        self.has_listings = any(step.for_each for step in runbook.steps())
        """Whether a step is done for each of some items."""
        self.step_that_sets: Mapping[str, str] = {
            name: step.id
            for step in reversed(tuple(runbook.steps()))
            for name in variables_set(step)
        }
        """By variable, the first step that sets it."""

    def _numbers(self) -> dict[str, str]:
        """By step: 2.1, 2.2; the rows of 2.2 are 2.2.1, 2.2.2, and 2.3 stays 2.3.

        Improvised commands are !1, !2.
        """
        numbers: dict[str, str] = {}
        for phase in self.runbook.phases:
            counts: dict[str, int] = {}
            for step in phase.steps:
                parent = self.parent_of.get(step.id, "")
                counts[parent] = counts.get(parent, 0) + 1
                above = numbers[parent] if parent else self.phase_numbers[phase.id]
                dot = "" if is_improvised(phase) else "."
                numbers[step.id] = f"{above}{dot}{counts[parent]}"
        return numbers

    def name(self, step_id: str) -> str:
        """A step's number and title: `2.1 Restore`."""
        return f"{self.numbers[step_id]} {self.steps[step_id].title}"


def phase_numbers(runbook: Runbook) -> dict[str, str]:
    """By phase, its number on the main line, or its letter as an aside."""
    numbers: dict[str, str] = {}
    mains = asides = 0
    for phase in runbook.phases:
        if is_improvised(phase):
            numbers[phase.id] = IMPROVISED_PHASE
        elif phase.aside:
            letter = chr(ord("A") + asides) if asides < 26 else f"A{asides}"
            asides += 1
            numbers[phase.id] = letter
        else:
            mains += 1
            numbers[phase.id] = str(mains)
    return numbers
