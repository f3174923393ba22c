"""Events of a step: attempts, checks, approvals and ends; steps that join a run. Pure.

Whoever folds the journal adds the steps to the state, and to the plan: see
`mobius_tui/run/state/added_steps.py` and `Plan.catch_up`. An event says all that is
needed to make its steps from the run's copy of the runbook, so that a journal alone
gives the same plan at each of its moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from mobius_tui.json_border import (
    Integer,
    JsonObject,
    MemberOf,
    Number,
    OmittedIfNone,
    require_member,
)
from mobius_tui.runbook.model.actions import Effect


class Status(StrEnum):
    """The state of a step.

    `undone` follows where another step has taken back what this one changed. `waiting`
    is never the result of an event: `planning/step_status.py` derives it. So
    is `not applicable`, except where a check of a guard decided it (see
    `StepPassedOver.looked`): of the step's own guard, or of those of all its rows.
    """

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
    UNDONE = "undone"
    SKIPPED = "skipped"
    OVERRIDDEN = "overridden"
    RECOVERED = "recovered"
    NOT_APPLICABLE = "not applicable"
    WAITING = "waiting"


Result = Literal[
    Status.PASSED,
    Status.WARNED,
    Status.FAILED,
    Status.TIMED_OUT,
    Status.STOPPED,
    Status.NOT_STARTED,
    Status.OUTPUT_LOST,
]
"""How an attempt ended, where that is known."""


class StepStarted(JsonObject, frozen=True, kw_only=True):
    """An attempt is about to be made; durable before anything is done."""

    step: str
    attempt: Integer
    reads: tuple[str, ...] = ()
    """Names of the variables that it was given."""


class CheckTried(JsonObject, frozen=True, kw_only=True):
    """A check was made once."""

    step: str
    attempt: Integer
    check: Integer
    """Which of the step's checks, from 0."""
    look: Integer
    """The number of the try, from 1."""
    held: bool
    detail: str
    ms: Number
    row: Integer
    """How many tries in a row, this one included, have held."""


class StopAsked(JsonObject, frozen=True, kw_only=True):
    """A person asked for a running step to be stopped."""

    step: str
    attempt: Integer


class StepEnded(JsonObject, frozen=True, kw_only=True):
    """An attempt ended, and how is known."""

    step: str
    attempt: Integer
    result: MemberOf[Result]
    reason: str = ""
    """In words: the exit status, the check that failed, the missing output."""
    exit: Integer | None = None
    """The exit status of the script; negative for a signal."""
    output_bytes: Integer = 0
    output_sha256: str | None = None
    spans_sha256: str | None = None
    """Of the file `spans`: which bytes of the output came from which stream, and when.
    """
    exit_sha256: str | None = None
    """Of the keeper's record of its end; older journals lack it."""
    outputs_sha256: str | None = None
    """Of what it wrote to `$RUNBOOK_OUTPUT`; `None` while something may still write."""
    plays_sha256: str | None = None
    """Of all that its `ansible-playbook` processes said, as `plays_digest` has it;
    `None` without any, while one may still write, and in older journals."""
    left: tuple[str, ...] = ()
    """Processes of the step that still live, as `PID NAME`."""
    ended_with: tuple[str, ...] = ()
    """Processes of it that were ended when its script had ended, named; older journals
    lack them."""
    note: str = ""
    unwatched: OmittedIfNone[Number] = None
    """Seconds between the script's end, as its keeper recorded it, and a host's finding
    that: they are no part of the attempt. `None` where a host was there."""

    def __post_init__(self) -> None:
        """Refuse a status that is no end.

        Raises:
            ValueError: it is one.
        """
        require_member(self.result, Result, "result")


class StepUnknown(JsonObject, frozen=True, kw_only=True):
    """How an attempt ended cannot be known."""

    step: str
    attempt: Integer
    reason: str
    left: tuple[str, ...] = ()
    output_bytes: Integer = 0
    output_sha256: str | None = None
    spans_sha256: str | None = None
    outputs_sha256: str | None = None
    plays_sha256: str | None = None


