"""The milestones of an outage, folded from the journal.

Detected, acknowledged, decided, rollback, restored, steady.

Pure: a fold over the journal's entries, evaluated together with the checks on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from msgspec import Struct

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import (
    AUTO_AUTHOR,
    DRILL_APPROVER,
    FACILITATOR,
    HOST_AUTHOR,
    RunBegan,
    RunEnded,
    RunReopened,
)
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    Result,
    StepEnded,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    TriggerCleared,
    TriggerFired,
)
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.state.persistent_list import EMPTY_LIST, PersistentList
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace

STEADY_CHECKS = 3
"""Healthy checks in a row after which the service counts as steady."""
NON_TEAM_AUTHORS = frozenset(
    {HOST_AUTHOR, "trigger", AUTO_AUTHOR, FACILITATOR, DRILL_APPROVER}
)
"""Authors of entries that no person of the team wrote."""
MILESTONE_NAMES = (
    "detected",
    "acknowledged",
    "decided",
    "rollback",
    "restored",
    "steady",
)
"""The names of the milestones, in the order in which they usually happen."""
BAD_ATTEMPT_RESULTS = frozenset(get_args(Result)) - {Status.PASSED, Status.STOPPED}
"""Results of an attempt that are a sign that something is wrong."""
FAILED_ATTEMPT_RESULTS = BAD_ATTEMPT_RESULTS - {Status.WARNED}


class Outage(Struct, frozen=True, kw_only=True):
    """A trigger that fired, and what was done then; times are seconds since 1970."""

    probe: str
    reason: str
    """Why the trigger fired, in words."""
    fired: float
    acknowledged: float | None = None
    """When a person first did anything after it: hold, arm, begin a step, or else."""
    by: str = ""
    """Who that was."""
    rollback: float | None = None
    """When the rollback began, or a step that destroys was started.

    In maintenance only the rollback itself counts: what destroys was planned.
    """


class OutageSpan(Struct, frozen=True, kw_only=True):
    """One of a run's outages; times are seconds since 1970."""

    probe: str
    reason: str
    """Why its trigger fired, in words."""
    fired: float
    restored: float | None
    """The first of the first three healthy checks in a row of every probe that failed;
    `None` while there are none."""
    during: str
    """The id of the step that changed something while the probe began to fail; empty
    for none. What such a step stops on purpose looks the same."""


class _Fired(Struct, frozen=True, kw_only=True):
    """A trigger that fired, and the last step that was changing something by then."""

    event: TriggerFired
    at: float
    step: str
    step_began: float
    step_ended: float | None


class Milestones(Struct, frozen=True, kw_only=True):
    """The times of a run in seconds since 1970; `None` for what has not happened."""

    began: float = 0.0
    """When the run began."""
    broken: float = 0.0
    """When a drill's site was broken, if that was after `began`; else `began`. Earlier
    signs do not count.
    """
    ended: float | None = None
    took: float | None = None
    """Seconds for which the run was open in all, where it was opened again."""
    outage: Outage | None = None
    """What a trigger found; `None` where none has fired."""
    triggered: bool = False
    """Whether the trigger fired before the first step that destroys; a trigger set off
    by the repair itself does not count.
    """
    detected: float | None = None
    """The first sign on record: a trigger that fired, a step or a look of a check that
    failed, a decision, or a step that changes something."""
    acknowledged: float | None = None
    decided: float | None = None
    """The last decision before the first step that changes something, or that step
    itself where nothing was decided; the last of all where nothing was changed. In an
    incident what came before the trigger was about something else; in a drill all is
    about what broke its site."""
    rollback: float | None = None
    restored: float | None = None
    """When all probes that failed had become healthy: the first check of their first
    series of three healthy ones after the trigger, or after the first that failed; what
    fails later is another outage. In a drill, which is judged at its end, of their last
    series. Where no probe failed, the end of the last step that changes something: in a
    drill, and after a trigger that has cleared."""
    steady: float | None = None
    """The third healthy check from then on, of every probe."""
    outages: tuple[OutageSpan, ...] = ()
    """All outages, the oldest first; `outage` is in one of them."""
    is_own_making: bool = False
    """Whether all was well until a step of the run changed something, as a planned
    restart does: there is nothing then that was detected, or restored."""

    @property
    def span(self) -> OutageSpan | None:
        """The outage that the milestones are about, with its own end."""
        if self.outage is None:
            return None
        before = [own for own in self.outages if own.fired <= self.outage.fired]
        return before[-1] if before else None

    @property
    def other_outages(self) -> tuple[OutageSpan, ...]:
        """The outages that the milestones are not about, the oldest first."""
        return tuple(own for own in self.outages if own is not self.span)

    @property
    def since(self) -> float:
        """The time that the others are measured from: the trigger, or the beginning."""
        return self.outage.fired if self.outage and self.triggered else self.began

    def time_of(self, name: str) -> float | None:
        """The time of one of `MILESTONE_NAMES`."""
        times = (self.detected, self.acknowledged, self.decided)
        values = (*times, self.rollback, self.restored, self.steady)
        return values[MILESTONE_NAMES.index(name)]

    def seconds_until(self, name: str) -> float | None:
        """Seconds until one of `MILESTONE_NAMES`; negative before the trigger."""
        at = self.time_of(name)
        return None if at is None else at - self.since


