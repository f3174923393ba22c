"""Events of a step on many hosts: its list, its batches, and each of its hosts. Pure.

`HostStarted` is of the process that runs a run; what is about a host of a step begins
with `FleetHost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from msgspec import field

from mobius_tui.json_border import (
    Integer,
    JsonObject,
    MemberOf,
    Number,
    OmittedIfNone,
    require_member,
)


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


class HostsResolved(JsonObject, frozen=True, kw_only=True):
    """An attempt has its list of hosts; with it the attempt's `hosts.json`."""

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


class BatchStarted(JsonObject, frozen=True, kw_only=True):
    """The hosts of a batch may begin."""

    step: str
    attempt: Integer
    batch: Integer
    """Its number, from 1."""
    hosts: tuple[str, ...]


class FleetHostStarted(JsonObject, frozen=True, kw_only=True):
    """Something is about to be done on a host; durable before it is connected to."""

    step: str
    attempt: Integer
    host: str


class FleetHostChecked(JsonObject, frozen=True, kw_only=True):
    """A check was made once, for a host."""

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


class FleetHostEnded(JsonObject, frozen=True, kw_only=True):
    """The work on a host has ended, or how far it got is unknown."""

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


class BatchEnded(JsonObject, frozen=True, kw_only=True):
    """No host of a batch runs or is pending."""

    step: str
    attempt: Integer
    batch: Integer
    counts: Mapping[str, Integer] = field(default_factory=dict)
    """How many of its hosts have each status, by the words of `HostStatus`."""


class BatchHeld(JsonObject, frozen=True, kw_only=True):
    """No further host begins for now."""

    step: str
    attempt: Integer
    batch: Integer
    """The batch that is held: the one that goes on, or the next."""
    why: HoldReason
    reason: str = ""
    """Details for a person; empty where `why` says all."""


class BatchReleased(JsonObject, frozen=True, kw_only=True):
    """A person lets a batch go on that is held."""

    step: str
    attempt: Integer
    batch: Integer
    reason: str = ""


class FleetHostSettled(JsonObject, frozen=True, kw_only=True):
    """A person decided how an unknown or unreachable host counts."""

    step: str
    attempt: Integer
    host: str
    settled: Settlement
    reason: str


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
