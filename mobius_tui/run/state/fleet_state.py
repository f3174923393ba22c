"""The hosts of a step, as its events made them. Pure.

A `FleetState` is changed in place, as a run's state is: a step with 1,000 hosts has
10,000 events and more. The values in it are immutable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mobius_tui.run.events.fleet_events import HoldReason, HostStatus, Settlement

ATTEMPTS_KEPT = 8
"""Attempts at a step of which all hosts are kept; of older ones the newest of each."""
REASON_LENGTH = 500
"""Characters that are kept of what is said of a host."""

ENDED = frozenset(
    {
        *(HostStatus.OK, HostStatus.CHANGED, HostStatus.FAILED),
        *(HostStatus.UNREACHABLE, HostStatus.UNKNOWN, HostStatus.SKIPPED),
    }
)
"""What a host is when nothing of it runs or is to begin."""
WANTING_SOMEBODY = frozenset(
    {HostStatus.UNKNOWN, HostStatus.FAILED, HostStatus.UNREACHABLE}
)
"""What somebody has to look at; the worst stand first in `HostStatus`."""
PASSED = frozenset({HostStatus.OK, HostStatus.CHANGED})
_NOT_AGAIN = frozenset(
    {HostStatus.OK, HostStatus.CHANGED, HostStatus.RUNNING, HostStatus.UNKNOWN}
)
"""What has passed, runs, or of which nobody knows whether it ran."""
SETTLEMENTS: Mapping[HostStatus, tuple[Settlement, Settlement]] = {
    HostStatus.UNKNOWN: ("ran", "did not run"),
    HostStatus.UNREACHABLE: ("skip", "fail"),
}
"""What a person may say of a host, by what it is."""
_SETTLED: Mapping[Settlement, HostStatus] = {
    "ran": HostStatus.OK,
    "did not run": HostStatus.FAILED,
    "skip": HostStatus.SKIPPED,
    "fail": HostStatus.UNREACHABLE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HostState:
    """One host in one attempt."""

    status: HostStatus = HostStatus.WAITING
    attempt: int = 0
    tries: int = 0
    """How often it was begun in this attempt: more than once where nothing of the try
    before ran."""
    batch: int = 0
    """The number of its batch; 0 before that has begun."""
    started: float | None = None
    """Seconds since 1970."""
    ended: float | None = None
    exit: int | None = None
    reason: str = ""
    output_bytes: int = 0
    settled: Settlement | None = None
    """What a person said that it counts for."""
    looks: int = 0
    """How many looks of checks there were."""
    check: str = ""
    """What the last look of a check found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchState:
    """One batch of an attempt."""

    number: int
    hosts: tuple[str, ...]
    started: float
    """Seconds since 1970."""
    ended: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Why no further host begins."""

    batch: int
    why: HoldReason
    reason: str
    at: float
    """Seconds since 1970."""


@dataclass(slots=True)
class FleetState:
    """The hosts of one attempt at a step."""

    attempt: int
    target: str
    sha256: str
    resolved_at: float
    """Seconds since 1970."""
    hosts: dict[str, HostState]
    """By name, in the order in which they go."""
    groups: int = 0
    limit: str = ""
    playbook: Mapping[str, str] = field(default_factory=dict)
    """What the playbook was made of as the attempt began, as digests by paths."""
    batches: tuple[BatchState, ...] = ()
    """Those that have begun, in order."""
    held: Held | None = None
    released_batch: int = 0
    """The last batch that a person has let begin; 0 for none."""
    released_at: float | None = None
    """When a person last let something go on."""
    open_hosts: int = 0
    """How many hosts of the last batch are pending or run."""

    @property
    def batch(self) -> BatchState | None:
        """The last batch that has begun."""
        return self.batches[-1] if self.batches else None

    def counts(self) -> Counter[HostStatus]:
        """How many hosts are what."""
        return Counter(each.status for each in self.hosts.values())

    def named(self, *statuses: HostStatus) -> tuple[str, ...]:
        """The hosts that are one of these, in their order."""
        return tuple(n for n, each in self.hosts.items() if each.status in statuses)

    def copy(self) -> FleetState:
        """An independent copy."""
        return replace(self, hosts=self.hosts.copy())


@dataclass(slots=True)
class StepFleet:
    """The hosts of a step over all its attempts."""

    attempts: dict[int, FleetState] = field(default_factory=dict)
    """The newest attempts, by their numbers."""
    latest: dict[str, HostState] = field(default_factory=dict)
    """The newest state of each host that was ever on a list of an earlier attempt."""

    @property
    def last(self) -> FleetState | None:
        """The newest attempt's; None before there was one."""
        return next(reversed(self.attempts.values()), None)

    def newest(self) -> Mapping[str, HostState]:
        """The newest state of each host, over all attempts.

        An attempt that has begun nothing, as its list was not what was shown, changes
        none of them.
        """
        last = self.last
        if last is None:
            return self.latest
        if last.batches:
            return {**self.latest, **last.hosts}
        return {**self.latest, **{host: last.hosts[host] for host in self.new_hosts}}

    @property
    def to_do(self) -> tuple[str, ...]:
        """The hosts that another attempt would take, as far as that is known.

        What the newest attempt did not take, though it was to be taken, was there no
        more; of a host that was settled since, nobody knows that.
        """
        last, newest = self.last, self.newest()
        there = last.hosts if last is not None else {}
        known = (h for h, s in newest.items() if h in there or s.settled is not None)
        return hosts_to_do(known, newest)

    @property
    def new_hosts(self) -> tuple[str, ...]:
        """The hosts that no attempt before the newest one had; all of the first."""
        last = self.last
        hosts = last.hosts if last is not None else ()
        return tuple(host for host in hosts if host not in self.latest)

    def copy(self) -> StepFleet:
        """An independent copy."""
        attempts = {number: each.copy() for number, each in self.attempts.items()}
        return StepFleet(attempts=attempts, latest=self.latest.copy())


def settled_status(settled: Settlement) -> HostStatus:
    """What a host is that a person has settled."""
    return _SETTLED[settled]


def hosts_to_do(
    hosts: Iterable[str], newest: Mapping[str, HostState]
) -> tuple[str, ...]:
    """The hosts that an attempt takes, in their order.

    These are all in a first one; in another those that failed, could not be reached,
    were skipped or never began. One that has passed is never taken again, and one of
    which nobody knows is settled first.

    Args:
        hosts: those that the target has now, in their order.
        newest: what each was last; see `StepFleet.newest`.
    """
    return tuple(
        host
        for host in hosts
        if host not in newest or newest[host].status not in _NOT_AGAIN
    )