class MilestoneTracker:
    """Follows the entries of a run, and gives its milestones at any time.

    Of several outages it is about the one that led to the rollback; without one, about
    the latest.
    """

    def __init__(self, plan: Plan) -> None:
        """Begin with no outage.

        Args:
            plan: says which steps change something, and which destroy; it has those
                that joined the run by the entry that is applied.
        """
        self._plan = plan
        self._began = 0.0
        self._ended: float | None = None
        self._took: float | None = None
        self._mode = Mode.INCIDENT
        self._uncleared_triggers: set[tuple[str, str]] = set()
        self._outage: Outage | None = None
        self._sign_times: PersistentList[float] = EMPTY_LIST
        self._decision_times: PersistentList[float] = EMPTY_LIST
        self._change_times: PersistentList[float] = EMPTY_LIST
        self._first_destroy_at: float | None = None
        """When a rollback began, or the first step that destroys."""
        self._last_change_ended_at: float | None = None
        """When the last step that changes something ended well."""
        self._fired: PersistentList[_Fired] = EMPTY_LIST
        self._last_change = ("", 0.0)
        """The step that changes something and was begun last, and when."""
        self._last_change_over: float | None = None
        """When that one ended, in whatever way."""

    def copy(self, plan: Plan) -> MilestoneTracker:
        """An independent copy.

        Args:
            plan: the run's, a copy too.
        """
        new = MilestoneTracker(plan)
        new.__dict__.update({**self.__dict__, "_plan": plan})
        new._uncleared_triggers = set(self._uncleared_triggers)
        return new

    def apply_entry(self, entry: Entry) -> None:
        """Apply the next entry."""
        event, at = entry.event, entry.at
        self._note_event(event, at)
        if isinstance(event, TriggerFired):
            self._trigger_fired(event, at)
        elif isinstance(event, TriggerCleared):
            self._uncleared_triggers.discard((event.probe, event.rule))
        elif self._outage is not None:
            self._outage = self._outage_after(self._outage, entry)

    def _note_event(self, event: Event, at: float) -> None:
        """Note when an event was, if it is a milestone."""
        match event:
            case RunBegan():
                self._began, self._mode = at, event.mode
            case RunEnded():
                self._ended, self._took = at, event.took
            case RunReopened():
                self._ended = self._took = None
            case TriggerFired() | CheckTried(held=False):
                self._sign_times = self._sign_times.appended(at)
            case ChoiceMade():
                self._decision_times = self._decision_times.appended(at)
            case StepStarted() | RollbackBegan():
                if self._effect(event) != "read":
                    self._change_times = self._change_times.appended(at)
                    if isinstance(event, StepStarted):
                        self._last_change = event.step, at
                        self._last_change_over = None
                if self._first_destroy_at is None and self._begins_rollback(event):
                    self._first_destroy_at = at
            case StepUnknown(step=step) if step == self._last_change[0]:
                self._last_change_over = at
            case StepEnded(step=step, result=result):
                if step == self._last_change[0]:
                    self._last_change_over = at
                if result in BAD_ATTEMPT_RESULTS:
                    self._sign_times = self._sign_times.appended(at)
                well = result not in FAILED_ATTEMPT_RESULTS and result != Status.STOPPED
                if well and effect_of(self._plan.steps[step]) != "read":
                    self._last_change_ended_at = at
            case _:
                pass

    def _effect(self, event: Event) -> str:
        """The effect of the step or phase that an event begins."""
        if isinstance(event, StepStarted):
            return effect_of(self._plan.steps[event.step])
        return "destroy" if isinstance(event, RollbackBegan) else "read"

    def _begins_rollback(self, event: Event) -> bool:
        """Whether the rollback begins with an event.

        A step that destroys counts as one, except in maintenance, where it was planned.
        """
        planned = self._mode is Mode.MAINTENANCE
        return self._effect(event) == "destroy" and (
            isinstance(event, RollbackBegan) or not planned
        )

    def _trigger_fired(self, event: TriggerFired, at: float) -> None:
        step, step_began = self._last_change
        fired = _Fired(
            event=event,
            at=at,
            step=step,
            step_began=step_began,
            step_ended=self._last_change_over,
        )
        self._fired = self._fired.appended(fired)
        began = self._outage is not None and self._outage.rollback is not None
        if not self._uncleared_triggers and not began:
            self._outage = Outage(probe=event.probe, reason=event.reason, fired=at)
        self._uncleared_triggers.add((event.probe, event.rule))

    def _outage_after(self, outage: Outage, entry: Entry) -> Outage:
        if outage.acknowledged is None and entry.by not in NON_TEAM_AUTHORS:
            outage = replace(outage, acknowledged=entry.at, by=entry.by)
        if outage.rollback is None and self._begins_rollback(entry.event):
            outage = replace(outage, rollback=entry.at)
        return outage

    def milestones(
        self,
        health_history: HealthHistory,
        injected: float | None = None,
        *,
        older: bool = False,
    ) -> Milestones:
        """The times by now.

        Args:
            health_history: the checks on record.
            injected: when the site of a drill was broken first, in seconds since 1970;
                `None` for before the run, and where that is not known.
            older: whether to return the times that records of older versions have,
                which took a run for restored at its last series of healthy checks.
        """
        outage, broken = self._outage, max(self._began, injected or 0.0)
        first = self._first_destroy_at
        triggered = outage is not None and (first is None or first >= outage.fired)
        milestones = Milestones(
            began=self._began,
            broken=broken,
            ended=self._ended,
            took=self._took,
            outage=outage,
            triggered=triggered,
            outages=tuple(self._outages(health_history, broken)),
        )
        if self._mode is Mode.MAINTENANCE and not triggered:
            return milestones  # nothing was broken: a planned restart is no outage
        if not older and self._is_own_making(health_history, milestones):
            return replace(milestones, is_own_making=True)
        milestones = replace(
            milestones,
            detected=self._detected(broken),
            acknowledged=outage.acknowledged if outage and triggered else None,
            rollback=outage.rollback if outage and triggered else first,
        )
        since = broken if self._mode is Mode.DRILL else max(milestones.since, broken)
        is_for_good = older or self._mode is Mode.DRILL
        restored = self._restored(health_history, milestones, is_for_good=is_for_good)
        return replace(
            milestones,
            decided=self._decided(since),
            restored=restored,
            steady=self._steady(health_history, restored),
        )

    def as_scored(self, health_history: HealthHistory, score: object) -> Milestones:
        """The milestones by now of a drill, corrected by its score.

        They count from the injection that the score names. Where it says that the fault
        was not handled, `restored` and `steady` are `None`.

        Args:
            health_history: the checks on record.
            score: the `[score]` of the run's record; anything else for none.
        """
        score = score if isinstance(score, Mapping) else {}
        late = score.get("injected")
        injected = self._began + late if isinstance(late, float) else None
        found = self.milestones(health_history, injected)
        if score.get("handled") is False:
            return replace(found, restored=None, steady=None)
        return found

    def _detected(self, since: float) -> float | None:
        signs = (*self._sign_times, *self._decision_times, *self._change_times)
        return min((at for at in signs if at >= since), default=None)

    def _decided(self, since: float) -> float | None:
        change = min((at for at in self._change_times if at >= since), default=None)
        choices = (at for at in self._decision_times if change is None or at <= change)
        return max((at for at in choices if at >= since), default=change)

    def _probes_watched(self) -> tuple[str, ...]:
        """The probes that tell whether the service is healthy."""
        health = self._plan.runbook.health
        probes = health.probes if health is not None else ()
        return tuple(probe.id for probe in probes if probe.trigger)

    def _outages(
        self, health_history: HealthHistory, broken: float
    ) -> Iterator[OutageSpan]:
        """All outages: each is over with three healthy checks in a row.

        A trigger that fires before that belongs to the same one.
        """
        over: float | None = 0.0
        for fired in self._fired:
            if over is None or fired.at < over:
                continue
            over = self._healthy_from(health_history, broken, fired.at)
            yield OutageSpan(
                probe=fired.event.probe,
                reason=fired.event.reason,
                fired=fired.at,
                restored=over,
                during=_step_meanwhile(fired, health_history),
            )

    def _healthy_from(
        self, health_history: HealthHistory, broken: float, since: float
    ) -> float | None:
        """The first of three healthy checks in a row of all probes that had failed."""
        firsts = []
        for probe in self._probes_watched():
            if health_history.counts(probe, since=broken).failed:
                streak = health_history.ok_streak(
                    probe, since=since, count=STEADY_CHECKS
                )
                if streak is None:
                    return None
                firsts.append(streak[0])
        return max(firsts, default=None)

    def _is_own_making(
        self, health_history: HealthHistory, milestones: Milestones
    ) -> bool:
        """Whether all was well until a step of the run changed something.

        A rollback that began after the trigger says that it was not planned.
        """
        outage, spans = milestones.outage, milestones.outages
        if outage is None or self._mode is Mode.DRILL:
            return False
        if not all(each.during for each in spans):
            return False
        if outage.rollback is not None and milestones.triggered:
            return False
        first = min(self._change_times, default=milestones.began)
        return all(
            self._was_well_before(health_history, probe, first)
            for probe in self._probes_watched()
            if health_history.counts(probe).failed
        )

    def _was_well_before(
        self, health_history: HealthHistory, probe: str, moment: float
    ) -> bool:
        """Whether a probe was ok before a moment, and did not fail until then."""
        ok = health_history.ok_streak(probe, since=self._began, count=1)
        failed = health_history.first_failed(probe, since=self._began)
        return ok is not None and ok[0] < moment and (failed or moment) >= moment

    def _restored(
        self,
        health_history: HealthHistory,
        milestones: Milestones,
        *,
        is_for_good: bool,
    ) -> float | None:
        counts = {
            p: health_history.counts(p, since=milestones.broken)
            for p in self._probes_watched()
        }
        well: list[float | None] = []
        for probe in (p for p, each in counts.items() if each.failed):
            since = milestones.since
            if not milestones.triggered:
                since = health_history.first_failed(probe, since=milestones.broken) or 0
            streak = health_history.ok_streak(probe, since=since, count=STEADY_CHECKS)
            if is_for_good or streak is None:
                well.append(health_history.healthy_since(probe))
            else:
                well.append(streak[0])
        times = [at for at in well if at is not None]
        if len(times) < len(well):
            return None
        again = max(times, default=milestones.since)
        if times and again >= milestones.since:
            return again
        if counts and not any(each.ok for each in counts.values()):
            return None  # no probe was ok since: it is not known
        cleared = milestones.triggered and not self._uncleared_triggers
        counts_alone = self._mode is Mode.DRILL or cleared
        changed = self._last_change_ended_at if counts_alone else None
        return changed if changed is not None and changed >= milestones.since else None

    def _steady(
        self, health_history: HealthHistory, restored: float | None
    ) -> float | None:
        if restored is None:
            return None
        thirds = [
            health_history.ok_streak_at(p, since=restored, count=STEADY_CHECKS)
            for p in self._probes_watched()
        ]
        times = [at for at in thirds if at is not None]
        return max(times, default=None) if len(times) == len(thirds) else None


def _step_meanwhile(fired: _Fired, health_history: HealthHistory) -> str:
    """The step that was changing something when the probe began to fail."""
    began_to_fail = health_history.failing_since(fired.event.probe, fired.at)
    if began_to_fail is None or not fired.step:
        return ""
    ran_then = fired.step_began < began_to_fail and (
        fired.step_ended is None or began_to_fail <= fired.step_ended
    )
    return fired.step if ran_then else ""


def milestones(
    plan: Plan,
    entries: Iterable[Entry],
    past: HealthHistory,
    injected: float | None = None,
) -> Milestones:
    """The milestones of a run that has these entries.

    See `MilestoneTracker.milestones`.
    """
    return track_milestones(plan, entries).milestones(past, injected)


def track_milestones(plan: Plan, entries: Iterable[Entry]) -> MilestoneTracker:
    """A `MilestoneTracker` that has applied these entries."""
    course = MilestoneTracker(plan)
    for entry in entries:
        course.apply_entry(entry)
    return course
