"""How a step rolls out over its hosts: batches, limits, what begins or holds. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.fleet_events import HoldReason, HostStatus
from mobius_tui.run.state.fleet_state import (
    ENDED_HOST_STATUSES,
    PASSED_HOST_STATUSES,
    AttemptFleet,
)
from mobius_tui.run.state.watch_state import Alarm
from mobius_tui.runbook.model.limits import bounded_count
from mobius_tui.runbook.model.probes import Probe
from mobius_tui.runbook.model.targets import (
    HostRollout,
    OnUnreachable,
    cut_into_batches,
    share_or_count,
)
from mobius_tui.runbook.text.units import duration_in_words


class RolloutPlan(Struct, frozen=True, kw_only=True):
    """The batches and limits of one attempt."""

    batches: tuple[tuple[str, ...], ...]
    """All hosts of the attempt in their order, each in one batch."""
    parallel: int
    """How many hosts run at the same time at most."""
    max_failed: int
    """How many hosts may fail; the step then still ends as warned. Once more have
    failed, no further host begins, and the step ends as failed."""
    on_unreachable: OnUnreachable = "fail"
    person_between_batches: bool = False
    """Whether a person lets each batch after the first begin."""
    healthy_seconds: float | None = None
    """Seconds for which health must have been well between two batches."""
    within: float = 0.0
    """Seconds to wait for that before the next batch is held for a person."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, in their order."""
        return tuple(host for batch in self.batches for host in batch)


def plan_rollout(
    rollout: HostRollout,
    hosts: Sequence[str],
    first: Iterable[str],
    seconds: Callable[[str, str], float],
    *,
    step_host_count: int | None = None,
) -> RolloutPlan:
    """The batches and limits of an attempt.

    Args:
        rollout: the step's settings, with counts in place of variables.
        hosts: those of this attempt in their order, `first` at the beginning.
        first: the hosts that go before all others.
        seconds: converts a duration and its key, as `Values.seconds` does.
        step_host_count: how many hosts the step has, with those that have passed
            before; a percentage in `max_failed` is of these. Without it, those of this
            attempt.
    """
    between = rollout.between
    healthy = seconds(between.healthy, "healthy") if between.healthy else None
    return RolloutPlan(
        batches=cut_into_batches(rollout.batch, hosts, first),
        parallel=bounded_count(rollout.parallel, "parallel"),
        max_failed=share_or_count(rollout.max_failed, step_host_count or len(hosts)),
        on_unreachable=rollout.on_unreachable,
        person_between_batches=between.person,
        healthy_seconds=healthy,
        within=seconds(between.within, "within") if between.healthy else 0.0,
    )


RolloutResult = Literal["passed", "warned", "failed", "stopped", "unknown"]
"""How a rollout ended; `warned` if hosts were skipped, or at most `max_failed` failed.
"""


class RolloutHealth(Struct, frozen=True, kw_only=True):
    """The service's health, as far as a rollout depends on it."""

    well_since: float | None = None
    """Since when every probe that counts is well, in seconds since 1970; `None` while
    one is not."""
    looked_at: float = math.inf
    """The time of the oldest of the probes' last checks, in seconds since 1970."""
    has_data: bool = True
    """Whether every probe that counts has a recent result with data; false without any.
    """
    fired_at: float | None = None
    """When a trigger last fired; `None` if none did."""
    fired: str = ""
    """Why, in words."""


class RolloutHold(Struct, frozen=True, kw_only=True):
    """Why no host begins for now."""

    why: HoldReason
    words: str
    batch: int
    """The batch that is held."""


class RolloutEnd(Struct, frozen=True, kw_only=True):
    """How a rollout ended: no host runs, and none begins any more."""

    result: RolloutResult
    words: str


class RolloutMove(Struct, frozen=True, kw_only=True):
    """The next decision. Without any field set, running hosts are waited for."""

    end_batch: int | None = None
    """The number of the batch that is over now: to be journaled."""
    start_batch: int | None = None
    """The number of the batch that begins now: to be journaled before its hosts begin.
    """
    begin: tuple[str, ...] = ()
    """The hosts that begin now, in this order."""
    hold: RolloutHold | None = None
    stopping: str | None = None
    """Why no further host begins in this attempt, though some still run; or None."""
    end: RolloutEnd | None = None
    look_again: float | None = None
    """When to call `next_move` again if nothing happens before; seconds since 1970."""


