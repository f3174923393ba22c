"""What the host counts beside the probes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.watch.health_monitor import HealthMonitor
from tests.run.made_services import make_context
from tests.tui import scenes


async def test_processes_are_named_by_what_they_are_not_by_what_a_step_does(
    tmp_path: Path,
) -> None:
    run = scenes.fresh(tmp_path)
    run.health([])
    read = Follower(run.directory)
    clock = Clock(wall=lambda: run.at, mono=lambda: 0.0, boot="boot")
    async with asyncio.TaskGroup() as tasks:
        context = make_context(run.directory, read.plan, read.state, clock, tasks)
        monitor = HealthMonitor(run.directory, read.runbook, clock)
        counted = monitor._process_patterns(context)
        assert counted == {"4.2 processes": "^([^ ]*/)?node .*mobius"}
        monitor.close()
