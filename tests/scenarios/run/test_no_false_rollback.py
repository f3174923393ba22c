"""No rollback where the service is well, or nobody could look; each outage fires."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.events.watch_events import RollbackDropped, TriggerFired
from mobius_tui.run.watch.triggers import MAX_COUNTDOWN_DELAY
from tests.health.servers import closed_port, silence
from tests.paths import ROOT
from tests.run.conftest import Begin
from tests.run.running import Running
from tests.run.sites import SEED, Site, checks, firings, no_sockets, seen
from tests.waiting import PATIENCE

EVERY = 0.05
STOP = 60 * EVERY
"""Sixty intervals, as the design's minute of checks each second."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


async def armed(begin: Begin, text: str) -> Running:
    run = await begin(text)
    await run.did("arm")
    await seen(run, "ok", 3)
    return run


def nothing_fired(run: Running, site: Site) -> None:
    assert firings(run) == []
    assert site.invoked() == []
    state = run.state
    assert state.watch.armed
    assert state.watch.rollback is None


@pytest.mark.parametrize("meanwhile", ["well", "down"])
async def test_a_host_that_was_suspended(
    begin: Begin, site: Site, meanwhile: str
) -> None:
    run = await armed(begin, site.book(triggers=SEED))
    host = run.host()
    os.kill(host, signal.SIGSTOP)
    if meanwhile == "down":
        site.close()
    await asyncio.sleep(STOP)
    if meanwhile == "down":
        site.open()
    os.kill(host, signal.SIGCONT)
    found = await seen(run, "ok", 10)
    assert any("suspended" in c.reason for c in found if c.state == "no data")
    nothing_fired(run, site)


async def test_a_host_that_is_suspended_during_each_check(
    begin: Begin, site: Site
) -> None:
    """The check in flight fails in each stop, and that says nothing: nobody looked."""
    run = await armed(begin, site.book(triggers=SEED))
    host = run.host()
    for _ in range(5):
        before = site.asked
        site.answer = lambda _: (500, 6 * EVERY)
        await run.until(lambda _, before=before: site.asked > before)  # type: ignore[misc]
        os.kill(host, signal.SIGSTOP)
        await asyncio.sleep(12 * EVERY)
        site.answer = lambda _: (200, 0.0)
        os.kill(host, signal.SIGCONT)
        await run.until(lambda _, before=before: site.asked > before + 1)  # type: ignore[misc]
    found = await seen(run, "ok", 3)
    assert sum(check.state == "no data" for check in found) >= 5
    nothing_fired(run, site)


async def test_a_host_that_may_open_no_socket(begin: Begin, site: Site) -> None:
    run = await armed(begin, site.book(triggers=SEED))
    with no_sockets(run):
        found = await seen(run, "no data", 10)
        assert "too many files open" in found[-1].reason
    await seen(run, "ok", 3)
    nothing_fired(run, site)


