"""A clock that is set while a run goes on: the run's own goes on as if it were not."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import boot_id, monotonic_run_clock
from mobius_tui.run.records.run_summary import read_summary
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.waiting import wait_for

HOURS = 5 * 3600.0
SET = """
import time
from pathlib import Path

def wall(real=time.time, told=Path({told!r})):
    try:
        return real() + float(told.read_text() or 0)
    except FileNotFoundError:
        return real()

time.time = wall
"""
"""What a host of a test imports before anything else: its system's clock can be set."""


class System:
    """The clocks of a machine."""

    wall, mono = 1_800_000_000.0, 100.0

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


def last(at: float, mono: float, boot: str) -> Entry:
    event = HostStarted(pid=1)
    return Entry(n=7, at=at, mono=mono, boot=boot, by="host", event=event)


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
def test_what_the_system_is_set_to_meanwhile_is_nothing_to_a_run(jump: float) -> None:
    system = System()
    clock = monotonic_run_clock(
        None, wall=lambda: system.wall, mono=lambda: system.mono, boot="this"
    )
    assert clock.wall() == 1_800_000_000.0
    system.passes(10)
    system.wall += jump
    assert (clock.wall(), clock.mono()) == (1_800_000_010.0, 110.0)


@pytest.mark.parametrize(
    ("at", "boot", "now"),
    [
        (1_800_018_000.0, "this", 1_800_018_060.0),  # it was set back by hours since
        (1_799_000_000.0, "this", 1_799_000_060.0),  # and forward
        (1_800_018_000.0, "other", 1_800_018_000.0),
        (1_799_000_000.0, "other", 1_800_000_000.0),
    ],
)
def test_another_host_goes_on_with_the_time_of_the_one_before(
    at: float, boot: str, now: float
) -> None:
    entry = last(at, 40.0, boot)
    clock = monotonic_run_clock(
        entry, wall=lambda: 1.8e9, mono=lambda: 100.0, boot="this"
    )
    assert clock.wall() == now


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the hosts of this test have their system's clock set by, in seconds."""
    found = tmp_path / "set-by"
    code = tmp_path / "code"
    code.mkdir()
    (code / "sitecustomize.py").write_text(SET.format(told=str(found)))
    monkeypatch.setenv("PYTHONPATH", str(code))
    return found


SITE = """
[health]
every = "100ms"
[[health.probe]]
id = "api"
url = "http://127.0.0.1:9/"
"""


@pytest.mark.parametrize(
    "jump", [-HOURS, pytest.param(HOURS, marks=pytest.mark.drills)]
)
async def test_a_run_whose_clock_is_set_tells_its_times_right(
    begin: Begin, told: Path, jump: float
) -> None:
    watch = '[[phase.step]]\nid = "w"\ntitle = "W"\nwatch = { for = "2s" }\n'
    run = await begin(SITE + ONE + step("a", "echo on; sleep 0.5; echo off") + watch)
    before = time.time()
    await run.did("start", "a")
    await run.output("a", "on")
    told.write_text(str(jump))
    await run.status("a", "passed")
    await run.did("start", "w")
    await run.until(lambda state: state.steps["w"].status != "running")
    told.write_text("0")
    run.kill_host()
    told.write_text(str(-jump))
    await run.resume()
    await run.did("end", text="enough")
    state = await run.over()
    took = {
        name: own.last_attempt.duration
        for name, own in state.steps.items()
        if own.last_attempt
    }
    lasted = time.time() - before
    assert 0.5 <= (took["a"] or 0) <= lasted
    assert 2.0 <= (took["w"] or 0) <= lasted
    entries = run.entries()
    assert all(one.at <= other.at for one, other in pairwise(entries))
    assert all(before - 30 < entry.at < time.time() + 30 for entry in entries)
    whole = read_summary(run.directory).took
    assert whole is not None
    assert 2.5 <= whole <= time.time() - before + 30
    follower = Follower(run.directory)
    points = follower.health.windows["api"].points
    assert all(before - 30 < point.at < time.time() + 30 for point in points)
    assert before - 30 < follower.now() < time.time() + 30


async def test_it_is_this_machines_clock(begin: Begin) -> None:
    before = boot_clock()
    run = await begin(ONE + step("a"))
    first = run.entries()[0]
    assert first.boot == boot_id()
    assert before <= first.mono <= boot_clock()
    wait_for(lambda: Follower(run.directory).now() > first.at)
