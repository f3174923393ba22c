"""The status of a step, and its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter

from mobius_tui.dataclass import dataclass
from mobius_tui.run.events.step_events import (
    Status as Status,  # a step's word is its event's
)
from mobius_tui.run.state.persistent_list import (
    EMPTY_LIST,
    ListStore,
    PackedList,
    PersistentList,
    Row,
)

BAD_STATUSES = frozenset(
    {
        Status.FAILED,
        Status.TIMED_OUT,
        Status.STOPPED,
        Status.NOT_STARTED,
        Status.OUTPUT_LOST,
        Status.UNKNOWN,
    }
)
"""Statuses that need a decision."""


PASSED_STATUSES = frozenset({Status.PASSED, Status.WARNED})
"""Statuses of an attempt that succeeded."""


GATE_OPENING_STATUSES = PASSED_STATUSES | frozenset(
    {
        Status.OVERRIDDEN,
        Status.RECOVERED,
        Status.NOT_APPLICABLE,
    }
)
"""Statuses that open gates and satisfy `needs`."""


ENDED_STATUSES = BAD_STATUSES | {
    Status.PASSED,
    Status.WARNED,
    Status.OVERRIDDEN,
    Status.RECOVERED,
}
"""Statuses of a step that has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckTry:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
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


_check_try_values = attrgetter(*(field.name for field in fields(CheckTry)))
_ATTEMPT_FIELD_NAMES = tuple(field.name for field in fields(Attempt))
_attempt_values = attrgetter(*_ATTEMPT_FIELD_NAMES)


def _to_row(attempt: Attempt) -> Row:
    row = dict(zip(_ATTEMPT_FIELD_NAMES, _attempt_values(attempt), strict=True))
    row["status"] = attempt.status.value
    row["check_tries"] = [_check_try_values(each) for each in attempt.check_tries]
    return list(row.values())


def _from_row(values_in_order: Row) -> Attempt:
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
        return PackedList(_to_row, _from_row)


NO_ATTEMPTS = Attempts()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowRules:
    """When a step has failed with its rows."""

    max_failed: int
    """How many rows may fail before the step fails."""
    attempts: int
    """How many attempts at a row are made automatically before it counts as failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepState:
    """The state of a step."""

    status: Status = Status.PENDING
    attempts: Attempts = NO_ATTEMPTS
    reason: str = ""
    """Why it was skipped or overridden, or how its last attempt ended, in words."""
    by: str = ""
    is_stale: bool = False
    """Whether a variable that it used was withdrawn since."""
    notes: PersistentList[str] = EMPTY_LIST

    @property
    def last_attempt(self) -> Attempt | None:
        """The newest attempt, if there is one."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, kw_only=True, slots=True)
class StateVariable:
    """A variable's value; `text` is `None` for a secret."""

    text: str | None
    source: str
    step: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """That an attempt at a step has changed something which was not undone since."""

    attempt: int
    variables: Mapping[str, StateVariable]
    """The run's variables when the attempt began, with those that it set."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AsideFrame:
    """An aside phase that the run is in, and the step that led there."""

    phase: str
    from_step: str | None
