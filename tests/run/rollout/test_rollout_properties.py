"""What holds of every rollout, however hosts end, health goes and people decide."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    HostResult,
    HostStatus,
)
from mobius_tui.run.rollout.rollout import (
    RolloutHealth,
    RolloutMove,
    RolloutPlan,
    count_failed_hosts,
    plan_rollout,
)
from mobius_tui.run.state.fleet_state import ENDED_HOST_STATUSES, HostState, hosts_to_do
from mobius_tui.runbook.model.targets import Between, HostRollout
from mobius_tui.structs import replace
from tests.run.rollout.rollouts import Rollout

RESULTS: tuple[HostResult, ...] = (
    HostStatus.OK,
    HostStatus.CHANGED,
    HostStatus.FAILED,
    HostStatus.UNREACHABLE,
    HostStatus.UNKNOWN,
)
ROLLOUTS = st.builds(
    HostRollout,
    target=st.just("t"),
    batch=st.lists(
        st.sampled_from(["1", "2", "3", "25%", "50%"]), min_size=1, max_size=3
    ).map(tuple),
    parallel=st.integers(1, 4),
    between=st.sampled_from(
        [Between(), Between(person=True), Between(healthy="5s", within="30s")]
    ),
    max_failed=st.sampled_from(["0", "1", "3", "50%"]),
    on_unreachable=st.sampled_from(["fail", "skip", "ask"]),
)


def seconds(text: str, _key: str) -> float:
    """The seconds of the durations that are used here."""
    return float(text.removesuffix("s"))


class Course:
    """A rollout to which anything happens, in an order that a seed says.

    It is asked what is next after each of them, and held to what was promised.
    """

    def __init__(self, rollout: HostRollout, count: int, first: int, seed: int) -> None:
        hosts = [f"h{n}" for n in range(count)]
        self.first = frozenset(hosts[:first])
        self.run = Rollout(plan_rollout(rollout, hosts, hosts[:first], seconds))
        self.random = random.Random(seed)

    def go(self, turns: int) -> None:
        """Let things happen."""
        for _ in range(turns):
            self.look()
            happens = self.random.choices(
                (self.end_host, self.pass_time, self.health, self.fire, self.answer),
                (8, 4, 3, 0.5, 2),
            )
            happens[0]()
            if self.random.random() < 0.005:
                self.run.stopped = True

    def look(self) -> RolloutMove:
        """Ask what is next, do it, and hold it to all that was promised."""
        run = self.run
        fleet = run.fleet
        before, counts = dict(fleet.hosts), fleet.counts()
        batch_before = fleet.last_batch
        move = run.move()
        self.hold_hosts()
        if not move.begin:
            return move
        assert not run.stopped
        assert counts[HostStatus.UNKNOWN] == 0
        assert count_failed_hosts(run.plan, fleet) <= run.plan.max_failed
        fired, released = run.health.fired_at, fleet.released_at
        assert fired is None or (released is not None and released >= fired)
        if not set(move.begin) <= self.first:
            assert not [
                h for h in self.first if before[h].status not in ENDED_HOST_STATUSES
            ]
        if move.start_batch is not None and batch_before is not None:
            self.hold_gate(move.start_batch)
        return move

    def hold_hosts(self) -> None:
        """Each host is there, is one thing, and was begun once at most."""
        run = self.run
        assert max(Counter(run.begun).values(), default=0) <= 1
        assert tuple(run.fleet.hosts) == run.plan.hosts
        assert sum(run.fleet.counts().values()) == len(run.plan.hosts)
        assert len(self.running()) <= run.plan.parallel

    def hold_gate(self, batch: int) -> None:
        """The next batch has begun: a person let it, or health did, or nothing must."""
        run = self.run
        if run.fleet.released_batch >= batch:
            return
        assert not run.plan.person_between_batches
        if run.plan.healthy_seconds is not None:
            assert run.health.has_data
            assert run.health.well_since is not None
            ended_at = run.fleet.batches[batch - 2].ended
            assert ended_at is not None
            well_at = max(run.health.well_since, ended_at) + run.plan.healthy_seconds
            assert well_at <= min(run.now, ended_at + run.plan.within)
            assert run.health.looked_at >= ended_at

    def running(self) -> tuple[str, ...]:
        return self.run.fleet.hosts_with(HostStatus.RUNNING)

    def end_host(self) -> None:
        if running := self.running():
            (result,) = self.random.choices(RESULTS, (12, 3, 1, 1, 1))
            self.run.end(self.random.choice(running), result)

    def pass_time(self) -> None:
        self.run.now += self.random.choice((1.0, 5.0, 40.0))

    def health(self) -> None:
        self.run.health = RolloutHealth(
            well_since=self.run.now if self.random.random() < 0.8 else None,
            looked_at=self.run.now - self.random.choice((0.0, 3.0, 60.0)),
            has_data=self.random.random() < 0.7,
            fired_at=self.run.health.fired_at,
        )

    def fire(self) -> None:
        self.run.now += 1.0
        self.run.health = replace(self.run.health, fired_at=self.run.now)

    def answer(self) -> None:
        """A person answers what the rollout waits for, if for anything."""
        run = self.run
        for host in run.fleet.hosts_with(HostStatus.UNKNOWN)[:1]:
            run.settle(host, self.random.choice(("ran", "did not run")))
        for host in unsettled(run)[:1]:
            run.settle(host, self.random.choice(("skip", "fail")))
        if run.fleet.held is not None and run.fleet.held.why in RELEASABLE_HOLD_REASONS:
            run.now += 1.0
            run.release()


@settings(max_examples=80)
@given(
    rollout=ROLLOUTS,
    count=st.integers(1, 12),
    first=st.integers(0, 4),
    seed=st.integers(0, 1 << 32),
)
def test_whatever_happens_it_keeps_what_it_promised(
    rollout: HostRollout, count: int, first: int, seed: int
) -> None:
    Course(rollout, count, first, seed).go(turns=60)


@given(
    rollout=ROLLOUTS,
    count=st.integers(1, 12),
    turns=st.integers(0, 30),
    seed=st.integers(0, 1 << 32),
)
def test_it_ends_when_hosts_end_and_people_answer(
    rollout: HostRollout, count: int, turns: int, seed: int
) -> None:
    course = Course(rollout, count, 0, seed)
    course.go(turns)
    move = course.look()
    for _ in range(count * 4 + 8):
        for host in course.running():
            course.run.end(host, HostStatus.OK)
        course.answer()
        move = course.look()
        if move.end is not None:
            break
    assert move.end is not None
    assert not course.running()
    counts = course.run.fleet.counts()
    passed = set(counts) <= {HostStatus.OK, HostStatus.CHANGED}
    assert (move.end.result == "passed") == passed
    allowed = course.run.plan.max_failed
    assert (move.end.result == "failed") == (
        not counts[HostStatus.UNKNOWN]
        and count_failed_hosts(course.run.plan, course.run.fleet) > allowed
    )
    left = counts[HostStatus.WAITING] + counts[HostStatus.PENDING]
    assert not left or move.end.result in ("failed", "stopped", "unknown")


def unsettled(run: Rollout) -> list[str]:
    """Hosts that could not be reached, where a person is asked for them."""
    if run.plan.on_unreachable != "ask":
        return []
    return [
        host
        for host in run.fleet.hosts_with(HostStatus.UNREACHABLE)
        if run.fleet.hosts[host].settled is None
    ]


@given(
    statuses=st.dictionaries(
        st.sampled_from([f"h{n}" for n in range(8)]), st.sampled_from(HostStatus)
    )
)
@example(statuses={f"h{n}": each for n, each in enumerate(HostStatus)})
def test_again_takes_who_failed_and_who_never_began(
    statuses: dict[str, HostStatus],
) -> None:
    hosts = [f"h{n}" for n in range(9)]
    newest = {host: HostState(status=each) for host, each in statuses.items()}
    taken = hosts_to_do(hosts, newest)
    assert list(taken) == [host for host in hosts if host in taken]
    for host in hosts:
        status = statuses.get(host, HostStatus.WAITING)
        assert (host in taken) == (
            status
            in (
                *(HostStatus.FAILED, HostStatus.UNREACHABLE, HostStatus.SKIPPED),
                *(HostStatus.PENDING, HostStatus.WAITING),
            )
        )


def test_a_plan_is_in_hosts_and_seconds() -> None:
    between = Between(healthy="5s", within="60s")
    rollout = HostRollout(
        target="t", batch=("1", "50%"), max_failed="25%", between=between
    )
    hosts = [f"h{n}" for n in range(8)]
    assert plan_rollout(rollout, hosts, (), seconds) == RolloutPlan(
        batches=(("h0",), ("h1", "h2", "h3", "h4"), ("h5", "h6", "h7")),
        parallel=25,
        max_failed=2,
        healthy_seconds=5.0,
        within=60.0,
    )
    # Of another attempt, which has only those that are left of twelve.
    assert (
        plan_rollout(rollout, hosts[:2], (), seconds, step_host_count=12).max_failed
        == 3
    )
