"""How each event of a step on many hosts changes its hosts, and when it may. Pure."""

from __future__ import annotations

from collections.abc import Mapping

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
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.state.fleet_state import (
    ENDED_HOST_STATUSES,
    MAX_COMPLETE_ATTEMPTS,
    MAX_HOST_REASON_CHARS,
    SETTLEMENTS_BY_STATUS,
    AttemptFleet,
    BatchHold,
    BatchState,
    HostState,
    StepFleet,
    settled_status,
)
from mobius_tui.run.state.step_state import Status, StepState
from mobius_tui.runbook.model.targets import MAX_HOSTS
from mobius_tui.structs import replace

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
