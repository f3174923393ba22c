"""The side of who gives orders, when the fleet process dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from mobius_tui.run.fleet.fleet_client import FleetClient
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    OrderedHost,
    ReportedState,
)
from tests.run.fleet_controller import local_route, step_order
from tests.waiting import wait_for


async def test_reports_end_with_the_process_and_another_one_attaches(
    tmp_path: Path,
) -> None:
    route = local_route(tmp_path, ["a"])
    script = (
        'touch "$HOME/began"; until [ -e "$HOME/go-on" ]; do sleep 0.05; done; '
        "echo went on"
    )
    step = step_order(tmp_path, route, script)
    first = await FleetClient.start(step)
    hosts = (OrderedHost(name="a"),)
    await first.send(BeginHosts(hosts=hosts))
    states = []
    async for report in first.reports():
        states.append(report.state)
        # Before it is let begin, an attempt that nobody watches never will.
        wait_for((tmp_path / "sites/a/began").exists)
        os.kill(first.pid, signal.SIGKILL)
    assert states == [ReportedState.RUNNING]
    await first.send(BeginHosts(hosts=hosts))
    assert await first.close() == -signal.SIGKILL

    (tmp_path / "sites/a/go-on").touch()
    second = await FleetClient.start(step)
    await second.send(AttachHosts(hosts=hosts))
    async for report in second.reports():
        if report.state is not ReportedState.RUNNING:
            assert (report.state, report.bytes) == (ReportedState.OK, len("went on\n"))
            break
    assert await second.close() == 0
