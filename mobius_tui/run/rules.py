"""A run's triggers: filled in, and counting anew where the run gives reason to.

The host decides by them; every viewer folds the same checks to show how far each is.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from mobius_tui.errors import RunError
from mobius_tui.health.record import Check, Sample
from mobius_tui.health.trigger import Cleared, Fired, Watch
from mobius_tui.run.events import Event, PhaseLeft
from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.state import RunState
from mobius_tui.run.step_events import StepEnded, StepUnknown
from mobius_tui.run.variables import Values
from mobius_tui.run.watch_events import WatchArmed


class RunRules:
    """The rules of a run's health, once its variables are known."""

    def __init__(self, plan: Plan, state: RunState) -> None:
        self._plan = plan
        self._state = state
        self.watch: Watch | None = None
        """`None` before the first check, and where there are no rules."""
        self.problem = ""
        """Why there are none though the runbook names some."""

    def apply(self, record: Check | Sample) -> tuple[Fired | Cleared, ...]:
        """Take in a record; what it changed."""
        if not isinstance(record, Check):
            return ()
        if self.watch is None and not self.problem:
            self._make()
        return self.watch.apply(record) if self.watch is not None else ()

    def copy(self, state: RunState) -> RunRules:
        """The same, to go on by itself.

        Args:
            state: the run's, a copy too.
        """
        new = RunRules(self._plan, state)
        new.watch, new.problem = deepcopy(self.watch), self.problem
        return new

    def _make(self) -> None:
        health = self._plan.runbook.health
        if health is None:
            return
        triggers = health.trigger
        try:
            if triggers.p95_latency is not None:
                values = Values(self._state, now=self._state.at)
                above = values.fill(triggers.p95_latency.above)
                slow = replace(triggers.p95_latency, above=above)
                triggers = replace(triggers, p95_latency=slow)
            self.watch = Watch(triggers, health.probes)
        except (RunError, ValueError) as error:
            self.problem = f"health.trigger.p95_latency.above: {error}"

    def heed(self, event: Event) -> None:
        """Begin an epoch where an event begins one."""
        if self.watch is not None and self.begins_epoch(event):
            self.watch.begin_epoch()

    def begins_epoch(self, event: Event) -> bool:
        """Whether all is counted anew from an event on."""
        if isinstance(event, WatchArmed):
            return True
        if isinstance(event, PhaseLeft):
            begun = self._state.watch.begun
            return begun is not None and event.phase == begun.phase
        if isinstance(event, StepEnded | StepUnknown):
            return effect_of(self._plan.steps[event.step]) != "read"
        return False
