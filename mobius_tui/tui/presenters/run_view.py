"""A run as the screen shows it at one moment; widgets get it whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct, field

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.health.trigger import Meter
from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.going_on import can_go_on_without_person
from mobius_tui.run.journal.outage_times import Milestones, MilestoneTracker
from mobius_tui.run.planning.plan import Plan, is_live_output
from mobius_tui.run.planning.proposal import Proposal, propose
from mobius_tui.run.planning.rollback import is_watch_run_only, rollback_phase
from mobius_tui.run.planning.run_outcome import run_progress
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.step_status import StepStatus, step_statuses
from mobius_tui.run.planning.trigger_rules import ReportedFigures
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_progress_text
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import UNBEGUN_STATUSES, Status, StepState
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.presenters.fleet.host_marks import StepHosts, hosts_now
from mobius_tui.tui.presenters.styled_text import BarMode
from mobius_tui.tui.screen_state import PhaseRow, RowKey, StepRow


class PhaseCount(Struct, frozen=True, kw_only=True):
    """The step statuses of a phase, counted, and the time that its attempts took."""

    statuses: Counter[Status]
    took: float
    """Seconds in which any of the last attempts that have ended ran: those side by side
    count once, and live outputs run beside them all."""
    running_since: float | None = None
    """When the first of those that run now began, in seconds since 1970."""
    took_since_running: float = 0.0
    """Seconds of `took` that lie after `running_since`."""

    def runtime(self, now: float) -> float:
        """Seconds in which any of the last attempts ran, or has run until now."""
        if self.running_since is None:
            return self.took
        running = max(0.0, now - self.running_since)
        return self.took + max(0.0, running - self.took_since_running)


def _seconds_covered(spans: Iterable[tuple[float, float]]) -> float:
    """The seconds that spans, each from and to a time, cover together."""
    total, covered_to = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, covered_to))
        covered_to = max(covered_to, end)
    return total


class StepCounts:
    """Counts of steps by state, after one entry of the journal."""

    def __init__(
        self, plan: Plan, state: RunState, standings: Mapping[str, StepStatus]
    ) -> None:
        self._plan = plan
        self._state = state
        self._standings = standings
        self._phases: dict[str, PhaseCount] = {}
        self._hosts: dict[str, StepHosts | None] = {}

    @cached_property
    def progress(self) -> tuple[int, int]:
        """How many of the steps that apply are done, and how many apply."""
        return run_progress(self._plan, self._state, self._standings)

    def phase(self, phase: Phase) -> PhaseCount:
        """Counts of the statuses of a phase's steps, and the time of its attempts."""
        found = self._phases.get(phase.id)
        if found is None:
            found = self._phases[phase.id] = self._count(phase)
        return found

    def hosts(self, step_id: str) -> StepHosts | None:
        """The hosts of a step; `None` where it has begun on none."""
        if step_id not in self._hosts:
            step = self._plan.steps[step_id]
            self._hosts[step_id] = hosts_now(self._state, step)
        return self._hosts[step_id]

    def _count(self, phase: Phase) -> PhaseCount:
        timed = [step for step in phase.steps if not is_live_output(step)]
        lasts = [self._state.steps[step.id].last_attempt for step in timed]
        tried = [last for last in lasts if last is not None]
        ended = [
            (last.started, last.started + last.duration)
            for last in tried
            if last.duration is not None
        ]
        since = min((a.started for a in tried if a.duration is None), default=None)
        beside = [(max(a, since), b) for a, b in ended if b > since] if since else []
        beside = beside if phase.parallel > 1 else []
        return PhaseCount(
            statuses=Counter(self._standings[step.id].status for step in phase.steps),
            # One after the other, durations do not heed a clock that is put back.
            took=_seconds_covered(ended)
            if phase.parallel > 1
            else sum(last.duration or 0.0 for last in tried),
            running_since=since,
            took_since_running=_seconds_covered(beside),
        )

    @cached_property
    def statuses(self) -> Counter[Status]:
        """The number of steps in each state, in the phases that count."""
        found: Counter[Status] = Counter()
        for phase in self._plan.runbook.phases:
            if not phase.aside or phase.id in self._state.entered_phases:
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
        tried = [
            (self._state.steps[step.id].attempts[-1].started, step.id)
            for step in self._plan.steps.values()
            if self._state.steps[step.id].attempts
            and (not scripts_only or isinstance(step.action, Run))
        ]
        return max(tried)[1] if tried else None


