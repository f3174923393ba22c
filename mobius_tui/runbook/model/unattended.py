"""Whether the phase that a trigger begins can come to its end with nobody there. Pure.

It is gone through as the host would: in order, each step as soon as nothing keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.guards import evaluate_guard, guard_variables
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.templates import variables_read, variables_set
from mobius_tui.runbook.text.names import RUN_FACTS


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownValues:
    """What there is when the phase begins."""

    names: frozenset[str]
    """The variables that have a value."""
    open: frozenset[str]
    """The ids of steps on which `needs` open."""
    values: Mapping[str, str | None] = field(default_factory=dict)
    """The values of those whose value is known; `None` for a secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """A step at which the phase would stop, and wait for a person."""

    step: Step
    why: str
    key: str = ""
    """The key of the step that says so, where it is one."""


@dataclass(frozen=True, slots=True)
class _Wait:
    """One thing that a step waits for: the id of a step, or the name of a variable."""

    on: str
    words: str
    key: str = ""


def triggered_phase(runbook: Runbook) -> Phase | None:
    """The phase that triggers begin; `None` where the runbook names none."""
    then = runbook.health.trigger.then if runbook.health is not None else None
    return next((phase for phase in runbook.phases if phase.id == then), None)


def known_at_start(runbook: Runbook) -> KnownValues:
    """What there is in every run from its start, before anything was done in it."""
    given = {
        name
        for name, each in runbook.variables.items()
        if each.default is not None or each.ask or each.from_env is not None
    }
    for profile in runbook.profiles.values():
        given |= profile.values.keys()
    for name in tuple(given):
        if name in runbook.variables and runbook.variables[name].run:
            given |= {f"{name}_{fact}" for fact in RUN_FACTS}
    return KnownValues(names=frozenset(given), open=replaced_steps(runbook))


def replaced_steps(runbook: Runbook) -> frozenset[str]:
    """The steps that do not apply any more once the phase begins."""
    phase = triggered_phase(runbook)
    others = phase.instead_of if phase is not None else ()
    return frozenset(s.id for p in runbook.phases if p.id in others for s in p.steps)


def obstacles(
    runbook: Runbook, known: KnownValues, called: Callable[[Step], str]
) -> tuple[Obstacle, ...]:
    """The steps at which the phase that a trigger begins would stop, and why.

    A step that waits for another that stops is none of them: with that one, it goes on.

    Args:
        runbook: which.
        known: what there is when the phase begins.
        called: what a step is called in words.
    """
    phase = triggered_phase(runbook)
    if phase is None or not phase.steps:
        return ()
    if not phase.aside:
        why = "its phase is on the main line, which nobody goes on with: `aside = true`"
        return (Obstacle(step=phase.steps[0], why=why),)
    if phase.attended:
        why = "its phase is `attended`: only a person starts its steps"
        return (Obstacle(step=phase.steps[0], why=why),)
    return tuple(_PhaseSimulation(runbook, phase, known, called).stops())


class _PhaseSimulation:
    """Goes through a phase, and does nothing."""

    def __init__(
        self,
        runbook: Runbook,
        phase: Phase,
        known: KnownValues,
        called: Callable[[Step], str],
    ) -> None:
        self._runbook = runbook
        self._called = called
        self._have = set(known.names)
        self._done = set(known.open)
        self._left = list(phase.steps)
        self._values = dict(known.values)
        """What is known by now, and not given anew meanwhile."""

    def stops(self) -> Iterator[Obstacle]:
        """Each step that would wait for ever, in the order of the phase."""
        while steps := [step for step in self._left if self._applies(step)]:
            step, waits = self._next(steps)
            reasons = [*_for_a_person(step), *waits]
            if reasons:
                why = "; ".join(reason.words for reason in reasons)
                yield Obstacle(step=step, why=why, key=reasons[0].key)
            self._left.remove(step)
            self._done.add(step.id)
            for name in variables_set(step):
                self._have.add(name)
                self._values.pop(name, None)

    def _applies(self, step: Step) -> bool:
        return evaluate_guard(step.when, self._values).holds is not False

    def _next(self, steps: list[Step]) -> tuple[Step, list[_Wait]]:
        """The step that is next, and what keeps it; as the plan of a run has it."""
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
            passed = by_id[need] in self._left and not self._applies(by_id[need])
            if need not in self._done and not passed:
                other = self._called(by_id[need])
                words = f"it needs {other}, which is not done then"
                yield _Wait(need, words, "needs")
        read = variables_read(step, self._runbook)
        for name in dict.fromkeys((*sorted(guard_variables(step.when)), *read)):
            if name not in self._have:
                key = "when" if name in guard_variables(step.when) else ""
                yield _Wait(name, self._without(name), key)
        for each in evaluate_guard(step.when, self._values).open:
            if each.is_given:
                yield _Wait(each.name, each.words, "when")

    def _without(self, name: str) -> str:
        """That a variable has no value then, and who gives it one."""
        givers = [s for s in self._runbook.steps() if name in variables_set(s)]
        outside = [step for step in givers if step not in self._left]
        if outside:
            giver = self._called(outside[0])
            return f"{name} has no value: {giver}, which gives it, is no part of it"
        variable = self._runbook.variables[name]
        if variable.from_env is not None:
            return f"{name} has no value: set {variable.from_env} before that"
        return f"{name} has no value, and nothing gives it one"


def _for_a_person(step: Step) -> Iterable[_Wait]:
    """What a person has to do for a step."""
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