class StepSkipped(JsonObject, frozen=True, kw_only=True):
    """A person, or the automatic run, skipped a step."""

    step: str
    reason: str


class StepPassedOver(JsonObject, frozen=True, kw_only=True):
    """The run passed over a step whose guard did not hold."""

    step: str
    reason: str
    """The values that decided it, and what the step wants; or what was seen."""
    looked: bool = False
    """Whether a check of its guard decided it, which looks again if it is begun."""


class StepRestored(JsonObject, frozen=True, kw_only=True):
    """A skipped step is pending again."""

    step: str


class StepOverridden(JsonObject, frozen=True, kw_only=True):
    """A person counts a step as done, with a reason."""

    step: str
    reason: str


class ChoiceMade(JsonObject, frozen=True, kw_only=True):
    """A decision was made; it also ends its step as passed."""

    step: str
    attempt: Integer
    var: str
    values: tuple[str, ...]
    reason: str = ""
    reads: tuple[str, ...] = ()
    """The variable that listed what could be chosen."""


StepEvent = (
    StepStarted
    | CheckTried
    | StopAsked
    | StepEnded
    | StepUnknown
    | StepSkipped
    | StepPassedOver
    | StepRestored
    | StepOverridden
    | ChoiceMade
)


class ApprovalAsked(JsonObject, frozen=True, kw_only=True):
    """Somebody asked for the approval of an attempt at a step."""

    step: str
    attempt: Integer
    """The attempt that it is for, and no other."""
    role: str
    count: Integer
    """How many must approve."""
    within: Number
    """Seconds after which it is denied; after each approval they begin anew."""
    binding: str
    """Digest of the step and of every value that it reads; see `binding_digest`."""
    uid: Integer
    """Whose process asked, as the kernel says; the host's own for `--auto`."""
    files: OmittedIfNone[Mapping[str, str]] = None
    """The files that the step's scripts run by a literal path: digests by paths, from
    where commands run; empty for one that is not there. `None` for no such file."""


class ApprovalGiven(JsonObject, frozen=True, kw_only=True):
    """A second person approved the attempt."""

    step: str
    attempt: Integer
    binding: str
    """Digest of the step and the values that the approver was shown."""
    name: str
    uid: Integer
    """The user of the process that approved, by the kernel; -1 for a drill's approver.
    """
    weaker: bool = False
    """Whether it was given from the login that asked: then only a typed name says that
    it was another person."""
    place: str = ""
    """The approver's terminal, as the system knows it: `pts/3 from 10.0.0.7`."""


class ApprovalDenied(JsonObject, frozen=True, kw_only=True):
    """The request ended without approval: somebody denied it, or it expired."""

    step: str
    attempt: Integer
    reason: str
    uid: Integer | None = None
    """The user of the process that denied it; `None` where it expired."""
    place: str = ""
    """The terminal of whoever denied it."""


ApprovalEvent = ApprovalAsked | ApprovalGiven | ApprovalDenied
APPROVAL_EVENTS: tuple[type[ApprovalEvent], ...] = get_args(ApprovalEvent)


class RowsAdded(JsonObject, frozen=True, kw_only=True):
    """A step with `for_each` got a row for each item: a step of its own."""

    step: str
    """The parent step; the rows follow it in the plan."""
    rows: tuple[str, ...]
    """The ids of the rows."""
    items: tuple[str, ...]
    """The item of each."""


class StepImprovised(JsonObject, frozen=True, kw_only=True):
    """A command that no step has joined the run, as a step of its own."""

    step: str
    """The id of that step."""
    script: str
    """The command, for bash."""
    title: str
    effect: Effect
    """What it was judged to do."""
    after: str | None = None
    """The id of the step that it came after; see `improvised_step`."""
    improviser: str
    """The account that improvised it, as in the entry's `by`; the step is made from
    this event alone, and names it."""


StepAdditionEvent: TypeAlias = RowsAdded | StepImprovised
"""Every event that adds steps."""
STEP_ADDITION_EVENTS: tuple[type[StepAdditionEvent], ...] = get_args(StepAdditionEvent)
