"""What a host writes when it ends, though `health.jsonl` cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import HostStopped
from mobius_tui.run.host.lifecycle import seal_health
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.watch.health_monitor import HealthMonitor
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.planning.situations import Judges, made, state_after


async def test_a_run_ends_as_ever_where_its_health_is_gone(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("start", "a")
    await run.status("a", "passed")
    run.directory.health.unlink()
    await run.did("end")
    await run.over()
    assert isinstance(run.entries()[-1].event, HostStopped)
    assert run.directory.record.exists()
    log = run.directory.host_log.read_text()
    assert f"{run.directory.health}: No such file or directory" in log
    assert "Traceback" not in log


async def test_a_seal_that_cannot_be_made_is_left_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = made(tmp_path)
    run.directory.health.touch()
    judges, plan = Judges(run.directory, Plan(run.runbook)), Plan(run.runbook)
    services = judges.host(state_after(judges.tail.entries, plan, []))
    monitor = HealthMonitor(run.directory, run.runbook, judges.clock)
    run.directory.health.unlink()
    number = judges.n
    await seal_health(services.context, services.writer, monitor)
    assert judges.n == number
    assert "health.jsonl: No such file or directory" in capfd.readouterr().out
    monitor.close()
    judges.close()
