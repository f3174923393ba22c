"""The state of a step: status, attempts and approvals; variables, changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from msgspec import Struct

from mobius_tui.errors import StateError
from mobius_tui.run.events.step_events import ENDED_STATUSES as ENDED_STATUSES
from mobius_tui.run.events.step_events import (
    GATE_OPENING_STATUSES as GATE_OPENING_STATUSES,
)
from mobius_tui.run.events.step_events import PASSED_STATUSES as PASSED_STATUSES
from mobius_tui.run.events.step_events import (
    STATUSES_NEEDING_DECISION as STATUSES_NEEDING_DECISION,
)
from mobius_tui.run.events.step_events import UNBEGUN_STATUSES as UNBEGUN_STATUSES
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGiven,
)
from mobius_tui.run.events.step_events import Status as Status
from mobius_tui.run.state.persistent_list import (
    EMPTY_LIST,
    ListStore,
    PackableValues,
    PackedList,
    PersistentList,
)
from mobius_tui.runbook.model.limits import bounded_count
from mobius_tui.runbook.model.runbook import Retry
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.structs import replace


class CheckTry(Struct, frozen=True, kw_only=True):
    """One try of a check."""

    check: int
    """Which of the step's checks, from 0."""
    number: int
    """The number of the try, from 1."""
    held: bool
    detail: str
    held_in_row: int
    """How many tries in a row, this one included, have held."""
    at: float
    """Seconds since 1970."""


class Attempt(Struct, frozen=True, kw_only=True):
    """One attempt at a step."""

    number: int
    by: str
    started: float
    """Seconds since 1970."""
    ended: float | None = None
    duration: float | None = None
    """Seconds, by the monotonic clock where the boot is the same."""
    status: Status = Status.RUNNING
    reason: str = ""
    exit: int | None = None
    output_bytes: int = 0
    left: tuple[str, ...] = ()
    """Processes of it that still lived at its end, as `PID NAME`."""
    ended_with: tuple[str, ...] = ()
    """Processes of it that were ended after its script had ended."""
    note: str = ""
    check_tries: PersistentList[CheckTry] = EMPTY_LIST
    stop_asked: bool = False
    reads: tuple[str, ...] = ()
    """Names of the variables that it was given."""
    variables_given: tuple[tuple[str, str | None], ...] = ()
    """The values of the variables that it read; `None` for a secret. The middle of a
    long one is left out."""
    mono: float = 0.0
    """When it started, in monotonic seconds within `boot`."""
    boot: str = ""
    """The boot id of the machine when it started."""
    epoch: int = 1
    """The epoch of the run when it started; see `RunState.epoch`."""
    machine: str = ""
    """The id of the machine that it started on; empty where its host did not say."""

    def fill(self, text: str) -> str:
        """A text with the variables that it read, as they were when it started.

        Other names are filled in with nothing.
        """
        given = dict(self.variables_given)
        return fill(text, lambda name: given.get(name) or "")


_check_try_values = attrgetter(*CheckTry.__struct_fields__)
_ATTEMPT_FIELD_NAMES = Attempt.__struct_fields__
_attempt_values = attrgetter(*_ATTEMPT_FIELD_NAMES)


def _to_values(attempt: Attempt) -> PackableValues:
    row = dict(zip(_ATTEMPT_FIELD_NAMES, _attempt_values(attempt), strict=True))
    row["status"] = attempt.status.value
    row["check_tries"] = [_check_try_values(each) for each in attempt.check_tries]
    return list(row.values())


def _from_values(values_in_order: PackableValues) -> Attempt:
    values = dict(zip(_ATTEMPT_FIELD_NAMES, values_in_order, strict=True))
    values["status"] = Status(values["status"])
    for name in ("left", "ended_with", "reads"):
        values[name] = tuple(values[name])
    values["variables_given"] = tuple(
        (name, value) for name, value in values["variables_given"]
    )
    tries: PersistentList[CheckTry] = EMPTY_LIST
    for check, number, held, detail, row, at in values["check_tries"]:
        tries = tries.appended(
            CheckTry(
                check=check,
                number=number,
                held=held,
                detail=detail,
                held_in_row=row,
                at=at,
            )
        )
    values["check_tries"] = tries
    return Attempt(**values)


class Attempts(PersistentList[Attempt]):
    """All attempts at a step, the older ones packed."""

    __slots__ = ()

    @staticmethod
    def _store() -> ListStore[Attempt]:
        """An empty store."""
        return PackedList(_to_values, _from_values)


NO_ATTEMPTS = Attempts()


