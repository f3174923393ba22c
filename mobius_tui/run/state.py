"""The state of a run: a pure fold over its events, and what may follow in which state.

`FOLLOWS` is the table. An event that may not follow raises a `StateError` that names
the event and the state; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mobius_tui.errors import StateError
from mobius_tui.run.events import (
    AutoStarted,
    AutoStopped,
    CheckTried,
    ChoiceMade,
    Entry,
    Event,
    HealthSealed,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
    StepEnded,
    StepOverridden,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
    VariableSet,
    uncollected,
)
from mobius_tui.runbook.model import Runbook


class Status(StrEnum):
    """The state of a step; `waiting` and `not applicable` are judged by `plan`."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    NOT_STARTED = "not started"
    OUTPUT_LOST = "output lost"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    OVERRIDDEN = "overridden"
    RECOVERED = "recovered"
    NOT_APPLICABLE = "not applicable"
    WAITING = "waiting"


BAD = frozenset(
    {
        Status.FAILED,
        Status.TIMED_OUT,
        Status.STOPPED,
        Status.NOT_STARTED,
        Status.OUTPUT_LOST,
        Status.UNKNOWN,
    }
)
"""Ends that want a decision."""

OPEN = frozenset(
    {
        Status.PASSED,
        Status.WARNED,
        Status.OVERRIDDEN,
        Status.RECOVERED,
        Status.NOT_APPLICABLE,
    }
)
"""Ends on which gates and `needs` open."""

_ENDED = BAD | {Status.PASSED, Status.WARNED, Status.OVERRIDDEN, Status.RECOVERED}

FOLLOWS: Mapping[type[Event], frozenset[Status]] = {
    StepStarted: _ENDED | {Status.PENDING},
    ChoiceMade: _ENDED | {Status.PENDING},
    CheckTried: frozenset({Status.RUNNING}),
    StopAsked: frozenset({Status.RUNNING}),
    StepEnded: frozenset({Status.RUNNING}),
    StepUnknown: frozenset({Status.RUNNING}),
    StepSkipped: BAD | {Status.PENDING},
    StepRestored: frozenset({Status.SKIPPED}),
    StepOverridden: _ENDED | {Status.PENDING, Status.SKIPPED},
}
"""For each event of a step, the states in which it may follow."""

_AFTER_THE_END = (
    NoteAdded,
    HostStarted,
    HostStopped,
    HealthSealed,
    CheckTried,
    StepEnded,
    StepUnknown,
)
"""What may come when the run is over: what still ran then comes to its own end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look of a check."""

    check: int
    look: int
    held: bool
    detail: str
    row: int
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One attempt at a step."""

    number: int
    by: str
    started: float
    """Seconds since 1970."""
    ended: float | None = None
    took: float | None = None
    """Seconds, by the monotonic clock where the boot is the same."""
    status: Status = Status.RUNNING
    reason: str = ""
    exit: int | None = None
    output_bytes: int = 0
    output_sha256: str | None = None
    spans_sha256: str | None = None
    left: tuple[str, ...] = ()
    note: str = ""
    looks: tuple[Look, ...] = ()
    stop_asked: bool = False
    reads: tuple[str, ...] = ()
    mono: float = 0.0
    boot: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepState:
    """Where a step stands."""

    status: Status = Status.PENDING
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    """Why it was skipped or overridden, or how its last attempt ended, in words."""
    by: str = ""
    stale: bool = False
    """Whether a variable that it used was taken back since."""
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> Attempt | None:
        """The newest attempt, if there is one."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A variable's value; `text` is `None` for a secret."""

    text: str | None
    source: str
    step: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """An aside phase that the run is in, and the step that led there."""

    phase: str
    from_step: str | None


