"""Triggers, arming, countdown and the rollback, under real hosts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackDropped,
    TriggerFired,
)
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.run.watched_service import Service, book, invoked


def fired(state: RunState) -> bool:
    return bool(state.watch.alarms)


async def test_unarmed_it_says_so_and_begins_nothing(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    (tmp_path / "well").unlink()
    state = await run.until(fired)
    assert state.watch.countdown is None
    assert "3 checks of api failed in a row" in state.watch.alarms[0].reason
    (tmp_path / "well").touch()
    await run.until(lambda state: not state.watch.alarms)
    assert invoked(tmp_path) == []
    assert run.state.watch.rollback is None


async def test_armed_it_counts_down_rolls_back_once_and_goes_on_to_verify(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    await run.did("arm")
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.countdown is not None)
    await run.drop()  # nobody watches
    await run._look()
    state = await run.until(lambda state: state.watch.rollback_passed is not None)
    assert state.watch.rollback_passed
    assert invoked(tmp_path) == ["automatic"]
    assert state.steps["auto-verify"].status is Status.PASSED
    standing = step_statuses(run.viewer.follower.plan, state) if run.viewer else {}
    assert standing["restore"].status is Status.NOT_APPLICABLE
    assert run.viewer is not None
    assert propose(run.viewer.follower.plan, state).step == "verified"
    # Once in a run: neither armed again, nor by hand.
    assert not (await run.intend("arm")).ok
    assert not (await run.intend("rollback")).ok
    (tmp_path / "well").unlink()
    await run.until(fired)
    assert invoked(tmp_path) == ["automatic"]


async def test_held_it_begins_nothing_and_is_disarmed(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site, grace="20s"))
    await run.did("arm")
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.countdown is not None)
    await run.did("hold", text="the deploy does that")
    state = run.state
    assert not state.watch.armed
    assert state.watch.countdown is None
    assert state.watch.alarms, "the banner stays"
    assert "held the rollback: the deploy does that" in state.watch.disarm_reason
    assert not (await run.intend("hold")).ok
    # Armed again while it still fails, it counts anew.
    await run.did("arm")
    await run.until(lambda state: state.watch.countdown is not None)
    await run.did("disarm")
    assert invoked(tmp_path) == []


async def test_a_persons_own_change_disarms_it(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    await run.did("arm")
    await run.did("start", "restore")
    (tmp_path / "well").unlink()
    state = await run.until(fired)
    assert not state.watch.armed
    assert "started 2.1 Restore" in state.watch.disarm_reason
    assert not (await run.intend("rollback")).ok, "it waits for what changes things"
    (tmp_path / "go").touch()
    await run.status("restore", "passed")
    await run.until(lambda state: not state.watch.alarms)
    assert invoked(tmp_path) == ["hand"]


@pytest.mark.parametrize("fails_still", [True, False])
async def test_armed_during_a_change_it_waits_and_judges_anew(
    begin: Begin, tmp_path: Path, site: Service, fails_still: bool
) -> None:
    run = await begin(book(site))
    await run.did("start", "restore")
    await run.did("arm")
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.countdown is not None)
    countdown = run.state.watch.countdown
    assert countdown is not None
    await asyncio.sleep(countdown.grace)  # what is timed here is the countdown itself
    assert run.state.watch.rollback is None
    if fails_still:
        await run.did("stop", "restore")
        await run.until(lambda state: state.watch.rollback is not None)
        await run.until(lambda state: state.watch.rollback_passed is not None)
        assert invoked(tmp_path) == ["hand", "automatic"]
        assert run.state.steps["restore"].status is Status.RECOVERED
    else:
        (tmp_path / "go").touch()
        await run.until(lambda state: state.watch.countdown is None)
        kinds = [type(entry.event) for entry in run.entries()]
        assert RollbackDropped in kinds
        assert invoked(tmp_path) == ["hand"]


async def test_a_step_that_only_reads_is_not_waited_for(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    await run.did("start", "wait")
    await run.did("arm")
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.rollback_passed)
    assert run.state.steps["wait"].status is Status.RUNNING
    (tmp_path / "go").touch()


async def test_by_hand_it_wants_the_environments_name(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site, where="production"))
    assert "type production to confirm" in (await run.intend("arm")).text
    assert "type production to confirm" in (await run.intend("rollback")).text
    (tmp_path / "well").unlink()
    await run.until(fired)
    await run.did("rollback", confirm="production")
    state = await run.until(lambda state: state.watch.rollback_passed)
    assert state.watch.rollback is not None
    assert state.watch.rollback.cause == "person"
    assert "3 checks of api failed" in state.watch.rollback.reason
    assert invoked(tmp_path) == ["automatic"]


async def test_a_rollback_that_fails_asks_for_a_person(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site))
    (tmp_path / "broken").touch()
    await run.did("arm")
    (tmp_path / "well").unlink()
    state = await run.until(lambda state: state.watch.rollback_stop_reason)
    assert "Restore by itself failed" in state.watch.rollback_stop_reason
    assert state.ended is None
    assert invoked(tmp_path) == ["automatic"]


async def test_a_host_that_dies_in_the_countdown_leaves_it_disarmed(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site, grace="20s"))
    await run.did("arm")
    (tmp_path / "well").unlink()
    await run.until(lambda state: state.watch.countdown is not None)
    run.kill_host()
    await run.resume()
    state = await run.until(lambda state: not state.watch.armed)
    assert state.watch.countdown is None
    assert state.watch.disarm_reason == "its host ended; arm it again"
    assert invoked(tmp_path) == []


async def test_trigger_hold_and_person_have_one_winner(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run = await begin(book(site, grace="0.2s"))
    await run.did("arm")
    (tmp_path / "well").unlink()
    state = await run.until(lambda state: state.watch.countdown is not None)
    countdown = state.watch.countdown
    assert countdown is not None
    await asyncio.sleep(countdown.grace - 0.01)  # the last instant
    replies = await asyncio.gather(
        *(run.intend(wish) for wish in ("rollback", "hold", "rollback"))
    )
    state = run.state
    if state.watch.rollback is None:
        assert [reply.ok for reply in replies].count(True) == 1
    else:
        await run.until(lambda state: state.watch.rollback_passed)
    began = [e for e in run.entries() if isinstance(e.event, RollbackBegan)]
    assert len(began) <= 1
    assert invoked(tmp_path) == ["automatic"] * len(began)


async def test_each_firing_is_on_record_with_its_reason(
    begin: Begin, tmp_path: Path, site: Service
) -> None:
    run: Running = await begin(book(site))
    (tmp_path / "well").unlink()
    await run.until(fired)
    [event] = [e.event for e in run.entries() if isinstance(e.event, TriggerFired)]
    assert (event.probe, event.rule, event.grace) == (
        "api",
        "consecutive_failures",
        None,
    )