def attempts_allowed(retry: Retry | None, attempt: Attempt) -> int:
    """How many attempts a step's `retry` makes in all, as an attempt at it began.

    One, where that is no number: the attempt has failed by that.
    """
    if retry is None:
        return 1
    if isinstance(retry.attempts, int):
        return retry.attempts
    try:
        return bounded_count(attempt.fill(retry.attempts), "retry.attempts")
    except ValueError:
        return 1


class RowRules(Struct, frozen=True, kw_only=True):
    """When a step has failed with its rows."""

    max_failed: int
    """How many rows may fail before the step fails."""
    retry: Retry | None
    """How often a row is tried automatically before it counts as failed."""


class StepState(Struct, frozen=True, kw_only=True):
    """The state of a step."""

    status: Status = Status.PENDING
    attempts: Attempts = NO_ATTEMPTS
    reason: str = ""
    """Why it was skipped or overridden, or how its last attempt ended, in words."""
    by: str = ""
    is_stale: bool = False
    """Whether a variable that it used was withdrawn since."""
    notes: PersistentList[str] = EMPTY_LIST
    may_retry: bool = True
    """Whether its `retry` makes another attempt by itself; not so once the run was
    taken over, as that may have been made where the run was before."""

    @property
    def last_attempt(self) -> Attempt | None:
        """The newest attempt, if there is one."""
        return self.attempts[-1] if self.attempts else None


def will_retry(retry: Retry | None, own: StepState) -> bool:
    """Whether another attempt at a step follows by itself, as its `retry` says."""
    last = own.last_attempt
    return (
        retry is not None
        and last is not None
        and own.may_retry
        and own.status in (Status.FAILED, Status.TIMED_OUT)
        and last.number < attempts_allowed(retry, last)
    )


class StateVariable(Struct, frozen=True, kw_only=True):
    """A variable's value; `text` is `None` for a secret."""

    text: str | None
    source: str
    step: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """That an attempt at a step has changed something which was not undone since."""

    attempt: int
    variables: Mapping[str, StateVariable]
    """The run's variables when the attempt began, with those that it set."""
    by: str
    """The account by whose word it began, also where the host began it by itself; empty
    where that is nobody's."""


class AsideFrame(Struct, frozen=True, kw_only=True):
    """An aside phase that the run is in, and the step that led there."""

    phase: str
    from_step: str | None


class Approval(Struct, frozen=True, kw_only=True):
    """The latest request for a step's approval, and its answers."""

    request: ApprovalAsked
    asked_by: str
    """Who asked."""
    since: float
    """When it was requested, or last approved: seconds since 1970."""
    approvals_given: tuple[ApprovalGiven, ...] = ()
    denial_reason: str = ""
    """Why it was not approved; empty while it may be."""

    @property
    def expires_at(self) -> float:
        """When the request expires, or the approval lapses: seconds since 1970."""
        return self.since + self.request.within

    @property
    def is_complete(self) -> bool:
        """Whether the required number of people have approved."""
        return (
            not self.denial_reason and len(self.approvals_given) >= self.request.count
        )


def validate_approval_event(
    approvals: Mapping[str, Approval],
    steps: Mapping[str, StepState],
    event: ApprovalEvent,
) -> None:
    """Refuse an event that may not follow.

    Raises:
        StateError: it may not.
    """
    name, step = type(event).__name__, steps.get(event.step)
    if step is None:
        raise StateError(f"{name} for a step that the runbook lacks: {event.step!r}")
    if step.status is Status.RUNNING or event.attempt != len(step.attempts) + 1:
        raise StateError(
            f"{name} names attempt {event.attempt} of step {event.step!r}, which is "
            f"{step.status} and has {len(step.attempts)}"
        )
    if isinstance(event, ApprovalAsked):
        return
    own = approvals.get(event.step)
    if own is None or own.denial_reason or own.request.attempt != event.attempt:
        raise StateError(f"{name} for step {event.step!r}, but nobody asked for it")


def apply_approval_event(
    approvals: Mapping[str, Approval], event: ApprovalEvent, *, by: str, at: float
) -> dict[str, Approval]:
    """The approvals after an event.

    Args:
        approvals: as they were, by step.
        event: may follow.
        by: who caused it.
        at: when, in seconds since 1970.
    """
    match event:
        case ApprovalAsked():
            own = Approval(request=event, asked_by=by, since=at)
        case ApprovalGiven():
            old = approvals[event.step]
            own = replace(old, approvals_given=(*old.approvals_given, event), since=at)
        case ApprovalDenied():
            own = replace(approvals[event.step], denial_reason=event.reason)
    return {**approvals, event.step: own}
