"""What a rollout does next, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from mobius_tui.run.events.fleet_events import (
    HoldReason,
    HostKeyProblem,
    HostResult,
    HostStatus,
)
from mobius_tui.run.rollout.rollout import RolloutHealth, RolloutMove, RolloutPlan
from tests.run.rollout.rollouts import Rollout

OK: HostResult = HostStatus.OK
FAILED: HostResult = HostStatus.FAILED
UNKNOWN: HostResult = HostStatus.UNKNOWN
UNREACHABLE: HostResult = HostStatus.UNREACHABLE


def rollout(*sizes: int, **keys: Any) -> Rollout:
    """A rollout over batches of such sizes: a1, a2 … b1, b2 …"""
    batches = tuple(
        tuple(f"{'abcdef'[n]}{k + 1}" for k in range(size))
        for n, size in enumerate(sizes)
    )
    plan = {"batches": batches, "parallel": 10, "max_failed": 0, **keys}
    return Rollout(RolloutPlan(**plan))


def test_the_first_batch_begins_without_a_gate() -> None:
    run = rollout(1, 2, person_between_batches=True)
    assert run.move() == RolloutMove(start_batch=1, begin=("a1",))
    assert run.move() == RolloutMove()
    run.end("a1", OK)
    move = run.move()
    assert move.end_batch == 1
    assert move.hold is not None
    assert (move.hold.why, move.hold.batch) == (HoldReason.PERSON, 2)
    run.release()
    assert run.move() == RolloutMove(start_batch=2, begin=("b1", "b2"))


def test_so_many_run_at_the_same_time_and_the_next_fills_the_place() -> None:
    run = rollout(3, parallel=2)
    assert run.move().begin == ("a1", "a2")
    assert run.move().begin == ()
    run.end("a2", OK)
    assert run.move().begin == ("a3",)


def test_one_batch_after_the_other_with_nothing_between() -> None:
    run = rollout(1, 1)
    run.move()
    run.end("a1", OK)
    assert run.move() == RolloutMove(end_batch=1, start_batch=2, begin=("b1",))
    run.end("b1", HostStatus.CHANGED)
    move = run.move()
    assert move.end_batch == 2
    assert move.end is not None
    assert (move.end.result, move.end.words) == ("passed", "2 of 2 passed")


def test_what_runs_ends_after_too_many_have_failed() -> None:
    run = rollout(3, 2, parallel=2, max_failed=0)
    run.move()
    run.end("a1", FAILED)
    assert run.move() == RolloutMove(stopping="1 has failed, and none may")
    run.end("a2", OK)
    end = run.move().end
    assert end is not None
    assert end.result == "failed"
    assert end.words == (
        "1 of 5 passed, 1 failed (a1), 3 not begun: 1 has failed, and none may"
    )


def test_as_many_as_may_have_failed_do_not_stop_it() -> None:
    run = rollout(2, 1, max_failed=1)
    run.move()
    run.end("a1", FAILED)
    run.end("a2", OK)
    assert run.move().begin == ("b1",)
    run.end("b1", OK)
    end = run.move().end
    assert end is not None
    words = "2 of 3 passed, 1 failed (a1), and 1 may"
    assert (end.result, end.words) == ("warned", words)


def test_as_many_as_may_failed_where_it_was_stopped() -> None:
    """Who stops it has not said that what was ended by that is well."""
    run = rollout(2, max_failed=2)
    run.move()
    run.stopped = True
    for host in ("a1", "a2"):
        run.end(host, FAILED)
    end = run.move().end
    assert end is not None
    assert end.result == "stopped"


def test_unknown_holds_whatever_may_fail_until_it_is_settled() -> None:
    run = rollout(3, parallel=1, max_failed=3)
    run.move()
    run.end("a1", UNKNOWN)
    hold = run.move().hold
    assert hold is not None
    assert (hold.why, hold.words) == (
        HoldReason.UNKNOWN,
        "nobody knows how far a1 got",
    )
    run.settle("a1", "ran")
    assert run.move().begin == ("a2",)
    run.end("a2", UNKNOWN)
    run.settle("a2", "did not run")
    assert run.move().begin == ("a3",)
    run.end("a3", OK)
    end = run.move().end
    assert end is not None
    words = "2 of 3 passed, 1 failed (a2), and 3 may"
    assert (end.result, end.words) == ("warned", words)


def test_an_unknown_host_is_what_it_comes_to_where_none_is_left() -> None:
    run = rollout(1, max_failed=1)
    run.move()
    run.end("a1", UNKNOWN)
    end = run.move().end
    assert end is not None
    assert end.result == "unknown"


@pytest.mark.parametrize(
    ("way", "settled", "begun", "result"),
    [
        ("fail", None, (), "failed"),
        ("skip", None, ("b1",), "warned"),
        ("ask", "skip", ("b1",), "warned"),
        ("ask", "fail", (), "failed"),
    ],
)
def test_what_a_host_counts_for_that_cannot_be_reached(
    way: str, settled: Any, begun: tuple[str, ...], result: str
) -> None:
    run = rollout(1, 1, on_unreachable=way)
    run.move()
    run.end("a1", UNREACHABLE)
    if settled is not None:
        hold = run.move().hold
        assert hold is not None
        assert (hold.why, hold.words) == (
            HoldReason.UNREACHABLE,
            "a1 cannot be reached",
        )
        run.settle("a1", settled)
    move = run.move()
    assert move.begin == begun
    for host in begun:
        run.end(host, OK)
        move = run.move()
    assert move.end is not None
    assert move.end.result == result
    assert "(a1)" in move.end.words


def gated(**health: Any) -> Rollout:
    """A rollout whose first batch has ended at 100 s, and that wants 30 s of health."""
    run = rollout(1, 1, healthy_seconds=30.0, within=300.0)
    run.now = 90.0
    run.move()
    run.now, run.health = 100.0, RolloutHealth(**health)
    run.end("a1", OK)
    run.move()
    return run


def test_health_must_be_well_since_the_batch_ended() -> None:
    run = gated(well_since=0.0)
    move = run.move()
    assert move.hold is not None
    assert (move.hold.why, move.look_again) == (HoldReason.NOT_HEALTHY, 130.0)
    run.now = 129.9
    assert run.move().hold is not None
    run.now = 130.0
    assert run.move().begin == ("b1",)


def test_what_was_seen_before_the_batch_ended_says_nothing_of_it() -> None:
    """A probe of hosts looks but now and then."""
    run = gated(well_since=0.0, looked_at=99.0)
    run.now = 140.0
    move = run.move()
    assert move.hold is not None
    assert (move.hold.why, move.look_again) == (HoldReason.NOT_HEALTHY, 400.0)
    run.now, run.health = 150.0, RolloutHealth(well_since=0.0, looked_at=145.0)
    assert run.move().begin == ("b1",)


def test_what_was_unwell_in_between_counts_anew() -> None:
    run = gated()
    move = run.move()
    assert move.hold is not None
    assert (move.hold.why, move.look_again) == (HoldReason.NOT_HEALTHY, 400.0)
    run.now, run.health = 200.0, RolloutHealth(well_since=180.0)
    assert run.move().look_again == 210.0
    run.now = 210.0
    assert run.move().begin == ("b1",)


def test_no_data_holds_though_it_was_well() -> None:
    run = gated(well_since=0.0, has_data=False)
    run.now = 250.0
    move = run.move()
    assert move.hold is not None
    assert (move.hold.why, move.look_again) == (HoldReason.NO_DATA, 400.0)


def test_after_its_time_only_a_person_lets_it_go_on() -> None:
    run = gated()
    run.now, run.health = 400.0, RolloutHealth(well_since=375.0)
    hold = run.move().hold
    assert hold is not None
    assert hold.why is HoldReason.TOO_LATE
    run.now = 1000.0
    assert run.move().hold == hold
    run.release()
    assert run.move().begin == ("b1",)


def test_it_goes_on_late_where_it_was_well_in_time() -> None:
    """The host was away for an hour, and was not needed for that."""
    run = gated(well_since=0.0)
    run.now = 3700.0
    assert run.move().begin == ("b1",)


def test_a_trigger_stops_new_hosts_in_the_middle_of_a_batch() -> None:
    run = rollout(3, 1, parallel=1, person_between_batches=True)
    run.now, run.health = 10.0, RolloutHealth(fired_at=10.0, fired="p95 is above 1 s")
    hold = run.move().hold
    assert hold is not None
    assert (hold.why, hold.words) == (HoldReason.TRIGGER, "p95 is above 1 s")
    run.now = 20.0
    run.release()
    assert run.move().begin == ("a1",)
    run.health = RolloutHealth(fired_at=25.0)
    run.now = 30.0
    run.end("a1", OK)
    assert run.move().hold is not None
    run.release()
    for host in ("a2", "a3"):
        assert run.move().begin == (host,)
        run.end(host, OK)
    hold = run.move().hold  # who let the hosts go on has not opened the gate
    assert hold is not None
    assert hold.why is HoldReason.PERSON


def test_a_trigger_that_fired_before_it_began_holds_nothing() -> None:
    plan = RolloutPlan(batches=(("a1",),), parallel=1, max_failed=0)
    run = Rollout(plan, now=50.0, health=RolloutHealth(fired_at=49.0))
    assert run.move().begin == ("a1",)


def test_a_stop_begins_nothing_more() -> None:
    run = rollout(2, parallel=1)
    run.move()
    run.stopped = True
    assert run.move() == RolloutMove(stopping="it was stopped")
    run.end("a1", OK)
    end = run.move().end
    assert end is not None
    assert (end.result, end.words) == (
        "stopped",
        "1 of 2 passed, 1 not begun: it was stopped",
    )


@pytest.mark.parametrize("on_unreachable", ["fail", "skip", "ask"])
def test_a_changed_host_key_holds_whatever_is_skipped_or_may_fail(
    on_unreachable: str,
) -> None:
    run = rollout(3, 1, parallel=1, max_failed=9, on_unreachable=on_unreachable)
    run.move()
    run.end("a1", UNREACHABLE, "changed")
    hold = run.move().hold
    assert hold is not None
    assert (hold.why, hold.batch) == (HoldReason.HOST_KEY, 1)
    assert "a1" in hold.words
    assert run.move().begin == (), "nobody else begins"
    run.settle("a1", "skip")
    assert run.move().begin == ("a2",)


@pytest.mark.parametrize("on_unreachable", ["fail", "skip", "ask"])
@pytest.mark.parametrize("host_key", ["changed", "unknown"])
def test_the_last_host_with_a_key_that_is_not_known_ends_it_without_a_pass(
    on_unreachable: str, host_key: HostKeyProblem
) -> None:
    """As stopped: no `retry` asks again by itself."""
    run = rollout(2, max_failed=9, on_unreachable=on_unreachable)
    run.move()
    run.end("a1", OK)
    run.end("a2", UNREACHABLE, host_key)
    end = run.move().end
    assert end is not None
    assert end.result == "stopped"
    assert end.words.endswith("the host key of a2 is not the known one")


@pytest.mark.parametrize("on_unreachable", ["fail", "skip"])
def test_an_unknown_host_key_counts_as_failed(on_unreachable: str) -> None:
    run = rollout(1, 1, on_unreachable=on_unreachable)
    run.move()
    run.end("a1", UNREACHABLE, "unknown")
    end = run.move().end
    assert end is not None
    assert "1 not begun: 1 has failed, and none may" in end.words


def test_a_host_that_is_off_is_skipped_as_before() -> None:
    run = rollout(1, 1, on_unreachable="skip")
    run.move()
    run.end("a1", UNREACHABLE)
    assert run.move().begin == ("b1",)
    run.end("b1", OK)
    end = run.move().end
    assert end is not None
    assert end.result == "warned"
