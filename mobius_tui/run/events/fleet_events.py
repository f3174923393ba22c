"""Events of a step on many hosts: its list, its batches, and each of its hosts. Pure.

`HostStarted` is of the process that runs a run; what is about a host of a step begins
with `FleetHost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Literal, TypeAlias, get_args

from msgspec import field

from mobius_tui.json_border import (
    Integer,
    MemberOf,
    Number,
    OmittedIfNone,
    require_member,
)
from mobius_tui.run.events.event import Event, MomentKind, MomentTone, Telling

MAX_HOSTS_NAMED = 5
"""Hosts that are named in a line."""


class HostStatus(StrEnum):
    """The status of one host of a step; the most urgent statuses come first."""

    UNKNOWN = "unknown"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    RUNNING = "running"
    SKIPPED = "skipped"
    PENDING = "pending"
    """Its batch has begun; nothing has been started on the host itself."""
    WAITING = "waiting"
    """Its batch has not begun."""
    CHANGED = "changed"
    OK = "ok"


HOST_STATUSES_NEEDING_PERSON = frozenset(
    {HostStatus.UNKNOWN, HostStatus.FAILED, HostStatus.UNREACHABLE}
)
"""Statuses of a host that a person has to look at."""
HostResult = Literal[
    HostStatus.PENDING,
    HostStatus.UNKNOWN,
    HostStatus.FAILED,
    HostStatus.UNREACHABLE,
    HostStatus.CHANGED,
    HostStatus.OK,
]
"""How one try at a host ended. `pending`: nothing ran on it, so it may be tried again
in the same attempt."""


HostKeyProblem = Literal["changed", "unknown"]
"""What is wrong with the key by which a host shows who it is: it is another than the
known one, or no known one at all."""


class HoldReason(StrEnum):
    """Why no further host begins for now."""

    HOST_KEY = "host key"
    """A host has another key than the known one, so it may be another machine; a person
    decides: skipped or failed."""

    UNKNOWN = "unknown"
    """How far a host got is unknown; a person settles that host
    (`FleetHostSettled`)."""
    UNREACHABLE = "unreachable"
    """A host cannot be reached; a person decides: skipped or failed."""
    TRIGGER = "trigger"
    PERSON = "person"
    """The runbook wants a person to let each next batch begin."""
    NO_DATA = "no data"
    NOT_HEALTHY = "not healthy"
    """Health has not been ok for as long as the rollout requires between batches."""
    TOO_LATE = "too late"
    """Health did not become ok within the time allowed: a person is needed."""


Settlement = Literal["ran", "did not run", "skip", "fail"]
"""A person's decision about a host: `ran` or `did not run` for an unknown one, `skip`
or `fail` for an unreachable one."""
RELEASABLE_HOLD_REASONS = (
    *(HoldReason.TRIGGER, HoldReason.PERSON, HoldReason.NO_DATA),
    *(HoldReason.NOT_HEALTHY, HoldReason.TOO_LATE),
)
"""Reasons of a hold that a person may release as a whole; the others are settled host
by host."""


HOLD_REASON_WORDS: Mapping[HoldReason, str] = {
    HoldReason.HOST_KEY: "a changed host key",
    HoldReason.UNKNOWN: "a host is unknown",
    HoldReason.UNREACHABLE: "a host cannot be reached",
    HoldReason.TRIGGER: "a trigger fired",
    HoldReason.PERSON: "a person lets it begin",
    HoldReason.NO_DATA: "there is no data on health",
    HoldReason.NOT_HEALTHY: "not well for long enough yet",
    HoldReason.TOO_LATE: "it was not well in time",
}
"""Why nothing further begins."""
_SETTLEMENT_WORDS: Mapping[Settlement, str] = {
    "ran": "it ran",
    "did not run": "it did not run",
    "skip": "skipped",
    "fail": "counts as failed",
}


def _count(hosts: int) -> str:
    return "1 host" if hosts == 1 else f"{hosts} hosts"


class HostsResolved(Event, frozen=True, kw_only=True):
    """An attempt has its list of hosts; with it the attempt's `hosts.json`."""

    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    target: str
    hosts: tuple[str, ...]
    """Their names, in the order in which they go."""
    sha256: str
    """Digest of the hosts' names, addresses, users and ports; see
    `ResolvedHosts.sha256`."""
    groups: Integer = 0
    """Number of inventory groups that the hosts belong to."""
    limit: str = ""
    """The pattern that left only these; empty without one."""
    playbook: Mapping[str, str] = field(default_factory=dict)
    """What the playbook is made of, as digests by paths; see `playbook_digests`."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        words = _count(len(self.hosts))
        if self.groups:
            words += f", of {self.groups} group{'s' if self.groups > 1 else ''}"
        if self.limit:
            words += f", limited to {self.limit}"
        more = ", …" if len(self.hosts) > MAX_HOSTS_NAMED else ""
        names = ", ".join(self.hosts[:MAX_HOSTS_NAMED]) + more
        return f"hosts: {run.step(self.step)}: {words} ({names})"


class BatchStarted(Event, frozen=True, kw_only=True):
    """The hosts of a batch may begin."""

    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    batch: Integer
    """Its number, from 1."""
    hosts: tuple[str, ...]

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        words = f"{run.step(self.step)}: {_count(len(self.hosts))}"
        return f"batch {self.batch} begins: {words}"


class FleetHostStarted(Event, frozen=True, kw_only=True):
    """Something is about to be done on a host; durable before it is connected to."""

    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    host: str

    def sentence(self, _run: Telling) -> None:
        """Nothing that is of interest to a reader: there may be a thousand of them."""


class FleetHostChecked(Event, frozen=True, kw_only=True):
    """A check was made once, for a host."""

    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    host: str
    check: Integer
    """Which of the step's checks, from 0."""
    look: Integer
    """The number of the try, from 1."""
    held: bool
    detail: str
    ms: Number
    row: Integer
    """How many tries in a row, this one included, have held."""

    def sentence(self, _run: Telling) -> str | None:
        """What it says in a line."""
        if self.held:
            return None
        return f"{self.host}: look {self.look} does not hold: {self.detail}"