@dataclass(slots=True)
class RunState:
    """Everything that the journal says; made by `fold`, advanced by `apply`.

    It is the one mutable value of the fold, so that 100,000 events cost no copies;
    what hangs on it is immutable.
    """

    steps: dict[str, StepState]
    phase_of: Mapping[str, str]
    asides: Mapping[str, tuple[str, ...]]
    """The step ids of each aside phase."""
    began: RunBegan | None = None
    began_at: float = 0.0
    began_mono: float = 0.0
    boot: str = ""
    n: int = 0
    """The number of the last entry."""
    at: float = 0.0
    """Its time."""
    variables: dict[str, Value] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    at_phase: str | None = None
    """The phase of the main line to go on from; its first without one."""
    entered: tuple[str, ...] = ()
    """Every phase that was ever entered, in order."""
    notes: tuple[str, ...] = ()
    intents: dict[str, int] = field(default_factory=dict)
    """The intents that were acted on, and the entry that says so."""
    auto: AutoStarted | None = None
    auto_stopped: AutoStopped | None = None
    host_pid: int | None = None
    """The host that journaled last that it started, until it says that it stopped."""
    sealed: HealthSealed | None = None
    ended: RunEnded | None = None
    ended_at: float | None = None

    def check(self, event: Event) -> None:
        """Refuse an event that may not follow.

        Raises:
            StateError: it may not; names the event and the state.
        """
        name = type(event).__name__
        if self.began is None and not isinstance(event, RunBegan):
            raise StateError(f"{name} before the run began")
        if self.ended is not None and not isinstance(event, _AFTER_THE_END):
            raise StateError(f"{name} after the run ended ({self.ended.outcome})")
        if isinstance(event, RunBegan) and self.began is not None:
            raise StateError("RunBegan in a run that has begun")
        allowed = FOLLOWS.get(type(event))
        if allowed is not None:
            self._check_step(event, name, allowed)
        elif isinstance(event, PhaseEntered | PhaseLeft):
            self._check_phase(event, name)

    def _check_step(self, event: Event, name: str, allowed: frozenset[Status]) -> None:
        step_id = getattr(event, "step", "")
        step = self.steps.get(step_id)
        if step is None:
            raise StateError(f"{name} for a step that the runbook lacks: {step_id!r}")
        if step.status not in allowed:
            raise StateError(f"{name} while step {step_id!r} is {step.status}")
        number = getattr(event, "attempt", None)
        if number is None:
            return
        have = len(step.attempts)
        starts = isinstance(event, StepStarted | ChoiceMade)
        if number != (have + 1 if starts else have):
            raise StateError(
                f"{name} names attempt {number} of step {step_id!r}, which has {have}"
            )

    def _check_phase(self, event: PhaseEntered | PhaseLeft, name: str) -> None:
        if event.phase not in self.phase_of.values():
            raise StateError(f"{name} for a phase that the runbook lacks")
        if isinstance(event, PhaseLeft):
            if not self.frames or self.frames[-1].phase != event.phase:
                raise StateError(f"PhaseLeft, but the run is not in {event.phase!r}")
        else:
            for step_id in self.asides.get(event.phase, ()):
                if self.steps[step_id].status is Status.RUNNING:
                    raise StateError(f"PhaseEntered while step {step_id!r} is running")

    def apply(self, entry: Entry) -> None:
        """Advance by one entry.

        Raises:
            StateError: it may not follow; the state is as before.
        """
        event = entry.event
        self.check(event)
        if entry.n != self.n + 1:
            raise StateError(f"entry {entry.n} follows entry {self.n}")
        self.n = entry.n
        self.at = entry.at
        if entry.intent is not None:
            self.intents.setdefault(entry.intent, entry.n)
        _APPLY[type(event)](self, event, entry)


def _began(state: RunState, event: RunBegan, entry: Entry) -> None:
    state.began = event
    state.began_at, state.began_mono, state.boot = entry.at, entry.mono, entry.boot


def _host_started(state: RunState, event: HostStarted, _entry: Entry) -> None:
    state.host_pid = event.pid
    state.auto = None


def _host_stopped(state: RunState, _event: HostStopped, _entry: Entry) -> None:
    state.host_pid = None


def _auto_started(state: RunState, event: AutoStarted, _entry: Entry) -> None:
    state.auto, state.auto_stopped = event, None


def _auto_stopped(state: RunState, event: AutoStopped, _entry: Entry) -> None:
    state.auto, state.auto_stopped = None, event


def _variable_set(state: RunState, event: VariableSet, _entry: Entry) -> None:
    state.variables[event.name] = Value(
        text=event.value, source=event.source, step=event.step
    )


def _phase_entered(state: RunState, event: PhaseEntered, _entry: Entry) -> None:
    state.entered = (*state.entered, event.phase)
    steps = state.asides.get(event.phase)
    if steps is None:
        state.at_phase = event.phase
        state.frames = ()
        return
    kept = tuple(frame for frame in state.frames if frame.phase != event.phase)
    state.frames = (*kept, Frame(phase=event.phase, from_step=event.from_step))
    for step_id in steps:
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.PENDING, reason="", by="", stale=False
        )


def _phase_left(state: RunState, event: PhaseLeft, _entry: Entry) -> None:
    state.frames = state.frames[:-1]
    if event.to is not None and event.to not in state.asides:
        state.at_phase = event.to
        state.frames = ()
    for step_id in event.recovered:
        old = state.steps[step_id]
        state.steps[step_id] = replace(
            old, status=Status.RECOVERED, reason=f"repaired by {event.phase}"
        )


def _withdraw(state: RunState, step_id: str) -> None:
    """Take back what a step set; finished steps that used it are stale."""
    if not state.variables:
        return
    gone = {n for n, value in state.variables.items() if value.step == step_id}
    for name in gone:
        del state.variables[name]
    if not gone:
        return
    for other, step in state.steps.items():
        last = step.last
        if other == step_id or last is None or step.status not in _ENDED:
            continue
        if not gone.isdisjoint(last.reads):
            state.steps[other] = replace(step, stale=True)


def _step_started(state: RunState, event: StepStarted, entry: Entry) -> None:
    _withdraw(state, event.step)
    old = state.steps[event.step]
    attempt = Attempt(
        number=event.attempt,
        by=entry.by,
        started=entry.at,
        reads=event.reads,
        mono=entry.mono,
        boot=entry.boot,
    )
    state.steps[event.step] = StepState(
        status=Status.RUNNING,
        attempts=(*old.attempts, attempt),
        by=entry.by,
        notes=old.notes,
    )


