"""Events of a step on many hosts: its list, its batches, and each of its hosts. Pure.

`HostStarted` is of the process that runs a run; what is about a host of a step begins
with `FleetHost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias, get_args


class HostStatus(StrEnum):
    """Where a host of a step stands; the first of them want a person most."""

    UNKNOWN = "unknown"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    RUNNING = "running"
    SKIPPED = "skipped"
    PENDING = "pending"
    """Its batch has begun, and it has not."""
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
"""What an attempt at a host came to; pending: nothing of it ran or will, and it may
begin once more."""


class HoldReason(StrEnum):
    """Why no further host begins for now."""

    UNKNOWN = "unknown"
    """Nobody knows how far a host got: it is settled by name."""
    UNREACHABLE = "unreachable"
    """A host cannot be reached, and a person is asked what it counts for."""
    TRIGGER = "trigger"
    PERSON = "person"
    """A person lets the next batch begin."""
    NO_DATA = "no data"
    NOT_HEALTHY = "not healthy"
    """Health has not been well for as long as is wanted."""
    TOO_LATE = "too late"
    """It was not well in time, so that a person is wanted."""


Settlement = Literal["ran", "did not run", "skip", "fail"]
"""What a person says of a host: of an unknown one the first two, of one that cannot be
reached the others."""
RELEASABLE = (
    *(HoldReason.TRIGGER, HoldReason.PERSON, HoldReason.NO_DATA),
    *(HoldReason.NOT_HEALTHY, HoldReason.TOO_LATE),
)
"""What a person may release; the others are settled host by host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostsResolved:
    """An attempt has its list of hosts; with it the attempt's `hosts.json`."""

    step: str
    attempt: int
    target: str
    hosts: tuple[str, ...]
    """Their names, in the order in which they go."""
    sha256: str
    """Of who they are and where; see `ResolvedHosts.sha256`."""
    groups: int = 0
    """How many groups they are of."""
    limit: str = ""
    """The pattern that left only these; empty without one."""
    playbook: Mapping[str, str] = field(default_factory=dict)
    """What the playbook is made of, as digests by paths; see `playbook_digests`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStarted:
    """The hosts of a batch may begin."""

    step: str
    attempt: int
    batch: int
    """Its number, from 1."""
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetHostStarted:
    """Something is about to be done on a host; durable before it is connected to."""

    step: str
    attempt: int
    host: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetHostChecked:
    """A check was made once, for a host."""

    step: str
    attempt: int
    host: str
    check: int
    """Which of the step's checks, from 0."""
    look: int
    """The number of the try, from 1."""
    held: bool
    detail: str
    ms: float
    row: int
    """How many tries in a row have held by now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetHostEnded:
    """What was done on a host has ended, or nobody knows how far it got."""

    step: str
    attempt: int
    host: str
    status: HostResult
    exit: int | None = None
    """The exit status of the script; `None` where none is known."""
    output_bytes: int = 0
    output_sha256: str | None = None
    reason: str = ""
    spans_sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchEnded:
    """No host of a batch runs or is pending."""

    step: str
    attempt: int
    batch: int
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of its hosts are what, by the words of `HostStatus`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchHeld:
    """No further host begins for now."""

    step: str
    attempt: int
    batch: int
    """The batch that is held: the one that goes on, or the next."""
    why: HoldReason
    reason: str = ""
    """More of it, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchReleased:
    """A person lets a batch go on that is held."""

    step: str
    attempt: int
    batch: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetHostSettled:
    """A person says what a host counts for."""

    step: str
    attempt: int
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
