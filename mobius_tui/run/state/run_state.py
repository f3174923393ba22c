"""The state of a run, which event may follow in it, and what its own change. Pure.

An event that may not follow raises a `StateError` that names the event and the state;
the state is unchanged then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from msgspec import Struct, field

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import (
    FleetEvent,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageEvent,
)
from mobius_tui.run.events.run_events import (
    AutoStarted,
    AutoStopped,
    HealthSealed,
    Hint,
    HintGiven,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    RunReopened,
    SiteTouched,
    TakenOver,
    VariableSet,
    WentOnWithout,
)
from mobius_tui.run.events.step_events import (
    ApprovalEvent,
    ChoiceMade,
    StepAdditionEvent,
    StepImprovised,
    StepOverridden,
    StepStarted,
)
from mobius_tui.run.events.watch_events import RollbackBegan, WatchEvent
from mobius_tui.run.state import deliveries, step_state
from mobius_tui.run.state.fleet_state import StepFleet, validate_fleet_event
from mobius_tui.run.state.persistent_list import EMPTY_LIST, PersistentList
from mobius_tui.run.state.reopening import (
    Reopening,
    validate_event_after_reopening,
)
from mobius_tui.run.state.step_state import (
    AsideFrame,
    Attempt,
    Change,
    RowRules,
    StateVariable,
    Status,
    StepState,
)
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.runbook.model.runtime_steps import MAX_ROWS, undo_id
from mobius_tui.structs import replace

_STATUSES_BEFORE_ROWS = frozenset({Status.PENDING, Status.RUNNING})
"""Statuses of a step in which it may get rows: it runs while it lists its items."""


class RunState(Struct):
    """The state of a run as folded from its journal by `reducer.advance`.

    It is mutable, so that 100,000 events cost no copies; the values in it are
    immutable.
    """

    steps: dict[str, StepState]
    phase_of: Mapping[str, str]
    """By id of a step, the id of its phase."""
    aside_steps: Mapping[str, tuple[str, ...]]
    """The step ids of each aside phase."""
    step_additions: PersistentList[StepAdditionEvent] = EMPTY_LIST
    """What added steps that the runbook lacks; a plan catches up with it."""
    rows_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By id of a step that has rows, the ids of those."""
    parent_of: Mapping[str, str] = field(default_factory=dict)
    """By id of a row, the id of the step that it is a row of."""
    items: Mapping[str, str] = field(default_factory=dict)
    """By id of a row, its item."""
    fleets: dict[str, StepFleet] = field(default_factory=dict)
    """By id of a step that has begun on hosts, their states."""
    row_rules: Mapping[str, RowRules] = field(default_factory=dict)
    """By id of a step with `for_each`, when it counts as failed."""
    undo_steps: Mapping[str, str] = field(default_factory=dict)
    """By id of a step that undoes another, the id of that one."""
    message_steps: frozenset[str] = frozenset()
    changing_steps: frozenset[str] = frozenset()
    """The ids of the steps whose changes are tracked in `changes`: all that change or
    destroy something, if the runbook has an undo for any step, or one that is confirmed
    with another; else none."""
    steps_with_changing_rows: frozenset[str] = frozenset()
    """The ids of the steps with `for_each` whose rows join `changing_steps` as they are
    added."""
    began: RunBegan | None = None
    began_at: float = 0.0
    last_entry_number: int = 0
    """The number of the last entry."""
    last_entry_at: float = 0.0
    """Its time."""
    last_entry_mono: float = 0.0
    """The last entry's monotonic time in seconds; meaningful within one boot."""
    last_entry_boot: str = ""
    variables: dict[str, StateVariable] = field(default_factory=dict)
    aside_frames: tuple[AsideFrame, ...] = ()
    main_line_phase: str | None = None
    """The id of the main-line phase to go on from; `None` for the first one."""
    entered_phases: PersistentList[str] = EMPTY_LIST
    """The phases of every `PhaseEntered`, in order; one may be there twice. A main-line
    phase that the run merely came to is not among them."""
    aside_attempts: dict[str, int] = field(default_factory=dict)
    """By id of a step that led into an aside, how many attempts it had had by then."""
    recovered_by: dict[str, str] = field(default_factory=dict)
    """By id of a step that failed, the id of the aside phase that repaired it."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """By id of a step that was passed over since its guard did not hold, why, in
    words."""
    changes: dict[str, Change] = field(default_factory=dict)
    """By id of a step, its change that has not been undone; in order, the newest
    last."""
    changes_under_way: dict[str, Change] = field(default_factory=dict)
    """By running step that changes, its change, with the variables by then."""
    undo_order: tuple[str, ...] = ()
    """The ids of the steps that undo others, as last requested; the newest change
    first."""
    notes: PersistentList[str] = EMPTY_LIST
    intents: dict[str, int] = field(default_factory=dict)
    """By id of an intent that was acted on, the number of its entry; the newest ones
    only."""
    auto: AutoStarted | None = None
    auto_at: float = 0.0
    """When it was started, in seconds since 1970."""
    auto_by: str = ""
    """Who started it."""
    auto_stopped: AutoStopped | None = None
    host_pid: int | None = None
    """The process id of the newest host, until it has stopped."""
    place: Mapping[str, str] = field(default_factory=dict)
    """The machine and the folder of the newest host, as `Place`; empty where it is of
    an earlier version, which did not say."""
    epoch: int = 1
    """How often the run was taken over, and one."""
    account: str = ""
    """Whose run it is, and as whom its commands run: of who began it, or took it over
    last."""
    health_seal: HealthSealed | None = None
    watch: WatchState = field(default_factory=WatchState)
    """Triggers, arming, and the rollback that begins by itself."""
    hints: PersistentList[Hint] = EMPTY_LIST
    """The hints that the facilitator of a drill gave the team."""
    deliveries: deliveries.Deliveries = ()
    """Messages on their way to channels, and those that have arrived."""
    approvals: Mapping[str, step_state.Approval] = field(default_factory=dict)
    """The latest request for an approval, by step."""
    lost_secrets: tuple[str, ...] = ()
    """Secrets that the run had, and that its newest host does not know."""
    secrets_gone_without: frozenset[str] = frozenset()
    """Secrets that a person went on without, until they are known again."""
    ended: RunEnded | None = None
    ended_at: float | None = None
    reopening: Reopening | None = None
    """How the run was opened again after it had ended, the last time; kept when it ends
    once more."""

    @property
    def unsettled_secrets(self) -> tuple[str, ...]:
        """Lost secrets that nobody has gone on without: what could print them waits."""
        return tuple(
            name for name in self.lost_secrets if name not in self.secrets_gone_without
        )

    @property
    def is_reopened(self) -> bool:
        """Whether the run had ended, and is open again to be undone."""
        return self.reopening is not None and self.ended is None

    @property
    def steps_allowed_when_reopened(self) -> AbstractSet[str]:
        """The ids of the steps that may begin once the run is reopened.

        They are the steps that undo others, and messages.
        """
        return self.undo_steps.keys() | self.message_steps

    def is_taken_over(self, attempt: Attempt) -> bool:
        """Whether the run was taken over since an attempt began.

        It may have gone on where the run was before, and so may all that is due by
        itself.
        """
        return attempt.epoch < self.epoch

    @property
    def last_end(self) -> RunEnded | None:
        """How the run ended, also where it is open again; `None` if it never did."""
        if self.ended is None and self.reopening is not None:
            return self.reopening.ended
        return self.ended

    def open_seconds(self, at: float) -> float:
        """For how long the run had been open in all by a time, in seconds.

        Args:
            at: seconds since 1970.
        """
        closed = self.reopening.closed_for if self.reopening is not None else 0.0
        return max(0.0, at - self.began_at - closed)

    @property
    def is_drill(self) -> bool:
        """Whether the run is a rehearsal; one that never began is none."""
        return self.began is not None and self.began.is_drill

    def copy(self) -> RunState:
        """An independent copy without `intents`, which readers do not need."""
        return replace(
            self,
            steps=self.steps.copy(),
            variables=self.variables.copy(),
            aside_attempts=self.aside_attempts.copy(),
            recovered_by=self.recovered_by.copy(),
            passed_over=self.passed_over.copy(),
            changes=self.changes.copy(),
            fleets={step: fleet.copy() for step, fleet in self.fleets.items()},
            changes_under_way=self.changes_under_way.copy(),
            intents={},
        )

    @property
    def automatic_by(self) -> str:
        """The account by whose word the host begins steps by itself."""
        if self.watch.rollback_running:
            return self.watch.rollback_began_by
        return self.auto_by

    def change_to_be_undone_by(self, step_id: str) -> Change | None:
        """The change that a step would undo now; `None` if there is none.

        A change of a step that is running cannot be undone.
        """
        undone = self.undo_steps.get(step_id)
        if undone is None or self.steps[undone].status is Status.RUNNING:
            return None
        return self.changes.get(undone)

    def variables_for(self, step_id: str) -> Mapping[str, StateVariable]:
        """The variables that a step sees.

        A step that undoes another one's attempt sees the values that the attempt had.
        """
        change = self.change_to_be_undone_by(step_id)
        return self.variables if change is None else change.variables

    def validate_event(self, event: Event) -> None:
        """Refuse an event that may not follow.

        Raises:
            StateError: it may not; names the event and the state.
        """
        name = type(event).__name__
        if self.began is None and not isinstance(event, RunBegan):
            raise StateError(f"{name} before the run began")
        if self.ended is not None and not event.may_follow_end:
            raise StateError(f"{name} after the run ended ({self.ended.outcome})")
        if self.ended is None and isinstance(event, RunReopened):
            raise StateError(f"{name} in a run that has not ended")
        if self.is_reopened:
            validate_event_after_reopening(event, self.steps_allowed_when_reopened)
        if isinstance(event, TakenOver) and event.epoch <= self.epoch:
            raise StateError(f"{name} names epoch {event.epoch} after {self.epoch}")
        if isinstance(event, RunBegan) and self.began is not None:
            raise StateError("RunBegan in a run that has begun")
        if event.statuses_before:
            self._check_step(event, name)
        elif isinstance(event, PhaseEntered | PhaseLeft):
            self._check_phase(event, name)
        elif isinstance(event, StepAdditionEvent):
            self._check_step_addition(event, name)
        elif isinstance(event, FleetEvent):
            validate_fleet_event(self.fleets, self.steps, event)
        elif isinstance(event, WatchEvent):
            self.watch.validate_event(event)
            if isinstance(event, RollbackBegan):
                self._check_known(name, event.phase)
        elif isinstance(event, MessageEvent):
            deliveries.validate_message_event(self.deliveries, event)
        elif isinstance(event, ApprovalEvent):
            step_state.validate_approval_event(self.approvals, self.steps, event)

    def _check_step(self, event: Event, name: str) -> None:
        step_id = getattr(event, "step", "")
        step = self.steps.get(step_id)
        if step is None:
            raise StateError(f"{name} for a step that the runbook lacks: {step_id!r}")
        if step.status not in event.statuses_before:
            raise StateError(f"{name} while step {step_id!r} is {step.status}")
        self._check_undo(event, name, step_id)
        number = getattr(event, "attempt", None)
        if number is None:
            return
        have = len(step.attempts)
        starts = isinstance(event, StepStarted | ChoiceMade)
        if number != (have + 1 if starts else have):
            raise StateError(
                f"{name} names attempt {number} of step {step_id!r}, which has {have}"
            )

    def _check_step_addition(self, event: StepAdditionEvent, name: str) -> None:
        if isinstance(event, StepImprovised):
            if event.step in self.steps:
                raise StateError(f"{name} names a step that is there already")
            return
        own = self.steps.get(event.step)
        if own is None:
            raise StateError(
                f"{name} for a step that the runbook lacks: {event.step!r}"
            )
        if own.status not in _STATUSES_BEFORE_ROWS or event.step in self.rows_of:
            words = "has rows" if event.step in self.rows_of else f"is {own.status}"
            raise StateError(f"{name} while step {event.step!r} {words}")
        rows = set(event.rows)
        if not 0 < len(rows) == len(event.rows) == len(event.items) <= MAX_ROWS:
            words = f"{len(rows)} rows for {len(event.items)} items"
            raise StateError(f"{name} names {words} of step {event.step!r}")
        if event.step in self.undo_steps.values():
            rows |= {*map(undo_id, event.rows)}
        if not rows.isdisjoint(self.steps):
            raise StateError(f"{name} names a step that is there already")

    def _check_undo(self, event: Event, name: str, step_id: str) -> None:
        """Refuse to undo what has no change, and to begin a step while it is undone."""
        if not self.undo_steps or not isinstance(event, StepStarted | StepOverridden):
            return
        if step_id in self.undo_steps and self.change_to_be_undone_by(step_id) is None:
            raise StateError(f"{name} for {step_id!r}, which has nothing to undo")
        for undo_step, undone in self.undo_steps.items():
            running = self.steps[undo_step].status is Status.RUNNING
            if undone == step_id and running:
                raise StateError(f"{name} while {step_id!r} is being undone")

    def _check_known(self, name: str, phase: str) -> None:
        if phase not in self.phase_of.values():
            raise StateError(f"{name} for a phase that the runbook lacks")

    def _check_phase(self, event: PhaseEntered | PhaseLeft, name: str) -> None:
        self._check_known(name, event.phase)
        if isinstance(event, PhaseLeft):
            if event.to is not None:
                self._check_known(name, event.to)
            if not self.steps.keys() >= set(event.recovered):
                raise StateError(f"{name} recovers a step that the runbook lacks")
            if not self.aside_frames or self.aside_frames[-1].phase != event.phase:
                raise StateError(f"PhaseLeft, but the run is not in {event.phase!r}")
        else:
            for step_id in self.aside_steps.get(event.phase, ()):
                if self.steps[step_id].status is Status.RUNNING:
                    raise StateError(f"PhaseEntered while step {step_id!r} is running")
            for step_id in event.undoes:
                if self.change_to_be_undone_by(step_id) is None:
                    raise StateError(f"{name}: {step_id!r} has nothing to undo")


ApplyEvent: TypeAlias = Callable[[RunState, Any, Entry], None]
"""Applies an event, which may follow, to a state; with the entry that it came in."""


def _run_began(state: RunState, event: RunBegan, entry: Entry) -> None:
    state.began = event
    state.began_at = entry.at
    state.account = event.operator


def _host_stopped(state: RunState, _event: HostStopped, _entry: Entry) -> None:
    state.host_pid = None


def _auto_started(state: RunState, event: AutoStarted, entry: Entry) -> None:
    state.auto, state.auto_stopped, state.auto_at = event, None, entry.at
    state.auto_by = entry.by


def _auto_stopped(state: RunState, event: AutoStopped, _entry: Entry) -> None:
    state.auto, state.auto_stopped = None, event


def _variable_set(state: RunState, event: VariableSet, _entry: Entry) -> None:
    state.variables[event.name] = StateVariable(
        text=event.value, source=event.source, step=event.step
    )
    if event.name in state.lost_secrets:
        state.lost_secrets = tuple(
            name for name in state.lost_secrets if name != event.name
        )
        state.secrets_gone_without -= {event.name}


def _went_on_without(state: RunState, event: WentOnWithout, _entry: Entry) -> None:
    state.secrets_gone_without |= set(event.secrets)


def _note_added(state: RunState, event: NoteAdded, _entry: Entry) -> None:
    if event.step in state.steps:
        old = state.steps[event.step]
        state.steps[event.step] = replace(old, notes=old.notes.appended(event.text))
    else:
        state.notes = state.notes.appended(event.text)


def _health_sealed(state: RunState, event: HealthSealed, _entry: Entry) -> None:
    state.health_seal = event


def _hint_given(state: RunState, event: HintGiven, entry: Entry) -> None:
    hint = Hint(text=event.text, who=event.who, at=entry.at)
    state.hints = state.hints.appended(hint)


def _site_touched(_state: RunState, _event: SiteTouched, _entry: Entry) -> None:
    """Change nothing: the team must not see what was done until the run has ended."""


def _run_ended(state: RunState, event: RunEnded, entry: Entry) -> None:
    state.ended, state.ended_at = event, entry.at
    state.auto = None


RUN_REDUCERS_BY_EVENT: Mapping[type[Event], ApplyEvent] = {
    RunBegan: _run_began,
    HostStopped: _host_stopped,
    AutoStarted: _auto_started,
    AutoStopped: _auto_stopped,
    VariableSet: _variable_set,
    WentOnWithout: _went_on_without,
    NoteAdded: _note_added,
    HealthSealed: _health_sealed,
    HintGiven: _hint_given,
    SiteTouched: _site_touched,
    RunEnded: _run_ended,
}
"""What applies each event of the run itself: it changes no other part of the state."""