def _put(
    state: RunState,
    step_id: str,
    old: StepState,
    last: Attempt,
    status: Status,
    reason: str,
) -> None:
    """Put a newer value in place of a step's last attempt, faster than `replace`."""
    state.steps[step_id] = StepState(
        status=status,
        attempts=(*old.attempts[:-1], last),
        reason=reason,
        by=old.by,
        stale=old.stale,
        notes=old.notes,
    )


def _amend(state: RunState, step_id: str, attempt: Attempt) -> None:
    old = state.steps[step_id]
    _put(state, step_id, old, attempt, old.status, old.reason)


def _check_tried(state: RunState, event: CheckTried, entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    look = Look(
        check=event.check,
        look=event.look,
        held=event.held,
        detail=event.detail,
        row=event.row,
        at=entry.at,
    )
    _amend(state, event.step, replace(last, looks=(*last.looks, look)))


def _stop_asked(state: RunState, event: StopAsked, _entry: Entry) -> None:
    last = state.steps[event.step].attempts[-1]
    _amend(state, event.step, replace(last, stop_asked=True))


def _close(
    state: RunState, event: StepEnded | StepUnknown, entry: Entry, status: Status
) -> None:
    old = state.steps[event.step]
    last = old.attempts[-1]
    took = (
        entry.mono - last.mono if entry.boot == last.boot else entry.at - last.started
    )
    known = event if isinstance(event, StepEnded) else None
    ended = replace(
        last,
        ended=entry.at,
        took=max(0.0, took),
        status=status,
        reason=event.reason,
        left=event.left,
        output_bytes=event.output_bytes,
        output_sha256=event.output_sha256,
        exit=known.exit if known else None,
        spans_sha256=known.spans_sha256 if known else None,
        note=known.note if known else "",
    )
    _put(state, event.step, old, ended, status, event.reason)


def _step_ended(state: RunState, event: StepEnded, entry: Entry) -> None:
    _close(state, event, entry, Status(event.result))


def _step_unknown(state: RunState, event: StepUnknown, entry: Entry) -> None:
    _close(state, event, entry, Status.UNKNOWN)


def _step_skipped(state: RunState, event: StepSkipped, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.SKIPPED, reason=event.reason, by=entry.by
    )


def _step_restored(state: RunState, event: StepRestored, _entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(old, status=Status.PENDING, reason="", by="")


def _step_overridden(state: RunState, event: StepOverridden, entry: Entry) -> None:
    old = state.steps[event.step]
    state.steps[event.step] = replace(
        old, status=Status.OVERRIDDEN, reason=event.reason, by=entry.by
    )


def _choice_made(state: RunState, event: ChoiceMade, entry: Entry) -> None:
    _step_started(state, StepStarted(step=event.step, attempt=event.attempt), entry)
    state.variables[event.var] = Value(
        text="\n".join(event.values), source="answer", step=event.step
    )
    _step_ended(
        state,
        StepEnded(
            step=event.step,
            attempt=event.attempt,
            result="passed",
            reason=", ".join(event.values),
            note=event.reason,
        ),
        entry,
    )


def _note_added(state: RunState, event: NoteAdded, _entry: Entry) -> None:
    if event.step in state.steps:
        old = state.steps[event.step]
        state.steps[event.step] = replace(old, notes=(*old.notes, event.text))
    else:
        state.notes = (*state.notes, event.text)


def _health_sealed(state: RunState, event: HealthSealed, _entry: Entry) -> None:
    state.sealed = event


def _run_ended(state: RunState, event: RunEnded, entry: Entry) -> None:
    state.ended, state.ended_at = event, entry.at
    state.auto = None


_APPLY: Mapping[type[Event], Callable[[RunState, Any, Entry], None]] = {
    RunBegan: _began,
    HostStarted: _host_started,
    HostStopped: _host_stopped,
    AutoStarted: _auto_started,
    AutoStopped: _auto_stopped,
    VariableSet: _variable_set,
    PhaseEntered: _phase_entered,
    PhaseLeft: _phase_left,
    StepStarted: _step_started,
    CheckTried: _check_tried,
    StopAsked: _stop_asked,
    StepEnded: _step_ended,
    StepUnknown: _step_unknown,
    StepSkipped: _step_skipped,
    StepRestored: _step_restored,
    StepOverridden: _step_overridden,
    ChoiceMade: _choice_made,
    NoteAdded: _note_added,
    HealthSealed: _health_sealed,
    RunEnded: _run_ended,
}


def initial(runbook: Runbook) -> RunState:
    """The state before anything happened."""
    return RunState(
        steps={step.id: StepState() for step in runbook.steps()},
        phase_of={
            step.id: phase.id for phase in runbook.phases for step in phase.steps
        },
        asides={
            phase.id: tuple(step.id for step in phase.steps)
            for phase in runbook.phases
            if phase.aside
        },
    )


def fold(runbook: Runbook, entries: Iterable[Entry]) -> RunState:
    """The state after these entries.

    Raises:
        StateError: an entry may not follow where it stands.
    """
    state = initial(runbook)
    with uncollected():
        for entry in entries:
            state.apply(entry)
    return state
