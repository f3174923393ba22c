"""The times by which an outage is judged afterwards: from trigger to three healthy.

Pure: a fold over the journal's entries, asked together with the checks on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mobius_tui.health.past import Past
from mobius_tui.run.drill_events import FACILITATOR
from mobius_tui.run.entry import Entry
from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.step_events import StepStarted
from mobius_tui.run.watch_events import RollbackBegan, TriggerCleared, TriggerFired

STEADY = 3
"""Healthy checks in a row."""
NOBODY = frozenset({"host", "trigger", "auto", FACILITATOR})
"""Who writes entries that no person asked for, or none of the team."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Milestones:
    """One outage; times are seconds since 1970, `None` for what has not come about."""

    probe: str
    reason: str
    """Why the trigger fired, in words."""
    fired: float
    acknowledged: float | None = None
    """The first that a person did after it: hold, arm, begin, or anything else."""
    by: str = ""
    """Who that was."""
    rollback: float | None = None
    """When the rollback began, or a person started a step that destroys."""
    healthy: float | None = None
    """The first healthy check after that, or after the trigger where nothing began."""
    steady: float | None = None
    """The last of three healthy checks in a row."""


class Course:
    """Follows the entries of a run.

    It is about the outage that led to the rollback; without one, about the latest.
    """

    def __init__(self, plan: Plan) -> None:
        """Begin with no outage.

        Args:
            plan: says which steps destroy.
        """
        self._plan = plan
        self._standing: set[tuple[str, str]] = set()
        self._outage: Milestones | None = None

    def copy(self) -> Course:
        """The same, to go on by itself."""
        new = Course(self._plan)
        new._standing, new._outage = set(self._standing), self._outage
        return new

    def heed(self, entry: Entry) -> None:
        """Take in the next entry."""
        event = entry.event
        if isinstance(event, TriggerFired):
            self._fire(event, entry.at)
        elif isinstance(event, TriggerCleared):
            self._standing.discard((event.probe, event.rule))
        elif self._outage is not None:
            self._outage = self._went_on(self._outage, entry)

    def _fire(self, event: TriggerFired, at: float) -> None:
        began = self._outage is not None and self._outage.rollback is not None
        if not self._standing and not began:
            self._outage = Milestones(probe=event.probe, reason=event.reason, fired=at)
        self._standing.add((event.probe, event.rule))

    def _went_on(self, outage: Milestones, entry: Entry) -> Milestones:
        if outage.acknowledged is None and entry.by not in NOBODY:
            outage = replace(outage, acknowledged=entry.at, by=entry.by)
        if outage.rollback is None and self._begins_rollback(entry):
            outage = replace(outage, rollback=entry.at)
        return outage

    def _begins_rollback(self, entry: Entry) -> bool:
        if isinstance(entry.event, StepStarted):
            return effect_of(self._plan.steps[entry.event.step]) == "destroy"
        return isinstance(entry.event, RollbackBegan)

    def milestones(self, past: Past) -> Milestones | None:
        """The outage's times; `None` where no trigger has fired.

        Args:
            past: the checks on record.
        """
        outage = self._outage
        if outage is None:
            return None
        since = outage.fired if outage.rollback is None else outage.rollback
        return replace(
            outage,
            healthy=past.oks(outage.probe, since=since, count=1),
            steady=past.oks(outage.probe, since=since, count=STEADY),
        )


def milestones(plan: Plan, entries: Iterable[Entry], past: Past) -> Milestones | None:
    """The times of a run's outage; `None` where no trigger has fired."""
    course = Course(plan)
    for entry in entries:
        course.heed(entry)
    return course.milestones(past)
