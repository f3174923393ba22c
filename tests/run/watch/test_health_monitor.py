"""What the host counts beside the probes."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.watch.health_monitor import Monitor
from tests.run.planning.situations import Judges
from tests.tui import scenes


async def test_processes_are_named_by_what_they_are_not_by_what_a_step_does(
    tmp_path: Path,
) -> None:
    run = scenes.fresh(tmp_path)
    run.health([])
    judges = Judges(run.directory, Plan(run.runbook))
    monitor = Monitor(run.directory, run.runbook, Clock(boot="boot"))
    found = monitor._patterns(judges.engine)
    assert found == {"4.2 processes": "^([^ ]*/)?node .*mobius"}
    monitor.close()
    judges.close()
