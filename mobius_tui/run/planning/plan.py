"""A runbook's numbers and indexes, what kind a step is, and what runs at once. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Literal

from mobius_tui.run.events.step_events import (
    RowsAdded,
    StepAdditionEvent,
    StepImprovised,
)
from mobius_tui.run.planning.variables import NoValueError, Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.filled_titles import (
    TitleUse,
    has_templates_in_titles,
    title_uses,
    value_in_title,
    with_titles_filled_in,
)
from mobius_tui.runbook.model.guards import Titles
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.runtime_steps import (
    IMPROVISED_PHASE,
    improvised_step,
    is_improvised,
    row_of,
    undo_row_of,
    with_improvised,
    with_listing_steps,
)
from mobius_tui.runbook.model.templates import variables_read, variables_set
from mobius_tui.runbook.text.provided_names import ProvidedFact, provided_name
from mobius_tui.runbook.text.template_text import (
    is_template,
    unknown_value,
    without_templates,
)
from mobius_tui.structs import replace

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


def is_live_output(step: Step) -> bool:
    """Whether a step runs beside the others until it is stopped."""
    return isinstance(step.action, Run) and step.action.follow


def has_terminal(step: Step) -> bool:
    """Whether a step's script has a terminal that people attach to."""
    return isinstance(step.action, Run) and step.action.tty


