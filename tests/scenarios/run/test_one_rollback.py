"""The restoring script runs once, whoever begins it: counted by the site itself."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.rollback import step_blocking_rollback
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin
from tests.run.journals import cut
from tests.run.planning.situations import Judges, made, state_after
from tests.run.running import Running
from tests.run.sites import Site, firings, seen
from tests.waiting import PATIENCE

KILLS = 15


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def begun(run: Running) -> list[RollbackBegan]:
    return [e.event for e in run.entries() if isinstance(e.event, RollbackBegan)]


async def well_for_long(run: Running) -> None:
    """So many checks that whatever was to begin would have begun."""
    await seen(run, "ok", 12)


async def test_a_persons_own_rollback_makes_health_fail(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    run = await begin(site.book(grace="0.1s"))
    (tmp_path / "wait").touch()
    await run.did("arm")
    await seen(run, "ok", 3)
    await run.did("start", "restore")  # its script takes the service down
    await run.until(lambda state: state.watch.alarms)
    await seen(run, "failed", 12)
    (tmp_path / "wait").unlink()
    await run.status("restore", "passed")
    await well_for_long(run)
    assert not run.state.watch.armed
    assert begun(run) == []
    assert site.invoked() == ["hand"]


async def test_the_trigger_fires_while_a_persons_step_runs(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    """Armed again during it, the rollback waits, and then all is well."""
    run = await begin(site.book(grace="0.1s"))
    (tmp_path / "wait").touch()
    await run.did("start", "restore")
    await run.did("arm")
    await run.until(lambda state: state.watch.countdown is not None)
    await seen(run, "failed", 8)
    assert begun(run) == []
    (tmp_path / "wait").unlink()
    await run.status("restore", "passed")
    await run.until(lambda state: state.watch.countdown is None)
    await well_for_long(run)
    assert site.invoked() == ["hand"]


@pytest.mark.parametrize("early", [0.05, 0.01, 0.002, 0.0, -0.005])
async def test_a_person_begins_it_in_the_last_instant(
    begin: Begin, site: Site, tmp_path: Path, early: float
) -> None:
    run = await begin(site.book(grace="0.3s"))
    await run.did("arm")
    (tmp_path / "down").touch()
    state = await run.until(lambda state: state.watch.countdown is not None)
    countdown = state.watch.countdown
    assert countdown is not None
    await asyncio.sleep(max(0.0, countdown.ends - time.time() - early))
    replies = await asyncio.gather(*(run.intend("rollback") for _ in range(3)))
    state = await run.until(lambda state: state.watch.rollback_passed)
    await well_for_long(run)
    [began] = begun(run)
    by_person = sum(reply.ok for reply in replies)
    assert by_person == (began.cause == "person")
    assert site.invoked() == ["automatic"]


async def test_after_an_automated_rollback_none_begins_again(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    run = await begin(site.book(grace="0.1s"))
    await run.did("arm")
    (tmp_path / "down").touch()
    await run.until(lambda state: state.watch.rollback_passed)
    await well_for_long(run)
    for _ in range(2):
        (tmp_path / "down").touch()
        before = len(firings(run))
        await run.until(lambda _, before=before: len(firings(run)) > before)  # type: ignore[misc]
        for wish in ("arm", "rollback"):
            assert not (await run.intend(wish)).ok
        await seen(run, "failed", 6)
        (tmp_path / "down").unlink()
        await well_for_long(run)
    assert site.invoked() == ["automatic"]


async def test_a_person_who_begins_it_by_hand_twice(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    """Two screens, the same key: one rollback, and the other hears of it."""
    run = await begin(site.book(grace="20s"))
    (tmp_path / "down").touch()
    await run.until(lambda state: state.watch.alarms)
    replies = await asyncio.gather(*(run.intend("rollback") for _ in range(2)))
    assert sorted(reply.ok for reply in replies) == [False, True]
    await run.until(lambda state: state.watch.rollback_passed)
    assert site.invoked() == ["automatic"]


async def test_a_host_that_dies_between_beginning_and_entering(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    """The journal ends with RollbackBegan: the next host leads into the phase."""
    run = await begin(site.book(grace="0.1s"))
    await run.did("arm")
    (tmp_path / "down").touch()
    await run.status("auto-restore", "passed")
    run.kill_host()
    [n] = [e.n for e in run.entries() if isinstance(e.event, RollbackBegan)]
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    cut(run.directory, lines[:n])
    for attempt in run.directory.steps.iterdir():
        shutil.rmtree(attempt)
    await run.resume()
    state = await run.until(lambda state: state.aside_frames)
    assert state.aside_frames[-1].phase == "automatic"
    assert not state.watch.rollback_running
    assert run.viewer is not None
    assert propose(run.viewer.follower.plan, state).step == "auto-restore"


async def carry_on(run: Running) -> bool:
    """What a person does on coming back to it; whether there is nothing left to do."""
    state = run.state
    if state.watch.rollback is None:
        if not state.watch.armed:
            await run.did("arm")
        return False
    own = state.steps["auto-restore"]
    if own.status is Status.PASSED:
        return True
    if own.status is Status.NOT_STARTED:
        await run.intend("retry", "auto-restore")  # it says that nothing ran
    elif own.status is Status.PENDING and not state.watch.rollback_running:
        await run.intend("start", "auto-restore")
    return False


def is_counting(state: RunState) -> object:
    return state.watch.countdown or state.watch.rollback


def place(state: RunState) -> str:
    return "countdown" if state.watch.countdown is not None else "rollback"


async def killed_again_and_again(
    run: Running, site: Site, chance: random.Random, most: int
) -> list[str]:
    """Kill and resume at random moments until it is restored; where it was killed."""
    places: list[str] = []
    while len(places) < most:
        await carry_on(run)
        await run.until(is_counting)
        await asyncio.sleep(chance.uniform(0.0, 0.35))
        places.append(place(run.state))
        run.kill_host()
        await run.resume()
        state = run.state
        assert not state.watch.armed
        assert state.watch.countdown is None
        assert len(site.invoked()) <= 1
        if state.steps["auto-restore"].status is Status.PASSED:
            break
    return places


@pytest.mark.campaign
async def test_across_kills_of_the_host(begin: Begin, site: Site) -> None:
    """At random moments of the countdown and of the rollback, and each time resumed."""
    chance = random.Random(4)
    until = time.monotonic() + PATIENCE
    places: list[str] = []
    while len(places) < KILLS and (time.monotonic() < until or len(set(places)) < 2):
        (site.folder / "invoked").unlink(missing_ok=True)
        run = await begin(site.book(grace="0.15s"))
        (site.folder / "down").touch()
        left = KILLS - len(places)
        places += await killed_again_and_again(run, site, chance, left)
        deadline = time.monotonic() + PATIENCE
        while not await carry_on(run):
            assert time.monotonic() < deadline, run.state.steps["auto-restore"]
            await asyncio.sleep(0.02)
        await seen(run, "ok", 3)
        assert site.invoked() == ["automatic"]
        assert len(begun(run)) == 1
        await run.close()
    assert set(places) == {"countdown", "rollback"}


async def test_a_rollback_waits_for_what_still_runs_of_its_own_phase(
    tmp_path: Path,
) -> None:
    """Entered, the phase begins anew: no step of it may go on from before."""
    run = made(tmp_path)
    plan = Plan(run.runbook)
    judges = Judges(run.directory, plan)
    went = [StepStarted(step="watch-back", attempt=1, reads=())]
    services = judges.host(state_after(judges.tail.entries, plan, went))
    waits_for = step_blocking_rollback(plan, services.context.state)
    assert waits_for is not None
    assert waits_for.id == "watch-back"
    began = RollbackBegan(phase="back", cause="trigger", reason="down")
    await services.writer.write_in_turn(
        began
    )  # as a host may have done before it waited for that
    await journal_consequences(services.context, services.writer)
    assert "back" not in services.context.state.entered_phases
    await services.writer.write_in_turn(
        StepEnded(step="watch-back", attempt=1, result=Status.STOPPED)
    )
    await journal_consequences(services.context, services.writer)
    assert services.context.state.aside_frames[-1].phase == "back"
    judges.close()
