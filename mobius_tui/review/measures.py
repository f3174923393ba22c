"""The times by which a run is judged, and the same of the drills before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mobius_tui.health.past import Past
from mobius_tui.review.told import Measure
from mobius_tui.run.entry import Entry
from mobius_tui.run.milestones import STEADY, Milestones, milestones
from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.step_events import ChoiceMade, StepStarted
from mobius_tui.run.watch_events import RollbackBegan, TriggerFired

TITLES: Mapping[str, str] = {
    "detected": "Detected: a trigger fired",
    "acknowledged": "Acknowledged by a person",
    "decided": "Decided",
    "rollback": "Rollback begun",
    "restored": "Restored: the first healthy check",
    "steady": "Three healthy checks in a row",
    "total": "The whole run, from its beginning",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When each of them came about, in seconds since 1970."""

    since: float
    """From when on they are counted: the trigger, or the beginning of the run."""
    triggered: bool
    """Whether that is the trigger."""
    at: Mapping[str, float | None]

    def after(self, name: str) -> float | None:
        """Seconds until then; a whole run counts from its own beginning."""
        at = self.at[name]
        return None if at is None else max(0.0, at - self.since)


def times(
    plan: Plan,
    entries: Sequence[Entry],
    past: Past,
    *,
    began: float,
    ended: float | None,
) -> Times:
    """The times of a run.

    Args:
        plan: the run's.
        entries: all of its entries.
        past: the checks on record.
        began: when the run began, in seconds since 1970.
        ended: when it ended; `None` for one that is open.
    """
    fired = next((e.at for e in entries if isinstance(e.event, TriggerFired)), None)
    outage = milestones(plan, entries, past)
    rollback = next((e.at for e in entries if _destroys(plan, e)), None)
    if outage is not None and rollback is not None and rollback < outage.fired:
        outage = None  # what a rollback sets off is not what led to it
    found = (
        _of_outage(outage)
        if outage
        else _untriggered(plan, past, began, rollback, fired)
    )
    since = outage.fired if outage is not None else began
    return Times(
        since=since,
        triggered=outage is not None,
        at={
            **found,
            "decided": _decided(plan, entries, since),
            "total": ended,
        },
    )


def _of_outage(outage: Milestones) -> dict[str, float | None]:
    return {
        "detected": outage.fired,
        "acknowledged": outage.acknowledged,
        "rollback": outage.rollback,
        "restored": outage.healthy,
        "steady": outage.steady,
    }


def _untriggered(
    plan: Plan,
    past: Past,
    began: float,
    rollback: float | None,
    fired: float | None,
) -> dict[str, float | None]:
    """A rollback of a person's own, or of a script's, that no trigger led to."""
    health = plan.runbook.health
    probes = health.probes if health is not None else ()
    watched = [probe.id for probe in probes if probe.trigger]
    ill = [p for p in watched if past.counts(p, since=began).failed]
    restored = None
    if rollback is not None and ill:
        restored = _latest(past.well_since(probe) for probe in ill)
    steady = None
    if restored is not None:
        steady = _latest(past.oks(p, since=restored, count=STEADY) for p in watched)
    return {
        "detected": fired,
        "acknowledged": None,
        "rollback": rollback,
        "restored": restored,
        "steady": steady,
    }


def _latest(found: Iterable[float | None]) -> float | None:
    """The last of some times; `None` where one of them has not come."""
    known = list(found)
    return None if None in known else max(at for at in known if at is not None)


def _decided(plan: Plan, entries: Sequence[Entry], since: float) -> float | None:
    """The last decision before the first change, or that change itself."""
    change = next(
        (e.at for e in entries if e.at >= since and _changes_something(plan, e)), None
    )
    choices = [
        e.at
        for e in entries
        if isinstance(e.event, ChoiceMade)
        and e.at >= since
        and (change is None or e.at <= change)
    ]
    return max(choices, default=change)


def _destroys(plan: Plan, entry: Entry) -> bool:
    event = entry.event
    if isinstance(event, StepStarted):
        return effect_of(plan.steps[event.step]) == "destroy"
    return isinstance(event, RollbackBegan)


def _changes_something(plan: Plan, entry: Entry) -> bool:
    event = entry.event
    if isinstance(event, StepStarted):
        return effect_of(plan.steps[event.step]) != "read"
    return isinstance(event, RollbackBegan)


def beside(
    found: Times | None, began: float | None, drills: Sequence[Mapping[str, float]]
) -> tuple[Measure, ...]:
    """Each time of a run, beside those of the drills before it.

    Args:
        found: the run's own; `None` for one that never began.
        began: when it began, in seconds since 1970.
        drills: what each took for each time, in seconds, newest first.
    """
    if found is None:
        return ()
    measures = []
    for name, title in TITLES.items():
        known = [drill[name] for drill in drills if name in drill]
        at, after = found.at[name], found.after(name)
        if name == "total" and at is not None and began is not None:
            after = max(0.0, at - began)
        measures.append(
            Measure(
                name=name,
                title=title,
                at=at,
                after=after,
                last=known[0] if known else None,
                best=min(known, default=None),
            )
        )
    return tuple(measures)
