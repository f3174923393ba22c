"""The hosts of a step, as its events made them. Pure.

An `AttemptFleet` is changed in place, as a run's state is: a step with 1,000 hosts has
10,000 events and more. The values in it are immutable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from mobius_tui.run.events.fleet_events import (
    HoldReason,
    HostKeyProblem,
    HostStatus,
    Settlement,
)
from mobius_tui.structs import replace

MAX_COMPLETE_ATTEMPTS = 8
"""Newest attempts of a step that are kept with all their hosts; of older attempts only
each host's newest state is kept."""
MAX_HOST_REASON_CHARS = 500
"""Characters of a host's reason that are kept."""

ENDED_HOST_STATUSES = frozenset(
    {
        *(HostStatus.OK, HostStatus.CHANGED, HostStatus.FAILED),
        *(HostStatus.UNREACHABLE, HostStatus.UNKNOWN, HostStatus.SKIPPED),
    }
)
"""Statuses of a host with which this attempt is done. Nothing begins on it any more; on
an unknown one something may still run."""
HOST_STATUSES_NEEDING_PERSON = frozenset(
    {HostStatus.UNKNOWN, HostStatus.FAILED, HostStatus.UNREACHABLE}
)
"""Statuses of a host that a person has to look at."""
PASSED_HOST_STATUSES = frozenset({HostStatus.OK, HostStatus.CHANGED})
_STATUSES_NOT_REPEATED = frozenset(
    {HostStatus.OK, HostStatus.CHANGED, HostStatus.RUNNING, HostStatus.UNKNOWN}
)
"""Statuses of a host that another attempt leaves out: passed, running or unknown."""
SETTLEMENTS_BY_STATUS: Mapping[HostStatus, tuple[Settlement, Settlement]] = {
    HostStatus.UNKNOWN: ("ran", "did not run"),
    HostStatus.UNREACHABLE: ("skip", "fail"),
}
"""The decisions that a person may make about a host, by its status."""
_STATUS_BY_SETTLEMENT: Mapping[Settlement, HostStatus] = {
    "ran": HostStatus.OK,
    "did not run": HostStatus.FAILED,
    "skip": HostStatus.SKIPPED,
    "fail": HostStatus.UNREACHABLE,
}


class HostState(Struct, frozen=True, kw_only=True):
    """The state of one host in one attempt."""

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
    """How a person decided that it counts; `None` where nobody has."""
    looks: int = 0
    """How many times one of the step's checks was tried on it."""
    last_look_detail: str = ""
    """What the last look of a check found."""
    host_key: HostKeyProblem | None = None
    """What is wrong with its host key, if that is why it was not reached."""

    def wants_person(self, *, asks: bool) -> bool:
        """Whether a person is to say what it counts for, and nobody has yet.

        Args:
            asks: whether the step says so of hosts that cannot be reached.
        """
        if self.settled is not None:
            return False
        if self.status is HostStatus.UNREACHABLE:
            return asks or self.host_key == "changed"
        return self.status is HostStatus.UNKNOWN


class BatchState(Struct, frozen=True, kw_only=True):
    """The state of one batch of an attempt."""

    number: int
    hosts: tuple[str, ...]
    started: float
    """Seconds since 1970."""
    ended: float | None = None


class BatchHold(Struct, frozen=True, kw_only=True):
    """That a batch is held: why no further host begins, and since when."""

    batch: int
    why: HoldReason
    reason: str
    at: float
    """Seconds since 1970."""