def may_be_alone() -> bool:
    """Whether this machine lets anybody make a network namespace."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    return tried.returncode == 0


async def test_a_monitor_that_loses_its_own_network(tmp_path: Path) -> None:
    """In a network namespace whose only interface loses its address, and gets it back.

    Where no namespace can be had, the host may open no socket for a while.
    """
    script = [sys.executable, "-m", "tests.run.cut_off", str(tmp_path)]
    words = "this program has too many files open"
    if may_be_alone():
        script = ["unshare", "-rn", *script, "alone"]
        words = "this machine has no route to that network"
    done = await asyncio.to_thread(
        subprocess.run,
        script,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "fired: 0",
        f"no data: {words}",
        f"panel: API: no data: {words}",
        "meter: unknown, no data",
        "and then: ok",
        "armed: True",
        "invoked: []",
    ]


async def test_a_partition_that_heals_with_a_witness(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    witness = Site(tmp_path / "other")
    run = await armed(begin, site.book(triggers=SEED, witness=witness.port))
    # The site is closed only while the witness is silent: one that refuses answers.
    witness.close()
    with silence(witness.port):
        site.close()
        found = await seen(run, "no data", 6)  # a trigger wants fewer
        site.open()
    assert "no witness answers either" in found[-1].reason
    witness.open()
    await seen(run, "ok", 10)
    witness.close()
    nothing_fired(run, site)


async def test_a_witness_that_answers_makes_it_an_outage(
    begin: Begin, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    witness = Site(tmp_path / "other")
    run = await armed(begin, site.book(witness=witness.port))
    site.close()
    await run.until(lambda state: state.watch.rollback is not None)
    witness.close()
    assert len(firings(run)) == 1


async def test_every_tenth_check_is_bad(begin: Begin, site: Site) -> None:
    site.answer = lambda n: (500 if n % 10 == 0 else 200, 0.0)
    run = await armed(begin, site.book(triggers=SEED))
    await seen(run, "failed", 8)
    nothing_fired(run, site)


async def test_two_slow_answers_in_twenty(begin: Begin, site: Site) -> None:
    site.answer = lambda n: (200, 1.1 if n % 20 in (7, 8) else 0.0)
    run = await armed(begin, site.book(triggers=SEED, timeout="5s"))
    await seen(run, "ok", 42)
    slow = [c for c in checks(run) if c.ms is not None and c.ms > 1000]
    assert len(slow) >= 4
    nothing_fired(run, site)


async def counting(begin: Begin, site: Site, grace: str) -> Running:
    """A run in whose countdown something happens."""
    run = await armed(begin, site.book(grace=grace))
    site.answer = lambda _: (500, 0.0)
    await run.until(lambda state: state.watch.countdown is not None)
    return run


async def test_a_service_that_heals_in_the_countdown(begin: Begin, site: Site) -> None:
    run = await counting(begin, site, "1s")
    site.answer = lambda _: (200, 0.0)
    await run.until(lambda state: state.watch.countdown is None)
    assert [each.reason for each in dropped(run)] == ["api was ok at 5 checks in a row"]
    nothing_began(run, site)


async def test_a_host_that_is_suspended_in_the_countdown(
    begin: Begin, site: Site
) -> None:
    """It does not begin by what it knew before, once it has slept past the end."""
    run = await counting(begin, site, "0.5s")
    host = run.host()
    os.kill(host, signal.SIGSTOP)
    site.answer = lambda _: (200, 0.0)
    await asyncio.sleep(0.5 + MAX_COUNTDOWN_DELAY + 0.5)
    os.kill(host, signal.SIGCONT)
    await run.until(lambda state: state.watch.countdown is None)
    assert len(dropped(run)) == 1
    nothing_began(run, site)


async def test_a_hold_is_heard_while_the_host_is_suspended(
    begin: Begin, site: Site
) -> None:
    run = await counting(begin, site, "0.5s")
    host = run.host()
    os.kill(host, signal.SIGSTOP)
    held = asyncio.ensure_future(run.intend("hold", text="I see to it"))
    await asyncio.sleep(0.5 + MAX_COUNTDOWN_DELAY + 0.5)
    os.kill(host, signal.SIGCONT)
    assert (await held).ok
    await seen(run, "failed", 5)
    nothing_began(run, site)
    assert not run.state.watch.armed


async def test_unknown_at_zero_waits_until_it_is_known(
    begin: Begin, site: Site
) -> None:
    run = await counting(begin, site, "1s")
    countdown = run.state.watch.countdown
    assert countdown is not None
    with no_sockets(run):
        await run.until(lambda _: checks(run)[-1].at > countdown.ends + 10 * EVERY)
        assert checks(run)[-1].state == "no data"
        nothing_began(run, site)
    state = await run.until(lambda state: state.watch.rollback is not None)
    assert state.watch.rollback is not None
    assert state.watch.rollback.cause == "trigger"


def dropped(run: Running) -> list[RollbackDropped]:
    return [e.event for e in run.entries() if isinstance(e.event, RollbackDropped)]


def nothing_began(run: Running, site: Site) -> None:
    assert run.state.watch.rollback is None
    assert site.invoked() == []


def _refuse(site: Site) -> None:
    site.close()


def _err(site: Site) -> None:
    site.answer = lambda _: (500, 0.0)


def _stall(site: Site) -> None:
    site.answer = lambda _: (200, 2.0)


@pytest.mark.parametrize(
    ("outage", "words"),
    [(_refuse, "refused"), (_err, "answered 500"), (_stall, "timed out")],
    ids=["refused", "500", "time-out"],
)
async def test_each_outage_fires_on_the_very_check(
    begin: Begin,
    site: Site,
    outage: object,
    words: str,
) -> None:
    run = await armed(begin, site.book(timeout="0.3s", grace="20s"))
    assert callable(outage)
    outage(site)
    await run.until(lambda state: state.watch.countdown is not None)
    [entry] = firings(run)
    assert isinstance(entry.event, TriggerFired)
    found = [check for check in checks(run) if check.state != "no data"]
    bad = [check for check in found if check.state == "failed"]
    assert entry.event.seen == bad[2].at
    assert [check.state for check in found[: found.index(bad[0])]].count("failed") == 0
    assert found.index(bad[2]) == found.index(bad[0]) + 2
    assert words in bad[2].reason


async def test_a_port_that_never_answered_fires_on_the_third(
    begin: Begin, site: Site
) -> None:
    site.close()
    site.port = closed_port()
    run = await begin(site.book())
    await run.until(lambda state: state.watch.alarms)
    [entry] = firings(run)
    assert isinstance(entry.event, TriggerFired)
    # On a busy machine the host may have been late for one, which then is no data.
    failed = [check for check in checks(run) if check.state == "failed"]
    assert entry.event.seen == failed[2].at