def next_move(
    plan: RolloutPlan,
    fleet: AttemptFleet,
    health: RolloutHealth,
    *,
    now: float,
    stopped: bool = False,
    changed: str = "",
) -> RolloutMove:
    """Decide what is next in a rollout.

    Args:
        plan: its batches and limits.
        fleet: the states of its hosts.
        health: as it is now.
        now: seconds since 1970.
        stopped: whether a person stops it: no further host begins.
        changed: how the playbook has changed since the attempt began, in words: if it
            has, no further host begins.
    """
    counts = fleet.counts()
    end_batch = _batch_that_is_over(fleet)
    stopping = _why_stopping(
        plan, fleet, counts, asked="it was stopped" if stopped else changed
    )
    is_left = counts[HostStatus.WAITING] + counts[HostStatus.PENDING] > 0
    if not counts[HostStatus.RUNNING] and (stopping or not is_left):
        # A batch with hosts that never begin has not ended: it was cut off.
        end = _end_of_rollout(plan, fleet, counts, stopping)
        return RolloutMove(end_batch=end_batch, end=end)
    if stopping or not is_left:
        return RolloutMove(end_batch=end_batch, stopping=stopping)
    hold = _hold_of_every_host(fleet, health, counts, plan, end_batch)
    if hold is not None:
        return RolloutMove(end_batch=end_batch, hold=hold)
    return _move_of_batches(plan, fleet, health, counts, now, end_batch)


def _batch_that_is_over(fleet: AttemptFleet) -> int | None:
    """The batch whose hosts have all ended, if its end is not journaled yet."""
    last = fleet.last_batch
    if last is None or last.ended is not None:
        return None
    if any(fleet.hosts[host].status not in ENDED_HOST_STATUSES for host in last.hosts):
        return None
    return last.number


def count_failed_hosts(plan: RolloutPlan, fleet: AttemptFleet) -> int:
    """How many hosts count as failed, unknown ones included.

    A host with another key than the known one, or with an unknown one, has answered:
    it is never passed over as one that is off.
    """
    failed = fleet.hosts_with(HostStatus.FAILED, HostStatus.UNKNOWN)
    unreachable = fleet.hosts_with(HostStatus.UNREACHABLE)
    if plan.on_unreachable == "skip":
        unreachable = fleet.hosts_with_key_problem()
    return len(failed) + len(unreachable)


def _why_stopping(
    plan: RolloutPlan,
    fleet: AttemptFleet,
    counts: Counter[HostStatus],
    *,
    asked: str,
) -> str | None:
    """Why no further host begins in this attempt; None if others may.

    Hosts that a person has yet to settle do not count: unknown ones may turn out to
    have passed, and unreachable ones may be skipped.
    """
    if asked:
        return asked
    certain = count_failed_hosts(plan, fleet) - counts[HostStatus.UNKNOWN]
    certain -= len(_unsettled(plan, fleet))
    if certain <= plan.max_failed:
        return None
    allowed = f"{plan.max_failed} may" if plan.max_failed else "none may"
    return f"{certain} {'has' if certain == 1 else 'have'} failed, and {allowed}"


def _unsettled(plan: RolloutPlan, fleet: AttemptFleet) -> tuple[str, ...]:
    """The unreachable hosts that a person is asked about, and has not settled yet."""
    asks = plan.on_unreachable == "ask"
    return tuple(
        host
        for host in fleet.hosts_with(HostStatus.UNREACHABLE)
        if fleet.hosts[host].wants_person(asks=asks)
    )


