"""Events of a step: attempts, checks, approvals and ends; steps that join a run. Pure.

Whoever folds the journal adds the steps to the state, and to the plan: see
`mobius_tui/run/state/added_steps.py` and `Plan.catch_up`. An event says all that is
needed to make its steps from the run's copy of the runbook, so that a journal alone
gives the same plan at each of its moments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import ClassVar, Literal, TypeAlias, get_args

from mobius_tui import sanitize
from mobius_tui.json_border import (
    Integer,
    MemberOf,
    Number,
    OmittedIfNone,
    require_member,
)
from mobius_tui.run.events.event import (
    Event,
    MomentKind,
    MomentTone,
    Telling,
    WhenReopened,
)
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.model.step_text import EFFECT_LABELS, survivors_in_words
from mobius_tui.runbook.text.units import duration_in_words

MAX_ITEMS_NAMED = 5
"""Items that are named in a line."""
_SHA256_CHARS = 64


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


PASSED_STATUSES = frozenset({Status.PASSED, Status.WARNED})
"""Statuses of an attempt that succeeded."""
STATUSES_NEEDING_DECISION = frozenset(
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
UNBEGUN_STATUSES = frozenset({Status.PENDING, Status.UNDONE})
"""Statuses of a step of which nothing stands: nothing was done, or it was undone."""
GATE_OPENING_STATUSES = PASSED_STATUSES | frozenset(
    {
        Status.OVERRIDDEN,
        Status.RECOVERED,
        Status.NOT_APPLICABLE,
    }
)
"""Statuses that open gates and satisfy `needs`."""
ENDED_STATUSES = STATUSES_NEEDING_DECISION | {
    Status.PASSED,
    Status.WARNED,
    Status.OVERRIDDEN,
    Status.RECOVERED,
}
"""Statuses of a step that has ended."""
ATTEMPT_TONES: Mapping[Status, MomentTone] = {
    Status.RUNNING: "going",
    Status.PASSED: "good",
    Status.WARNED: "warn",
}
"""The tone of an attempt by its status; `bad` for any other."""
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


class StepStarted(Event, frozen=True, kw_only=True):
    """An attempt is about to be made; durable before anything is done."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    statuses_before: ClassVar[Collection[str]] = (
        ENDED_STATUSES | UNBEGUN_STATUSES | {Status.NOT_APPLICABLE}
    )
    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    reads: tuple[str, ...] = ()
    """Names of the variables that it was given."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        more = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"started: {run.step(self.step)}{more}{run.how_it_begins(self.step)}"


class CheckTried(Event, frozen=True, kw_only=True):
    """A check was made once."""

    when_reopened: ClassVar[WhenReopened] = "always"
    statuses_before: ClassVar[Collection[str]] = frozenset({Status.RUNNING})
    may_follow_end: ClassVar[bool] = True
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        held = "holds" if self.held else "does not hold"
        words = f"look {self.look} {held}: {self.detail}"
        if not run.has_steps_beside(self.step):
            return words
        return f"{run.step(self.step)}: {words}"


class StopAsked(Event, frozen=True, kw_only=True):
    """A person asked for a running step to be stopped."""

    when_reopened: ClassVar[WhenReopened] = "always"
    statuses_before: ClassVar[Collection[str]] = frozenset({Status.RUNNING})
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_tone: ClassVar[MomentTone] = "warn"
    step: str
    attempt: Integer

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"stop asked for: {run.step(self.step)}, by {run.by}"


class StepEnded(Event, frozen=True, kw_only=True):
    """An attempt ended, and how is known."""

    when_reopened: ClassVar[WhenReopened] = "always"
    statuses_before: ClassVar[Collection[str]] = frozenset({Status.RUNNING})
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        took = duration_in_words(run.seconds(self.step, self.attempt))
        passed = self.result in PASSED_STATUSES
        result = "listed" if passed and run.has_rows(self.step) else self.result
        text = f"{result}: {run.step(self.step)}, in {took}"
        if self.reason:
            text += f": {self.reason}"
        if self.note:
            text += f" ({self.note})"
        if self.left:
            text += f"; {survivors_in_words(self.left)}"
        if self.ended_with:
            text += f"; ended with the script: {'; '.join(self.ended_with)}"
        if self.unwatched is not None and self.unwatched >= 1:
            ago = duration_in_words(self.unwatched)
            text += f"; it had ended {ago} before a host looked"
        if passed:
            text += run.undone(self.step)
        return text + run.end_of_parent(self.step)

    @property
    def tone(self) -> MomentTone:
        """As good or bad as the result is."""
        return ATTEMPT_TONES.get(self.result, "bad")


class StepUnknown(Event, frozen=True, kw_only=True):
    """How an attempt ended cannot be known."""

    when_reopened: ClassVar[WhenReopened] = "always"
    statuses_before: ClassVar[Collection[str]] = frozenset({Status.RUNNING})
    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_tone: ClassVar[MomentTone] = "bad"
    step: str
    attempt: Integer
    reason: str
    left: tuple[str, ...] = ()
    output_bytes: Integer = 0
    output_sha256: str | None = None
    spans_sha256: str | None = None
    outputs_sha256: str | None = None
    plays_sha256: str | None = None

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        still = f"; {survivors_in_words(self.left)}" if self.left else ""
        return f"unknown: {run.step(self.step)}; {self.reason}{still}"


class StepSkipped(Event, frozen=True, kw_only=True):
    """A person, or the automatic run, skipped a step."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    statuses_before: ClassVar[Collection[str]] = (
        STATUSES_NEEDING_DECISION | UNBEGUN_STATUSES
    )
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_mark: ClassVar[str] = "–"
    moment_tone: ClassVar[MomentTone] = "warn"
    step: str
    reason: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"skipped: {run.step(self.step)}, by {run.by}: {self.reason}"


