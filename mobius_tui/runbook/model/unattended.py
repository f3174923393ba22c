"""Whether the phase that a trigger begins can end without a person. Pure.

The phase is simulated as the host runs it: in order, each step as soon as it can begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.guards import evaluate_guard, guard_variables
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.templates import variables_read, variables_set
from mobius_tui.runbook.text.names import RUN_FACTS


class KnownValues(Struct, frozen=True, kw_only=True):
    """The variables that have a value, and the satisfied steps, as the phase begins."""

    names: frozenset[str]
    """The variables that have a value."""
    satisfied_steps: frozenset[str]
    """The ids of steps that satisfy `needs`."""
    values: Mapping[str, str | None] = field(default_factory=dict)
    """The known values of variables; `None` for a secret."""


class UnattendedStop(Struct, frozen=True, kw_only=True):
    """A step at which the phase would stop, and wait for a person."""

    step: Step
    why: str
    key: str = ""
    """The key of the step that causes it, if any."""


class _Wait(Struct, frozen=True):
    """One thing that a step waits for: the id of a step, or the name of a variable."""

    on: str
    words: str
    key: str = ""


def triggered_phase(runbook: Runbook) -> Phase | None:
    """The phase that triggers begin; `None` if the runbook names none."""
    then = runbook.health.trigger.then if runbook.health is not None else None
    return next((phase for phase in runbook.phases if phase.id == then), None)


def known_at_start(runbook: Runbook) -> KnownValues:
    """The state at the start of every run."""
    given = {
        name for name, each in runbook.variables.items() if each.is_given_from_outside
    }
    for profile in runbook.profiles.values():
        given |= profile.values.keys()
    for name in tuple(given):
        if name in runbook.variables and runbook.variables[name].run:
            given |= {f"{name}_{fact}" for fact in RUN_FACTS}
    return KnownValues(names=frozenset(given), satisfied_steps=replaced_steps(runbook))


def replaced_steps(runbook: Runbook) -> frozenset[str]:
    """The ids of steps that no longer apply once the phase begins."""
    phase = triggered_phase(runbook)
    others = phase.instead_of if phase is not None else ()
    return frozenset(s.id for p in runbook.phases if p.id in others for s in p.steps)


def unattended_stops(
    runbook: Runbook, known: KnownValues, step_name: Callable[[Step], str]
) -> tuple[UnattendedStop, ...]:
    """The steps at which the phase that a trigger begins would stop, and why.

    A step that only waits for another of these steps is not one of them.

    Args:
        runbook: the runbook.
        known: the state when the phase begins.
        step_name: gives the name of a step for messages.
    """
    phase = triggered_phase(runbook)
    if phase is None or not phase.steps:
        return ()
    if not phase.aside:
        why = "its phase is on the main line, which nobody goes on with: `aside = true`"
        return (UnattendedStop(step=phase.steps[0], why=why),)
    if phase.attended:
        why = "its phase is `attended`: only a person starts its steps"
        return (UnattendedStop(step=phase.steps[0], why=why),)
    return tuple(_PhaseSimulation(runbook, phase, known, step_name).stops())


class _PhaseSimulation:
    """Simulates a phase, without running anything."""

    def __init__(
        self,
        runbook: Runbook,
        phase: Phase,
        known: KnownValues,
        step_name: Callable[[Step], str],
    ) -> None:
        self._runbook = runbook
        self._step_name = step_name
        self._with_value = set(known.names)
        self._done = set(known.satisfied_steps)
        self._remaining_steps = list(phase.steps)
        self._values = dict(known.values)
        """The known values, without those that a step of the phase has changed."""

    def stops(self) -> Iterator[UnattendedStop]:
        """Each step that would wait for ever, in the order of the phase."""
        while steps := [step for step in self._remaining_steps if self._applies(step)]:
            step, waits = self._next(steps)
            reasons = [*_person_waits(step), *waits]
            if reasons:
                why = "; ".join(reason.words for reason in reasons)
                yield UnattendedStop(step=step, why=why, key=reasons[0].key)
            self._remaining_steps.remove(step)
            self._done.add(step.id)
            for name in variables_set(step):
                self._with_value.add(name)
                self._values.pop(name, None)

    def _applies(self, step: Step) -> bool:
        return evaluate_guard(step.when, self._values).holds is not False

    def _next(self, steps: list[Step]) -> tuple[Step, list[_Wait]]:
        """The next step, and its waits; in the order of the plan of a run."""
        first = steps[0]
        waits = list(self._waits(first))
        wanted = {wait.on for wait in waits}
        for before, step in pairwise(steps):
            if not wanted or before.gate:
                break
            if wanted & {step.id, *variables_set(step)} and not list(self._waits(step)):
                return step, []
        return first, waits

    def _waits(self, step: Step) -> Iterator[_Wait]:
        by_id = {each.id: each for each in self._runbook.steps()}
        for need in step.needs:
            passed = by_id[need] in self._remaining_steps and not self._applies(
                by_id[need]
            )
            if need not in self._done and not passed:
                other = self._step_name(by_id[need])
                words = f"it needs {other}, which is not done then"
                yield _Wait(need, words, "needs")
        read = variables_read(step, self._runbook)
        for name in dict.fromkeys((*sorted(guard_variables(step.when)), *read)):
            if name not in self._with_value:
                key = "when" if name in guard_variables(step.when) else ""
                yield _Wait(name, self._no_value_text(name), key)
        for each in evaluate_guard(step.when, self._values).undecided:
            if each.is_given:
                yield _Wait(each.name, each.words, "when")

    def _no_value_text(self, name: str) -> str:
        """The message that a variable has no value, and what sets it."""
        setters = [s for s in self._runbook.steps() if name in variables_set(s)]
        setters_outside = [
            step for step in setters if step not in self._remaining_steps
        ]
        if setters_outside:
            setter = self._step_name(setters_outside[0])
            return f"{name} has no value: {setter}, which gives it, is no part of it"
        variable = self._runbook.variables[name]
        if variable.from_env is not None:
            return f"{name} has no value: set {variable.from_env} before that"
        return f"{name} has no value, and nothing gives it one"


def _person_waits(step: Step) -> Iterable[_Wait]:
    """The actions of a person that a step waits for."""
    if step.approve is not None:
        yield _Wait("", f"it wants approval by {step.approve.role}", "approve")
    match step.action:
        case Manual(ask=asks):
            key = "ask" if asks else "manual"
            yield _Wait("", "a person has to do it", key)
        case Choose():
            yield _Wait("", "a person has to decide", "choose")
        case Run(tty=True):
            yield _Wait("", "it wants a person at a terminal", "tty")
        case _:
            pass
