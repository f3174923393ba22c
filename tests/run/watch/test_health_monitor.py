"""What the host counts beside the probes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.watch.health_monitor import Monitor
from tests.scenarios.test_offered_commands import engine_of
from tests.tui import scenes
from tests.tui.runs import view_of


async def test_processes_are_named_by_what_they_are_not_by_what_a_step_does(
    tmp_path: Path,
) -> None:
    run = scenes.fresh(tmp_path)
    run.health([])
    view = view_of(run)
    async with asyncio.TaskGroup() as tasks:
        engine = engine_of(run, view, tasks)
        monitor = Monitor(run.directory, view.runbook, Clock(boot="boot"))
        assert monitor._patterns(engine) == {"4.2 processes": "^([^ ]*/)?node .*mobius"}
        monitor.close()
        engine.journal.close()