def _grown(runbook: Runbook, event: StepAdditionEvent) -> Runbook:
    """The runbook with the steps that an event adds."""
    if isinstance(event, StepImprovised):
        step = improvised_step(
            runbook,
            id=event.step,
            script=event.script,
            title=without_templates(event.title),
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
        self.step_additions_count = 0
        """How many events have added steps; the plan's steps change only when it does.
        """
        self.parent_of: Mapping[str, str] = {}
        """By id of a row, the id of the step that it is a row of."""
        self.variables_read: Mapping[str, tuple[str, ...]] = {}
        self._use(with_listing_steps(runbook))

    def catch_up(self, state: RunState) -> None:
        """Add the steps that have joined the run up to this state of it.

        Titles get the values that the run's variables have in that state.

        Args:
            state: the run's, not older than what was caught up with before.
        """
        if self.step_additions_count != len(state.step_additions):
            runbook = self.unfilled_runbook
            for event in state.step_additions[self.step_additions_count :]:
                runbook = _grown(runbook, event)
            self.step_additions_count, self.parent_of = (
                len(state.step_additions),
                state.parent_of,
            )
            self._use(runbook)
        self._fill_titles(state)

    def at_start(self) -> Plan:
        """The plan before any step joined the run, and any variable had a value."""
        is_grown = self.step_additions_count or self._title_values
        return Plan(self.first_runbook) if is_grown else self.copy()

    def copy(self) -> Plan:
        """An independent copy, which grows by itself."""
        return copy.copy(self)

    def _use(self, runbook: Runbook) -> None:
        """Take a runbook whose titles are to be filled in."""
        self.unfilled_runbook = runbook
        """The runbook with the steps by now, and its titles as they were written."""
        self._title_uses = title_uses(runbook)
        self._title_values: Mapping[TitleUse, str] = {
            use: unknown_value(use[1]) for use in self._title_uses
        }
        if has_templates_in_titles(runbook):
            runbook = with_titles_filled_in(runbook, self._title_values)
        self._index(runbook)

    def _fill_titles(self, state: RunState) -> None:
        """Give titles the values of a state, where these have changed."""
        if not self._title_uses:
            return
        values = {
            (step_id, name): _value_in_title(self, state, step_id, name)
            for step_id, name in self._title_uses
        }
        if values != self._title_values:
            self._title_values = values
            self._index(with_titles_filled_in(self.unfilled_runbook, values))

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
        self.has_guards = any(s.when or s.when_checks for s in runbook.steps())
        """Whether any step has a guard."""
        self.has_for_each = any(step.for_each for step in runbook.steps())
        """Whether any step has `for_each`."""
        self.step_that_sets: Mapping[str, str] = {
            name: step.id
            for step in reversed(tuple(runbook.steps()))
            for name in variables_set(step)
        }
        """By variable, the first step that sets it."""
        self.decided_variables: frozenset[str] = (
            frozenset(
                s.action.var for s in runbook.steps() if isinstance(s.action, Choose)
            )
            | frozenset(v.name for v in runbook.variables.values() if v.choices)
            | ({runbook.environment} if runbook.environment else frozenset())
        )
        """What people decide, what has choices, and the environment: the values are
        words for a branch."""
        self.variable_titles: Titles = {
            v.name: v.title
            for v in runbook.variables.values()
            if v.title and not is_template(v.title)
        }
        """What people call a variable, where it has a title."""

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

    def number_of(self, step_id: str) -> str:
        """A step's number: `2.1`."""
        return self.numbers[step_id]

    def name(self, step_id: str) -> str:
        """A step's number and title: `2.1 Restore`."""
        return f"{self.numbers[step_id]} {self.steps[step_id].title}"


_OF_A_MOMENT = frozenset((ProvidedFact.NOW, ProvidedFact.STARTED, ProvidedFact.ELAPSED))
"""What differs from one look, or one machine, to the next: no title has it."""


def _value_in_title(plan: Plan, state: RunState, step_id: str, name: str) -> str:
    """The value of a name in a title: as the run has it, or as a step was given it."""
    if provided_name(name) in _OF_A_MOMENT:
        return unknown_value(name)
    values = Values(
        state, now=0.0, name_of=plan.number_of, variables=state.variables_for(step_id)
    )
    try:
        return value_in_title(values.lookup(name))
    except NoValueError:
        return unknown_value(name)


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


def are_in_one_group(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two are steps of one parallel phase, or rows of one step."""
    phase = plan.phase_of[step.id]
    is_same = phase is plan.phase_of[other.id]
    return (is_same and phase.parallel > 1) or _are_rows_of_one(plan, step, other)


def may_have_steps_beside(plan: Plan, step_id: str) -> bool:
    """Whether other steps may run meanwhile: its output lines get its number."""
    rows = _rows_side_by_side(plan, plan.parent_of.get(step_id))
    return max(plan.phase_of[step_id].parallel, rows) > 1


def running_steps(plan: Plan, state: RunState) -> tuple[Step, ...]:
    """The steps that run now, other than live outputs, in the runbook's order."""
    # Most often none runs, of perhaps ten thousand, and screens ask every second.
    running = {i for i, own in state.steps.items() if own.status is Status.RUNNING}
    if len(running) < 2:
        found = [plan.steps[step_id] for step_id in running]
    else:
        found = [step for step in plan.steps.values() if step.id in running]
    return tuple(step for step in found if not is_live_output(step))


def may_run_beside(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two steps may run at the same time.

    Steps of a parallel phase may if each of them only reads, or is declared
    `independent`. Rows of one step may if the step's `for_each` says `parallel`. No
    other steps may.
    """
    if _are_rows_of_one(plan, step, other):
        return _rows_side_by_side(plan, plan.parent_of[step.id]) > 1
    if not are_in_one_group(plan, step, other):
        return False
    return all(effect_of(each) == "read" or each.independent for each in (step, other))


def step_blocking_start(plan: Plan, state: RunState, step: Step) -> Step | None:
    """The running step that another one must wait for; None if it may begin now."""
    running = running_steps(plan, state)
    if not running or is_live_output(step):
        return None
    for other in running:
        if not may_run_beside(plan, step, other):
            return other
    rows = [other for other in running if _are_rows_of_one(plan, step, other)]
    if rows and len(rows) >= _rows_side_by_side(plan, plan.parent_of[step.id]):
        return rows[0]
    phase = plan.phase_of[step.id]
    return running[0] if 1 < phase.parallel <= len(running) else None


def _are_rows_of_one(plan: Plan, step: Step, other: Step) -> bool:
    """Whether two steps are rows of the same step."""
    parent = plan.parent_of.get(step.id)
    return parent is not None and parent == plan.parent_of.get(other.id)


def _rows_side_by_side(plan: Plan, parent: str | None) -> int:
    """How many rows of a step may run side by side; 0 for one after the other."""
    each = plan.steps[parent].for_each if parent is not None else None
    return each.parallel if each is not None else 0