class AttemptFleet(Struct):
    """The hosts of one attempt at a step."""

    attempt: int
    target: str
    sha256: str
    resolved_at: float
    """Seconds since 1970."""
    hosts: dict[str, HostState]
    """By name, in the order in which they go."""
    groups: int = 0
    """How many inventory groups the hosts belong to."""
    limit: str = ""
    playbook: Mapping[str, str] = field(default_factory=dict)
    """What the playbook was made of as the attempt began, as digests by paths."""
    batches: tuple[BatchState, ...] = ()
    """Those that have begun, in order."""
    held: BatchHold | None = None
    released_batch: int = 0
    """The last batch that a person has let begin; 0 for none."""
    released_at: float | None = None
    """When a person last let something go on."""
    open_hosts: int = 0
    """How many hosts of the last batch are pending or run."""

    @property
    def last_batch(self) -> BatchState | None:
        """The last batch that has begun."""
        return self.batches[-1] if self.batches else None

    def counts(self) -> Counter[HostStatus]:
        """How many hosts have each status."""
        return Counter(each.status for each in self.hosts.values())

    def hosts_with(self, *statuses: HostStatus) -> tuple[str, ...]:
        """The hosts with one of these statuses, in their order."""
        return tuple(n for n, each in self.hosts.items() if each.status in statuses)

    def hosts_with_key_problem(self) -> tuple[str, ...]:
        """The hosts whose key is another or an unknown one, and nobody has settled."""
        return tuple(
            name
            for name, each in self.hosts.items()
            if each.status is HostStatus.UNREACHABLE
            and each.host_key is not None
            and each.settled is None
        )

    def copy(self) -> AttemptFleet:
        """An independent copy."""
        return replace(self, hosts=self.hosts.copy())


class StepFleet(Struct):
    """The hosts of a step over all its attempts."""

    attempts: dict[int, AttemptFleet] = field(default_factory=dict)
    """The newest attempts, by their numbers."""
    earlier_states: dict[str, HostState] = field(default_factory=dict)
    """The newest state of each host that was ever on a list of an earlier attempt."""

    @property
    def last_attempt(self) -> AttemptFleet | None:
        """The hosts of the newest attempt; `None` before the first one."""
        return next(reversed(self.attempts.values()), None)

    def newest_states(self) -> Mapping[str, HostState]:
        """The newest state of each host, over all attempts.

        A newest attempt that began no batch (its list was not the one that was shown)
        changes no earlier state; only hosts that are new in it are added.
        """
        last = self.last_attempt
        if last is None:
            return self.earlier_states
        if last.batches:
            return {**self.earlier_states, **last.hosts}
        return {
            **self.earlier_states,
            **{host: last.hosts[host] for host in self.new_hosts},
        }

    def not_passed(self) -> Mapping[HostStatus, tuple[str, ...]]:
        """The hosts whose newest state is no pass, by status; the worst first."""
        found: dict[HostStatus, tuple[str, ...]] = {}
        newest = self.newest_states()
        for status in HostStatus:
            if status not in PASSED_HOST_STATUSES:
                names = tuple(n for n, own in newest.items() if own.status is status)
                found |= {status: names} if names else {}
        return found

    @property
    def to_do(self) -> tuple[str, ...]:
        """The hosts that another attempt would take, as far as that is known.

        A host that is missing in the newest attempt's list has left the target, and is
        left out. A host that a person settled is kept: the list may lack it only
        because it was unknown then.
        """
        last, newest = self.last_attempt, self.newest_states()
        there = last.hosts if last is not None else {}
        known = (h for h, s in newest.items() if h in there or s.settled is not None)
        return hosts_to_do(known, newest)

    @property
    def new_hosts(self) -> tuple[str, ...]:
        """The hosts that no attempt before the newest one had; all of the first."""
        last = self.last_attempt
        hosts = last.hosts if last is not None else ()
        return tuple(host for host in hosts if host not in self.earlier_states)

    def copy(self) -> StepFleet:
        """An independent copy."""
        attempts = {number: each.copy() for number, each in self.attempts.items()}
        return StepFleet(attempts=attempts, earlier_states=self.earlier_states.copy())


def settled_status(settled: Settlement) -> HostStatus:
    """The status of a host for which a person has made a decision."""
    return _STATUS_BY_SETTLEMENT[settled]


def hosts_to_do(
    hosts: Iterable[str], newest: Mapping[str, HostState]
) -> tuple[str, ...]:
    """The hosts that an attempt takes, in their order.

    In a first attempt these are all; in a later one those that failed, were
    unreachable, were skipped or never began. A host that has passed is never taken
    again, and an unknown one must be settled first.

    Args:
        hosts: those that the target has now, in their order.
        newest: the newest state of each; see `StepFleet.newest_states`.
    """
    return tuple(
        host
        for host in hosts
        if host not in newest or newest[host].status not in _STATUSES_NOT_REPEATED
    )