class StepPassedOver(Event, frozen=True, kw_only=True):
    """The run passed over a step whose guard did not hold."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    statuses_before: ClassVar[Collection[str]] = UNBEGUN_STATUSES | {
        Status.NOT_APPLICABLE
    }
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_mark: ClassVar[str] = "┄"
    step: str
    reason: str
    """The values that decided it, and what the step wants; or what was seen."""
    looked: bool = False
    """Whether a check of its guard decided it, which looks again if it is begun."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"passed over: {run.step(self.step)}: {self.reason}"


class StepRestored(Event, frozen=True, kw_only=True):
    """A skipped step is pending again."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    statuses_before: ClassVar[Collection[str]] = frozenset({Status.SKIPPED})
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_mark: ClassVar[str] = "○"
    step: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"pending again: {run.step(self.step)}"


class StepOverridden(Event, frozen=True, kw_only=True):
    """A person counts a step as done, with a reason."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    statuses_before: ClassVar[Collection[str]] = (
        ENDED_STATUSES | UNBEGUN_STATUSES | {Status.SKIPPED, Status.NOT_APPLICABLE}
    )
    moment_kind: ClassVar[MomentKind] = "steps"
    moment_mark: ClassVar[str] = "◆"
    moment_tone: ClassVar[MomentTone] = "warn"
    step: str
    reason: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        words = f"overridden: {run.step(self.step)}, by {run.by}: {self.reason}"
        return words + run.undone(self.step)


class ChoiceMade(Event, frozen=True, kw_only=True):
    """A decision was made; it also ends its step as passed."""

    statuses_before: ClassVar[Collection[str]] = ENDED_STATUSES | UNBEGUN_STATUSES
    moment_kind: ClassVar[MomentKind] = "decisions"
    moment_mark: ClassVar[str] = "◆"
    step: str
    attempt: Integer
    var: str
    values: tuple[str, ...]
    reason: str = ""
    reads: tuple[str, ...] = ()
    """The variable that listed what could be chosen."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        why = f": {self.reason}" if self.reason else ""
        chosen = ", ".join(self.values)
        return f"decided: {run.step(self.step)}: {chosen}, by {run.by}{why}"


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


class ApprovalAsked(Event, frozen=True, kw_only=True):
    """Somebody asked for the approval of an attempt at a step."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    moment_kind: ClassVar[MomentKind] = "decisions"
    moment_mark: ClassVar[str] = "○"
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        of = f"{self.role} ({self.count} people)" if self.count > 1 else self.role
        within = duration_in_words(self.within)
        words = f"approval asked for: {run.step(self.step)}, of {of}, within {within}"
        return f"{words}; with {self.files_text}" if self.files_text else words

    @property
    def files_text(self) -> str:
        """The files that the approval is for, in words; empty for none."""
        named = []
        for path, digest in (self.files or {}).items():
            is_read = len(digest) == _SHA256_CHARS
            words = f"sha256 {digest[:12]}" if is_read else digest or "not there"
            named.append(f"{path} ({words})")
        return sanitize.line(", ".join(named))


class ApprovalGiven(Event, frozen=True, kw_only=True):
    """A second person approved the attempt."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    moment_kind: ClassVar[MomentKind] = "decisions"
    moment_mark: ClassVar[str] = "✔"
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        where = "a drill's approver" if self.uid < 0 else f"user id {self.uid}"
        where += f" at {self.place}" if self.place else ""
        note = "; weaker: a typed name in the login that asked" if self.weaker else ""
        return f"approved: {run.step(self.step)}, by {self.name} ({where}{note})"


class ApprovalDenied(Event, frozen=True, kw_only=True):
    """The request ended without approval: somebody denied it, or it expired."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    moment_kind: ClassVar[MomentKind] = "decisions"
    moment_mark: ClassVar[str] = "✖"
    moment_tone: ClassVar[MomentTone] = "warn"
    step: str
    attempt: Integer
    reason: str
    uid: Integer | None = None
    """The user of the process that denied it; `None` where it expired."""
    place: str = ""
    """The terminal of whoever denied it."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        where = f" (at {self.place})" if self.place else ""
        return f"not approved: {run.step(self.step)}; {self.reason}{where}"


ApprovalEvent = ApprovalAsked | ApprovalGiven | ApprovalDenied
APPROVAL_EVENTS: tuple[type[ApprovalEvent], ...] = get_args(ApprovalEvent)


class RowsAdded(Event, frozen=True, kw_only=True):
    """A step with `for_each` got a row for each item: a step of its own."""

    step: str
    """The parent step; the rows follow it in the plan."""
    rows: tuple[str, ...]
    """The ids of the rows."""
    items: tuple[str, ...]
    """The item of each."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        more = ", …" if len(self.items) > MAX_ITEMS_NAMED else ""
        items = f"{len(self.items)} ({', '.join(self.items[:MAX_ITEMS_NAMED])}{more})"
        return f"rows: {run.step(self.step)}: {items}"


class StepImprovised(Event, frozen=True, kw_only=True):
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

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        effect = EFFECT_LABELS[self.effect]
        return f"improvised ({effect}): {run.step(self.step)}, by {run.by}"


StepAdditionEvent: TypeAlias = RowsAdded | StepImprovised
"""Every event that adds steps."""
STEP_ADDITION_EVENTS: tuple[type[StepAdditionEvent], ...] = get_args(StepAdditionEvent)
