"""What the host counts beside the probes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path

from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import Clock
from mobius_tui.run.watch.health_monitor import HealthMonitor
from tests.run.conftest import Begin
from tests.run.made_services import make_context
from tests.tui import scenes
from tests.tui.runs import made
from tests.waiting import PATIENCE


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


async def test_probes_look_by_checks_with_what_a_script_reads(
    begin: Begin, tmp_path: Path
) -> None:
    text = """format = 2
[runbook]
title = "X"
[var.name]
default = "there"
[[step]]
run = "true"
[health]
every = "100ms"
[[health.probe]]
id = "by-file"
check.file = "${name}"
[[health.probe]]
id = "by-script"
check.run = { script = 'cat "$name"', json = { "/depth" = "< 5" } }
"""
    run = await begin(text, workdir=tmp_path)
    seen: dict[str, str] = {}

    def last(_: object) -> dict[str, str]:
        for line in run.directory.health.read_text().splitlines():
            found = json.loads(line)
            if found["kind"] == "check":
                seen[found["probe"]] = f"{found['state']} {found.get('reason', '')}"
        return seen

    await run.until(lambda _: len(last(_)) == 2)
    assert seen["by-file"] == "failed there does not exist"
    assert seen["by-script"].startswith("failed exit code 1: cat: there")
    (tmp_path / "there").write_text('{"depth": 7}')
    await run.until(lambda _: "wanted < 5" in last(_)["by-script"])
    (tmp_path / "there").write_text('{"depth": 4}')
    await run.until(lambda _: set(last(_).values()) == {"ok "})


OF_HOSTS = """format = 2
[runbook]
title = "X"
[targets.web]
hosts = ["web-1"]
[[step]]
run = "true"
[health]
every = "1s"
hosts_every = "30s"
[[health.probe]]
id = "nginx"
hosts = "web"
check.service = "nginx"
[[health.probe]]
id = "file"
check.file = "/"
"""


async def test_a_look_at_hosts_is_of_now_until_the_next_ones_are_overdue(
    tmp_path: Path,
) -> None:
    """A host that cannot be asked is no data."""
    path = tmp_path / "book.toml"
    path.write_text(OF_HOSTS)
    run = made(tmp_path, path, {})
    read = Follower(run.directory)
    now = run.at
    clock = Clock(wall=lambda: now, mono=lambda: 0.0, boot="boot")
    async with asyncio.TaskGroup() as tasks:
        context = make_context(
            run.directory,
            read.plan,
            read.state,
            clock,
            tasks,
            env={"PATH": "/nowhere"},
        )
        monitor = HealthMonitor(run.directory, read.runbook, clock)
        looked: asyncio.Queue[ProbeResult | MachineSample] = asyncio.Queue()
        monitor.on_record = looked.put_nowait
        watching = tasks.create_task(monitor.watch(context))
        found: dict[str, ProbeResult] = {}
        async with asyncio.timeout(PATIENCE):
            while len(found) < 2:
                record = await looked.get()
                if isinstance(record, ProbeResult):
                    found[record.probe] = record
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        monitor.close()
    assert found["nginx"].state == "no data"
    assert found["nginx"].summary == "0/1 active, web-1 no data"
    assert "ssh cannot be run" in found["nginx"].reason
    assert monitor.stale_after("file") < 30 < 3 * 30 < monitor.stale_after("nginx")
    now += 40
    assert monitor.states()["file"] == "unknown", "it is too old"


async def test_what_is_digested_twice_at_once_is_counted_once(tmp_path: Path) -> None:
    """A host that ends digests once more, and does not wait for the seal before."""
    run = scenes.fresh(tmp_path)
    run.health([])
    size = 1 << 25
    os.truncate(run.directory.health, size)
    clock = Clock(wall=lambda: run.at, mono=lambda: 0.0, boot="boot")
    monitor = HealthMonitor(run.directory, Follower(run.directory).runbook, clock)
    found = await asyncio.gather(*(asyncio.to_thread(monitor.digest) for _ in range(2)))
    expected = size, hashlib.sha256(bytes(size)).hexdigest()
    assert found == [expected, expected]
    monitor.close()