class RunView(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """A run at one moment; views are compared by identity."""

    plan: Plan
    state: RunState
    statuses: Mapping[str, StepStatus]
    proposal: Proposal
    counts: StepCounts
    now: float
    """Seconds since 1970."""
    host_pid: int | None
    """The living host's pid."""
    last_outputs: Mapping[AttemptId, LastOutput] = field(default_factory=dict)
    """The last lines of output of the attempts that ended badly."""
    verifying: str | None = None
    """The step whose script has ended and whose checks are being made."""
    probe_states: Mapping[str, str] = field(default_factory=dict)
    """Each probe's state, in words."""
    reported_figures: Mapping[str, ReportedFigures] = field(default_factory=dict)
    """For each probe that was checked, which figures (p95, error rate) the service
    itself reports.
    """
    meters: tuple[Meter, ...] = ()
    """How far each trigger is."""
    health_history: HealthHistory = field(default_factory=HealthHistory)
    """What health was at any moment; it grows in place."""
    milestone_tracker: MilestoneTracker | None = None
    """The milestones of the outage that come from the journal; those from health are in
    the health history. Mutated in place.
    """
    lost: str = ""
    """Why the run's files are followed no longer; empty while they are."""
    stalled: str = ""
    """Why the host can write nothing for now, in words; empty if it can."""
    host_silence: float = 0.0
    """Seconds for which a living host has given no sign; 0 while that is not long."""
    uid: int
    """The user id of the person who looks."""
    is_others: bool = False
    """Whether the run's folder belongs to another account."""
    reviewed_duration: float | None = None
    """The duration of the whole run in seconds if this view is part of a review; else
    `None`.
    """
    damage: tuple[str, ...] | None = None
    """The damage to the run's files, in words; `None` until they are verified."""
    last_entry_number: int = 0
    """The journal's entry up to which it was judged."""

    @cached_property
    def situation(self) -> Situation:
        """What judgements on actions are made from."""
        return Situation(
            plan=self.plan,
            state=self.state,
            now=self.now,
            uid=self.uid,
            has_host=self.host_pid is not None,
            known_statuses=self.statuses,
            known_proposal=self.proposal,
        )

    @cached_property
    def goes_on_through_reads(self) -> bool:
        """Whether steps that read would follow one another before anybody is needed."""
        return can_go_on_without_person(self.situation, "read")

    @cached_property
    def goes_on_through_changes(self) -> bool:
        """Whether two steps up to `change` would begin before anybody is needed."""
        return can_go_on_without_person(self.situation, "change")

    def shows_same_as(self, before: RunView | None) -> bool:
        """Whether it shows nothing that the view before does not show."""
        return before is not None and self.changing_parts == before.changing_parts

    @property
    def changing_parts(self) -> tuple[object, ...]:
        """What two views are compared by; any other change shows within a second."""
        unwell = self.lost, self.stalled, self.host_silence > 0
        return self.last_entry_number, int(self.now), self.host_pid, *unwell

    @property
    def runbook(self) -> Runbook:
        """What is being run."""
        return self.plan.runbook

    @property
    def others_account(self) -> str:
        """Whose run it is, and as whom its commands run; empty for one's own."""
        return self.state.account if self.is_others else ""

    @property
    def environment(self) -> str:
        """The environment's name; empty where the runbook names none."""
        began = self.state.began
        return (began.environment or "") if began else ""

    @property
    def mode(self) -> Mode:
        """What it is for; an incident until it has begun."""
        return self.state.began.mode if self.state.began else Mode.INCIDENT

    @property
    def is_protected(self) -> bool:
        """Whether destructive steps require typing the environment's name."""
        return self.state.began is not None and self.state.began.protected

    @property
    def workdir(self) -> str:
        """Where commands run."""
        return self.state.began.workdir if self.state.began else ""

    @property
    def elapsed(self) -> float:
        """Seconds for which the run has been open, until it ended."""
        end = self.state.ended_at if self.state.ended_at is not None else self.now
        return self.state.open_seconds(end)

    @property
    def values(self) -> Values:
        """What `${name}` means now; a secret shows as `[secret]`."""
        return Values(
            self.state, now=self.now, health=self.probe_states, name_of=self.plan.name
        )

    def values_for(self, step: Step) -> Values:
        """What `${name}` means to a step.

        An undo step has the values of the step it undoes.
        """
        return Values(
            self.state,
            now=self.now,
            variables=self.state.variables_for(step.id),
            health=self.probe_states,
            name_of=self.plan.name,
        )

    @property
    def milestones(self) -> Milestones | None:
        """The times of the run's outage; `None` where they are not tracked."""
        return (
            self.milestone_tracker.milestones(self.health_history)
            if self.milestone_tracker is not None
            else None
        )

    def step(self, key: RowKey | None) -> Step | None:
        """The step of a row; `None` for a phase's."""
        match key:
            case StepRow(step_id):
                return self.plan.steps.get(step_id)
            case _:
                return None

    def phase(self, key: RowKey | None) -> Phase | None:
        """The phase of a row; `None` for a step's."""
        match key:
            case PhaseRow(phase_id):
                return self.runbook.phase(phase_id)
            case _:
                return None

    def steps_at(self, key: RowKey | None) -> tuple[Step, ...]:
        """The step of a row, or all of a phase."""
        step, phase = self.step(key), self.phase(key)
        if step is not None:
            return (step,)
        return phase.steps if phase is not None else ()

    @property
    def proposed_row(self) -> StepRow | None:
        """The row of the step that is proposed."""
        step_id = self.proposal.step
        return StepRow(step_id) if step_id is not None else None

    @property
    def latest_row(self) -> StepRow | None:
        """The row of the step that was tried last; else of the first one."""
        step_id = self.latest() or next(iter(self.plan.steps), None)
        return StepRow(step_id) if step_id is not None else None

    def step_state(self, step_id: str) -> StepState:
        """The state of a step by the journal."""
        return self.state.steps[step_id]

    def has_guard_checks_to_make(self, step: Step) -> bool:
        """Whether the host looks at a step's guard before it begins it."""
        before = UNBEGUN_STATUSES | {Status.NOT_APPLICABLE}
        return bool(step.when_checks) and self.step_state(step.id).status in before

    def next_attempt(self, step_id: str) -> int:
        """The number that a new attempt at a step must have."""
        return len(self.step_state(step_id).attempts) + 1

    def latest(self, *, scripts_only: bool = False) -> str | None:
        """The step that was tried last; with `scripts_only`, the script."""
        return self.counts.latest_script if scripts_only else self.counts.latest

    def runtime(self, step_id: str) -> float | None:
        """Seconds that the last attempt took, or has been running."""
        last = self.step_state(step_id).last_attempt
        if last is None:
            return None
        return (
            last.duration
            if last.duration is not None
            else max(0.0, self.now - last.started)
        )

    def hosts(self, step_id: str) -> StepHosts | None:
        """The hosts of a step; `None` where it has begun on none."""
        return self.counts.hosts(step_id)

    def watch_progress(self, step: Step) -> str:
        """`2:10 of 30:00` for a step that watches health now; else empty."""
        return watch_progress_text(step, self.state, self.values, self.now)


def build_run_view(
    plan: Plan,
    state: RunState,
    *,
    now: float,
    host: int | None,
    uid: int,
    last_outputs: Mapping[AttemptId, LastOutput],
    health: Mapping[str, str],
    before: RunView | None = None,
) -> RunView:
    """Build the view of a run at one moment.

    Args:
        plan: the runbook's.
        state: the run's; it changes in place as the journal grows.
        now: seconds since 1970.
        host: the living host's pid.
        uid: of the person who looks.
        last_outputs: by attempt, its last words.
        health: each probe's state, in words.
        before: the view before, whose standings hold where the journal has not grown.
    """
    plan = plan.copy()  # it grows, and a view's statuses are of the steps by now
    if (
        before is not None
        and before.state is state
        and before.last_entry_number == state.last_entry_number
    ):
        standings, proposal = before.statuses, before.proposal
        counts = before.counts
    else:
        standings = step_statuses(plan, state)
        proposal = propose(plan, state, standings)
        counts = StepCounts(plan, state, standings)
    return RunView(
        plan=plan,
        state=state,
        statuses=standings,
        proposal=proposal,
        counts=counts,
        now=now,
        host_pid=host,
        uid=uid,
        last_outputs=last_outputs,
        probe_states=health,
        last_entry_number=state.last_entry_number,
    )


def watch_time_left(view: RunView) -> str:
    """The time that a watch still takes, in words; empty where none is going on.

    It is going on until the watch or the run is over, a person begins a step, or the
    rollback runs or has stopped; in a review it never is.
    """
    watch = view.state.watch
    open_ = view.state.ended is None and view.reviewed_duration is None
    if watch.watch_run is None or not open_ or watch.rollback_running:
        return ""
    if not is_watch_run_only(view.plan, view.state):
        return ""
    if watch.watch_run.seconds is None:
        return "until somebody ends it"
    ends = watch.watch_run_began_at + watch.watch_run.seconds
    return f"{clock_duration(max(0.0, ends - view.now))} left"


def shown_mode(view: RunView) -> Mode | BarMode:
    """The mode on the bar: `WATCH` where a run only watches, but a drill stays one."""
    watches = view.mode is not Mode.DRILL and watch_time_left(view)
    return BarMode.WATCH if watches else view.mode


def trigger_consequence(view: RunView) -> str:
    """What a trigger that fires does, in words."""
    phase = rollback_phase(view.plan)
    if view.state.watch.countdown is not None:
        return "a trigger has fired: the rollback begins by itself"
    if phase is not None and view.state.watch.armed:
        return f"a trigger that fires begins {phase.title}"
    return "a trigger that fires only says so"