class FleetHostEnded(Event, frozen=True, kw_only=True):
    """The work on a host has ended, or how far it got is unknown."""

    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    host: str
    status: MemberOf[HostResult]
    exit: Integer | None = None
    """The exit status of the script; `None` where none is known."""
    output_bytes: Integer = 0
    output_sha256: str | None = None
    reason: str = ""
    spans_sha256: str | None = None
    host_key: OmittedIfNone[HostKeyProblem] = None
    """What is wrong with its host key, if that is why it was not reached."""

    def __post_init__(self) -> None:
        """Refuse a status that is no end.

        Raises:
            ValueError: it is one.
        """
        require_member(self.status, HostResult, "status")

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        reason = self.reason
        if not reason and self.exit:
            reason = f"exit {self.exit}"
        why = f": {reason}" if reason else ""
        return f"{self.host} {self.status}: {run.step(self.step)}{why}"

    @property
    def tone(self) -> MomentTone:
        """Bad where a person is needed."""
        return "bad" if self.status in HOST_STATUSES_NEEDING_PERSON else "plain"


class BatchEnded(Event, frozen=True, kw_only=True):
    """No host of a batch runs or is pending."""

    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    batch: Integer
    counts: Mapping[str, Integer] = field(default_factory=dict)
    """How many of its hosts have each status, by the words of `HostStatus`."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        words = [each.value for each in reversed(HostStatus)]
        counts = (
            f"{self.counts[each]} {each}" for each in words if self.counts.get(each)
        )
        return f"batch {self.batch} ended: {run.step(self.step)}: {', '.join(counts)}"


class BatchHeld(Event, frozen=True, kw_only=True):
    """No further host begins for now."""

    moment_kind: ClassVar[MomentKind] = "steps"
    moment_tone: ClassVar[MomentTone] = "warn"
    step: str
    attempt: Integer
    batch: Integer
    """The batch that is held: the one that goes on, or the next."""
    why: HoldReason
    reason: str = ""
    """Details for a person; empty where `why` says all."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        why = HOLD_REASON_WORDS[self.why]
        more = f": {self.reason}" if self.reason not in ("", why) else ""
        return f"held: {run.step(self.step)}, batch {self.batch}; {why}{more}"


class BatchReleased(Event, frozen=True, kw_only=True):
    """A person lets a batch go on that is held."""

    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    batch: Integer
    reason: str = ""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        why = f": {self.reason}" if self.reason else ""
        return f"released: {run.step(self.step)}, batch {self.batch}, by {run.by}{why}"


class FleetHostSettled(Event, frozen=True, kw_only=True):
    """A person decided how an unknown or unreachable host counts."""

    moment_kind: ClassVar[MomentKind] = "steps"
    step: str
    attempt: Integer
    host: str
    settled: Settlement
    reason: str

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        words = f"{_SETTLEMENT_WORDS[self.settled]}, by {run.by}: {self.reason}"
        return f"settled: {run.step(self.step)}: {self.host}, {words}"


FleetEvent: TypeAlias = (
    HostsResolved
    | BatchStarted
    | FleetHostStarted
    | FleetHostChecked
    | FleetHostEnded
    | BatchEnded
    | BatchHeld
    | BatchReleased
    | FleetHostSettled
)
"""Every event of a step on many hosts."""
FLEET_EVENTS: tuple[type[FleetEvent], ...] = get_args(FleetEvent)
