"""The hosts of a step: their states, and when and how events change them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from mobius_tui.errors import StateError
from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    BatchEnded,
    BatchHeld,
    BatchReleased,
    BatchStarted,
    FleetEvent,
    FleetHostChecked,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HoldReason,
    HostKeyProblem,
    HostsResolved,
    HostStatus,
    Settlement,
)
from mobius_tui.run.state.step_state import Status, StepState
from mobius_tui.runbook.model.targets import MAX_HOSTS
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


_OPEN_HOST_STATUSES = frozenset({HostStatus.PENDING, HostStatus.RUNNING})


def validate_fleet_event(
    fleets: Mapping[str, StepFleet], steps: Mapping[str, StepState], event: FleetEvent
) -> None:
    """Refuse an event that may not follow.

    Raises:
        StateError: it may not; names the event and the state.
    """
    name, step = type(event).__name__, steps.get(event.step)
    if step is None:
        raise StateError(f"{name} for a step that the runbook lacks: {event.step!r}")
    if isinstance(event, FleetHostSettled):
        _validate_settlement(fleets.get(event.step), event)
        return
    if step.status is not Status.RUNNING:
        raise StateError(f"{name} while step {event.step!r} is {step.status}")
    if event.attempt != len(step.attempts):
        have = len(step.attempts)
        words = f"attempt {event.attempt} of step {event.step!r}, which has {have}"
        raise StateError(f"{name} names {words}")
    fleet = fleets.get(event.step)
    own = fleet.attempts.get(event.attempt) if fleet is not None else None
    if isinstance(event, HostsResolved):
        _validate_host_list(event, own)
        return
    if own is None:
        raise StateError(f"{name} before step {event.step!r} has its hosts")
    if isinstance(event, BatchStarted | BatchEnded | BatchHeld | BatchReleased):
        problem = _batch_problem(own, event)
    else:
        problem = _host_problem(own, event)
    if problem:
        raise StateError(f"{name} for step {event.step!r}: {problem}")


def _validate_settlement(fleet: StepFleet | None, event: FleetHostSettled) -> None:
    """A host is settled once, for the newest attempt that it was in, at any time."""
    state = fleet.newest_states().get(event.host) if fleet is not None else None
    where = f"FleetHostSettled for step {event.step!r}"
    if state is None or state.attempt != event.attempt:
        words = f"{event.host!r} is no host of attempt {event.attempt}, or of a later"
        raise StateError(f"{where}: {words}")
    if state.settled is not None:
        raise StateError(f"{where}: {event.host!r} is settled already")
    if event.settled not in SETTLEMENTS_BY_STATUS.get(state.status, ()):
        words = f"{event.host!r} is {state.status}, not {event.settled!r}"
        raise StateError(f"{where}: {words}")


def _validate_host_list(event: HostsResolved, own: AttemptFleet | None) -> None:
    if own is not None:
        raise StateError(f"HostsResolved twice for step {event.step!r}")
    if not 0 < len(set(event.hosts)) == len(event.hosts) <= MAX_HOSTS:
        words = f"{len(event.hosts)} hosts, some twice, or none, or too many"
        raise StateError(f"HostsResolved for step {event.step!r}: {words}")


def _batch_problem(
    own: AttemptFleet, event: BatchStarted | BatchEnded | BatchHeld | BatchReleased
) -> str | None:
    """Why an event of a batch may not follow; None if it may."""
    last = own.last_batch
    number = 0 if last is None else last.number
    is_over = last is None or last.ended is not None
    match event:
        case BatchStarted(batch=batch, hosts=hosts):
            if batch != number + 1 or not is_over:
                return f"batch {batch} after {number}, which is not over"
            strangers = [h for h in hosts if not _is_waiting(own, h)]
            if strangers or not 0 < len(set(hosts)) == len(hosts):
                return f"batch {batch} has hosts that do not wait: {strangers[:3]}"
        case BatchEnded(batch=batch):
            if batch != number or is_over or own.open_hosts:
                words = f"{own.open_hosts} hosts of it are left"
                return f"batch {batch} ends after {number}; {words}"
        case BatchHeld(batch=batch) | BatchReleased(batch=batch):
            if batch not in (number, number + 1):
                return f"batch {batch}, and {number} is the last that has begun"
            if isinstance(event, BatchReleased) and (
                own.held is None or own.held.why not in RELEASABLE_HOLD_REASONS
            ):
                return "nothing is held that a person may release"
    return None


def _is_waiting(own: AttemptFleet, host: str) -> bool:
    state = own.hosts.get(host)
    return state is not None and state.status is HostStatus.WAITING


_STATUSES_BEFORE_HOST_EVENT: Mapping[type[FleetEvent], frozenset[HostStatus]] = {
    FleetHostStarted: frozenset({HostStatus.PENDING}),
    FleetHostChecked: frozenset({HostStatus.RUNNING}),
    FleetHostEnded: frozenset({HostStatus.RUNNING}),
}
"""For each event of a host, the statuses of the host in which it may follow."""


def _host_problem(
    own: AttemptFleet,
    event: FleetHostStarted | FleetHostChecked | FleetHostEnded,
) -> str | None:
    """Why an event of a host may not follow; None if it may."""
    state = own.hosts.get(event.host)
    if state is None:
        return f"{event.host!r} is none of its hosts"
    if state.status not in _STATUSES_BEFORE_HOST_EVENT[type(event)]:
        return f"{event.host!r} is {state.status}"
    return None


def apply_fleet_event(
    fleets: dict[str, StepFleet], event: FleetEvent, *, at: float
) -> None:
    """Change the hosts of a step by an event that may follow.

    Args:
        fleets: of each step.
        event: the event.
        at: when, in seconds since 1970.
    """
    if isinstance(event, HostsResolved):
        _add_attempt(fleets.setdefault(event.step, StepFleet()), event, at)
        return
    if isinstance(event, FleetHostSettled):
        _settle(fleets[event.step], event)
        return
    own = fleets[event.step].attempts[event.attempt]
    match event:
        case BatchStarted(batch=batch, hosts=hosts):
            begun = BatchState(number=batch, hosts=hosts, started=at)
            own.batches, own.held = (*own.batches, begun), None
            own.open_hosts = len(hosts)
            for host in hosts:
                old = own.hosts[host]
                own.hosts[host] = replace(old, status=HostStatus.PENDING, batch=batch)
        case BatchEnded():
            ended = replace(own.batches[-1], ended=at)
            own.batches = (*own.batches[:-1], ended)
        case BatchHeld(batch=batch, why=why, reason=reason):
            words = reason[:MAX_HOST_REASON_CHARS]
            own.held = BatchHold(batch=batch, why=why, reason=words, at=at)
        case BatchReleased(batch=batch):
            # Releasing a trigger's hold does not release the next batch's own hold.
            if own.held is not None and own.held.why is not HoldReason.TRIGGER:
                own.released_batch = batch
            own.held, own.released_at = None, at
        case _:
            _change_host(own, event, at)


def _change_host(
    own: AttemptFleet,
    event: FleetHostStarted | FleetHostChecked | FleetHostEnded,
    at: float,
) -> None:
    """Change one host."""
    old = own.hosts[event.host]
    match event:
        case FleetHostStarted():
            tries = old.tries + 1
            new = replace(old, status=HostStatus.RUNNING, started=at, tries=tries)
            own.held = None
        case FleetHostChecked(detail=detail):
            new = replace(
                old,
                looks=old.looks + 1,
                last_look_detail=detail[:MAX_HOST_REASON_CHARS],
            )
        case FleetHostEnded(status=status, exit=code, reason=reason):
            new = replace(
                old,
                status=status,
                ended=at,
                exit=code,
                reason=reason[:MAX_HOST_REASON_CHARS],
                output_bytes=event.output_bytes,
                host_key=event.host_key,
            )
    own.hosts[event.host] = new
    if old.status in _OPEN_HOST_STATUSES and new.status in ENDED_HOST_STATUSES:
        own.open_hosts -= 1


def _settle(fleet: StepFleet, event: FleetHostSettled) -> None:
    """Set a host's newest status as a person decided, in the attempt that holds it."""
    new = replace(
        fleet.newest_states()[event.host],
        status=settled_status(event.settled),
        settled=event.settled,
        reason=event.reason[:MAX_HOST_REASON_CHARS],
    )
    own = fleet.attempts.get(event.attempt)
    if own is not None:
        own.hosts[event.host] = new
    if own is not fleet.last_attempt:
        fleet.earlier_states[event.host] = new


def _add_attempt(fleet: StepFleet, event: HostsResolved, at: float) -> None:
    """Add an attempt; keep the newest state of each host of the one before."""
    last = fleet.last_attempt
    if last is not None:
        fleet.earlier_states.update(
            (host, state)
            for host, state in last.hosts.items()
            if state.status is not HostStatus.WAITING
            or host not in fleet.earlier_states
        )
    waiting = HostState(attempt=event.attempt)
    fleet.attempts[event.attempt] = AttemptFleet(
        attempt=event.attempt,
        target=event.target,
        sha256=event.sha256,
        resolved_at=at,
        hosts=dict.fromkeys(event.hosts, waiting),
        groups=event.groups,
        limit=event.limit,
        playbook=event.playbook,
    )
    if len(fleet.attempts) > MAX_COMPLETE_ATTEMPTS:
        del fleet.attempts[next(iter(fleet.attempts))]
