"""The services of a runbook's checks, as the host writes them into its samples."""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path

import pytest

from mobius_tui.health.health_record import MachineSample, decode_record
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.watch.health_monitor import UnitMonitor
from tests.conftest import MakeRunbook
from tests.run.books import ONE
from tests.run.conftest import Begin
from tests.run.made_services import make_context
from tests.run.running import Running
from tests.tui.runs import MadeRun
from tests.waiting import PATIENCE, until

STAND_IN = """#!/bin/sh
[ "$1" = is-active ] || exit 9
shift
for unit; do [ "$unit" = worker ] && echo failed || echo active; done
exit 3
"""
BOOK = (
    """
[var.unit]
default = "api"
"""
    + ONE
    + """
[[phase.step]]
id = "up"
title = "Up"
[phase.step.check.service]
names = ["${unit}", "worker"]
[[phase.step]]
id = "down"
title = "Down"
[phase.step.check.service]
names = ["gone"]
state = ["inactive"]
"""
)

HEALTH = """
[health]
every = "100ms"
[[health.probe]]
id = "own"
title = "Own"
url = "http://127.0.0.1:1/"
timeout = "50ms"
"""


def sampled(run: Running) -> MachineSample | None:
    """The newest sample on record."""
    lines = run.directory.health.read_bytes().split(b"\n")[:-1]
    records = [decode_record(line) for line in lines]
    return next((r for r in reversed(records) if isinstance(r, MachineSample)), None)


@pytest.fixture
def _systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text(STAND_IN)
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("_systemctl")
async def test_units_that_should_be_active_are_looked_at(begin: Begin) -> None:
    run = await begin(BOOK)

    def known(_: object) -> bool:
        sample = sampled(run)
        return sample is not None and bool(sample.services)

    await run.until(known)
    sample = sampled(run)
    assert sample is not None
    assert sample.services == {"api": "active", "worker": "failed"}


@pytest.mark.usefixtures("_systemctl")
async def test_a_unit_whose_name_becomes_known_is_looked_at_from_then_on(
    begin: Begin,
) -> None:
    book = (
        BOOK.replace('default = "api"', "")
        .replace('names = ["${unit}", "worker"]', 'names = ["${unit}"]')
        .replace("[[phase]]", HEALTH + "[[phase]]", 1)
    )
    run = await begin(book)
    await run.until(lambda _: sampled(run) is not None)
    assert sampled(run).services == {}  # type: ignore[union-attr]
    await run.did("set", values={"unit": "api"})

    def known(_: object) -> bool:
        sample = sampled(run)
        return sample is not None and sample.services == {"api": "active"}

    await run.until(known)


@pytest.mark.usefixtures("_systemctl")
async def test_a_unit_is_looked_at_again_as_soon_as_a_step_has_ended(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    """The panel does not call inactive for long what a step has just seen active."""
    (tmp_path / "bin" / "systemctl").write_text(
        f"#!/bin/sh\n[ -e {tmp_path}/started ] && echo active || echo inactive\n"
    )
    book = make_runbook(
        BOOK.replace('names = ["${unit}", "worker"]', 'names = ["api"]')
    )
    run = MadeRun(tmp_path / "runs", book, values={}, workdir=str(tmp_path))
    read, units = Follower(run.directory), UnitMonitor()
    clock = Clock(wall=lambda: run.at, mono=lambda: 0.0, boot="boot")
    env = {"PATH": os.environ["PATH"]}

    async def comes_to(state: str) -> None:
        await until(lambda: units.states == {"api": state})

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        context = make_context(
            run.directory, read.plan, read.state, clock, tasks, env=env
        )
        watching = tasks.create_task(units.watch(context, every=0.01, at_rest=math.inf))
        await comes_to("inactive")
        (tmp_path / "started").touch()
        run.write(StepStarted(step="up", attempt=1, reads=()))
        read.poll()
        await comes_to("active")
        watching.cancel()
