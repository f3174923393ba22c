"""What is counted over all steps of a run, once for each entry of its journal.

A view is made every second, and a cursor key asks for some of this: with 10,000 steps
it must not be counted anew each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mobius_tui.run.plan import Plan, follows
from mobius_tui.run.standings import Standing
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import Status
from mobius_tui.runbook.model import Phase
from mobius_tui.runbook.model_action import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseCount:
    """What the steps of a phase come to."""

    statuses: Counter[Status]
    took: float
    """Seconds of the last attempts that have ended; live outputs run beside them."""
    began: tuple[float, ...]
    """When those that have not began, in seconds since 1970."""

    def runtime(self, now: float) -> float:
        """Seconds of all last attempts, ended or not."""
        return self.took + sum(max(0.0, now - began) for began in self.began)


class Counts:
    """Counts of a run, as it stands after one entry of its journal."""

    def __init__(
        self, plan: Plan, state: RunState, standings: Mapping[str, Standing]
    ) -> None:
        self._plan = plan
        self._state = state
        self._standings = standings
        self._phases: dict[str, PhaseCount] = {}

    @cached_property
    def progress(self) -> tuple[int, int]:
        """How many of the steps that apply are done, and how many apply."""
        return self._plan.progress(self._state, self._standings)

    def phase(self, phase: Phase) -> PhaseCount:
        """What the steps of a phase come to."""
        found = self._phases.get(phase.id)
        if found is None:
            found = self._phases[phase.id] = self._count(phase)
        return found

    def _count(self, phase: Phase) -> PhaseCount:
        timed = [step for step in phase.steps if not follows(step)]
        lasts = [self._state.steps[step.id].last for step in timed]
        tried = [last for last in lasts if last is not None]
        return PhaseCount(
            statuses=Counter(self._standings[step.id].status for step in phase.steps),
            took=sum(last.took for last in tried if last.took is not None),
            began=tuple(last.started for last in tried if last.took is None),
        )

    @cached_property
    def statuses(self) -> Counter[Status]:
        """How many steps stand where, in the phases that count towards the run."""
        found: Counter[Status] = Counter()
        for phase in self._plan.runbook.phases:
            if not phase.aside or phase.id in self._state.entered:
                found += self.phase(phase).statuses
        return found

    @cached_property
    def running(self) -> tuple[str, ...]:
        """The steps that run."""
        return tuple(
            step_id
            for step_id, own in self._state.steps.items()
            if own.status is Status.RUNNING
        )

    @cached_property
    def latest(self) -> str | None:
        """The step that was tried last."""
        return self._latest(scripts_only=False)

    @cached_property
    def latest_script(self) -> str | None:
        """The script that was tried last."""
        return self._latest(scripts_only=True)

    def _latest(self, *, scripts_only: bool) -> str | None:
        steps = self._plan.steps
        tried = [
            (own.attempts[-1].started, step_id)
            for step_id, own in self._state.steps.items()
            if own.attempts
            and (not scripts_only or isinstance(steps[step_id].action, Run))
        ]
        return max(tried)[1] if tried else None