def _hold_of_every_host(
    fleet: AttemptFleet,
    health: RolloutHealth,
    counts: Counter[HostStatus],
    plan: RolloutPlan,
    end_batch: int | None,
) -> RolloutHold | None:
    """A hold for every further host, within a batch as well; `None` if none is due."""
    last = fleet.last_batch
    number = 0 if last is None else last.number
    is_over = last is None or last.ended is not None or end_batch is not None
    batch = number + 1 if is_over else number
    if counts[HostStatus.UNKNOWN]:
        names = _host_names_text(fleet.hosts_with(HostStatus.UNKNOWN))
        words = f"nobody knows how far {names} got"
        return RolloutHold(why=HoldReason.UNKNOWN, words=words, batch=batch)
    unsettled = _unsettled(plan, fleet)
    changed = tuple(h for h in unsettled if fleet.hosts[h].host_key == "changed")
    if changed:
        has = "has another host key" if len(changed) == 1 else "have other host keys"
        words = f"{_host_names_text(changed)} {has} than known_hosts says: find out why"
        return RolloutHold(why=HoldReason.HOST_KEY, words=words, batch=batch)
    if unsettled:
        words = f"{_host_names_text(unsettled)} cannot be reached"
        return RolloutHold(why=HoldReason.UNREACHABLE, words=words, batch=batch)
    if _has_fired(fleet, health):
        words = health.fired or "a trigger fired"
        return RolloutHold(why=HoldReason.TRIGGER, words=words, batch=batch)
    return None


def _has_fired(fleet: AttemptFleet, health: RolloutHealth) -> bool:
    """Whether a trigger has fired since the attempt began, and since a release."""
    fired, released = health.fired_at, fleet.released_at
    if fired is None or fired < fleet.resolved_at:
        return False
    return released is None or fired > released


def _move_of_batches(
    plan: RolloutPlan,
    fleet: AttemptFleet,
    health: RolloutHealth,
    counts: Counter[HostStatus],
    now: float,
    end_batch: int | None,
) -> RolloutMove:
    """Begin hosts of the current batch, or of the next one if that may begin."""
    last = fleet.last_batch
    free = plan.parallel - counts[HostStatus.RUNNING]
    if last is not None and last.ended is None and end_batch is None:
        pending = [h for h in last.hosts if fleet.hosts[h].status is HostStatus.PENDING]
        return RolloutMove(begin=tuple(pending[: max(0, free)]))
    number = 1 if last is None else last.number + 1
    if last is not None:
        ended_at = now if last.ended is None else last.ended
        hold, look_again = _hold_before_batch(
            plan, fleet, health, number, ended_at, now
        )
        if hold is not None:
            return RolloutMove(end_batch=end_batch, hold=hold, look_again=look_again)
    batch = plan.batches[number - 1]
    return RolloutMove(
        end_batch=end_batch, start_batch=number, begin=batch[: max(0, free)]
    )


def _hold_before_batch(
    plan: RolloutPlan,
    fleet: AttemptFleet,
    health: RolloutHealth,
    batch: int,
    ended_at: float,
    now: float,
) -> tuple[RolloutHold | None, float | None]:
    """A hold for the next batch, `None` if it may begin; and when to look again."""
    if fleet.released_batch >= batch:
        return None, None
    if plan.person_between_batches:
        words = "a person lets it begin"
        return RolloutHold(why=HoldReason.PERSON, words=words, batch=batch), None
    if plan.healthy_seconds is None:
        return None, None
    deadline = ended_at + plan.within
    well_at = None
    if health.has_data and health.well_since is not None:
        well_at = max(health.well_since, ended_at) + plan.healthy_seconds
        has_looked = health.looked_at >= ended_at
        if has_looked and well_at <= min(now, deadline):
            return None, None
        if not has_looked:
            well_at = None  # what was seen before the batch says nothing of it
    if now >= deadline:
        words = "it was not well for long enough in time"
        return RolloutHold(why=HoldReason.TOO_LATE, words=words, batch=batch), None
    look_again = deadline if well_at is None else min(deadline, well_at)
    if not health.has_data:
        words = "nothing is known of a probe that counts"
        return RolloutHold(why=HoldReason.NO_DATA, words=words, batch=batch), look_again
    long = duration_in_words(plan.healthy_seconds)
    most = duration_in_words(plan.within)
    words = f"until it has been well for {long}; a person after {most} in all"
    return RolloutHold(why=HoldReason.NOT_HEALTHY, words=words, batch=batch), look_again


def _end_of_rollout(
    plan: RolloutPlan,
    fleet: AttemptFleet,
    counts: Counter[HostStatus],
    stopping: str | None,
) -> RolloutEnd:
    """The end of a rollout of which no host runs or begins any more."""
    passed = sum(counts[each] for each in PASSED_HOST_STATUSES)
    left = counts[HostStatus.WAITING] + counts[HostStatus.PENDING]
    words = f"{passed} of {len(fleet.hosts)} passed"
    for status in (HostStatus.FAILED, HostStatus.UNREACHABLE, HostStatus.UNKNOWN):
        if counts[status]:
            names = _host_names_text(fleet.hosts_with(status))
            words += f", {counts[status]} {status} ({names})"
    skipped = fleet.hosts_with(HostStatus.SKIPPED)
    words += (
        f", {len(skipped)} skipped ({_host_names_text(skipped)})" if skipped else ""
    )
    words += f", {left} not begun" if left else ""
    words += f": {stopping}" if stopping and left else ""
    failed = count_failed_hosts(plan, fleet)
    strangers = fleet.hosts_with_key_problem()
    result: RolloutResult = "passed"
    if counts[HostStatus.UNKNOWN]:
        result = "unknown"
    elif strangers:
        # No `retry` asks again by itself, and `max_failed` allows none.
        result = "stopped"
        words += f": the host key of {_host_names_text(strangers)} is not the known one"
    elif failed > plan.max_failed:
        result = "failed"
    elif passed < len(fleet.hosts):
        result = "stopped" if left or stopping else "warned"
    if result == "warned" and failed:
        words += f", and {plan.max_failed} may"
    return RolloutEnd(result=result, words=words)


MAX_HOSTS_IN_REASON = 3
"""Hosts that a text names; of the others it gives the number."""


def _host_names_text(hosts: tuple[str, ...]) -> str:
    """Some hosts, and how many more there are."""
    more = (
        f" and {len(hosts) - MAX_HOSTS_IN_REASON} more"
        if len(hosts) > MAX_HOSTS_IN_REASON
        else ""
    )
    return ", ".join(hosts[:MAX_HOSTS_IN_REASON]) + more


class HealthySinceTracker:
    """For each probe that counts, since when it is ok without a break."""

    def __init__(
        self, probes: Iterable[Probe], *, max_age_of: Callable[[str], float]
    ) -> None:
        """Begin with nothing known.

        Args:
            probes: all of the runbook; those that do not count for triggers are left
                out, unless none does.
            max_age_of: maps a probe's id to the seconds for which its last check
                counts.
        """
        every = tuple(probes)
        counting = [probe.id for probe in every if probe.trigger]
        self._max_age_of = max_age_of
        self._last: dict[str, ProbeResult | None] = dict.fromkeys(
            counting or [probe.id for probe in every]
        )
        self._well_since: dict[str, float] = {}

    def apply(self, check: ProbeResult) -> None:
        """Add the next check of a probe."""
        if check.probe not in self._last:
            return
        last = self._last[check.probe]
        self._last[check.probe] = check
        is_gap = last is not None and check.at - last.at > self._max_age_of(check.probe)
        if check.state != "ok" or is_gap:
            self._well_since.pop(check.probe, None)
        if check.state == "ok":
            self._well_since.setdefault(check.probe, check.at)

    def at(self, now: float, alarm: Alarm | None = None) -> RolloutHealth:
        """Health as it is at a moment.

        Args:
            now: seconds since 1970.
            alarm: the trigger that fired last, if one did.
        """
        checks = [check for check in self._last.values() if check is not None]
        has_data = bool(checks) and len(checks) == len(self._last)
        has_data &= all(
            check.state != "no data" and now - check.at <= self._max_age_of(check.probe)
            for check in checks
        )
        is_well = has_data and len(self._well_since) == len(self._last)
        return RolloutHealth(
            well_since=max(self._well_since.values()) if is_well else None,
            looked_at=min((check.at for check in checks), default=0.0),
            has_data=has_data,
            fired_at=alarm.at if alarm is not None else None,
            fired=alarm.reason if alarm is not None else "",
        )
