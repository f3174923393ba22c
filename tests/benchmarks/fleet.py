"""A step on 20 and on 200 hosts of real sshd's on loopback, and plain ssh beside it.

Wants sshd (`apt-get install openssh-server`), and root.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobius_tui.run.fleet.fleet_lines import HostState
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.fleet.transport import SshRoute
from tests.acceptance.loopback_sshd import LoopbackHosts, loopback_hosts
from tests.benchmarks.figures import Figure, rank, timed
from tests.run.fleet_controller import FleetController, is_end, step_order

SSHDS = 20
WIDTH = 25
"""Hosts at a time."""
LINES = 40
STAMPS = f"for n in $(seq {LINES}); do date +%s.%N; sleep 0.1; done"
"""Prints what the time is, ten times a second."""
LOOK = 0.01
"""Seconds between two looks at outputs."""


@dataclass(slots=True)
class Cost:
    """What a step on some hosts took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of a processor, of the processes here alone."""
    memory: float = 0.0
    """Megabytes of the fleet process, at most."""


@contextlib.contextmanager
def some_hosts(count: int) -> Iterator[tuple[LoopbackHosts, Path]]:
    """Hosts, and a folder for what they print."""
    with (
        tempfile.TemporaryDirectory(prefix="mt-") as name,
        loopback_hosts(Path(name), count, min(count, SSHDS)) as hosts,
    ):
        yield hosts, Path(name)


def many_hosts(_folder: Path) -> Iterator[Figure]:
    """The figures; a loop of ten million additions is timed beside them."""
    loop = timed(lambda: sum(range(10_000_000)))
    yield Figure(name="sum of ten million numbers", value=loop, limit=60, unit="s")
    for count, limit in ((20, 3.0), (200, 25.0)):
        with some_hosts(count) as (hosts, folder):
            plain = measured(lambda: plain_ssh(hosts, "echo hello"))
            ours = asyncio.run(our_step(hosts, folder, "echo hello"))
        beside = f"plain ssh {plain.wall:.1f} s"
        yield Figure(
            name=f"{count} hosts", value=ours.wall, limit=limit, unit="s", note=beside
        )
        yield Figure(
            name=f"{count} hosts, processor here",
            value=ours.cpu,
            limit=3 * plain.cpu + 1,
            unit="s",
            note=f"plain ssh {plain.cpu:.1f} s",
        )
        yield Figure(
            name=f"{count} hosts, fleet process", value=ours.memory, limit=60, unit="MB"
        )
    with some_hosts(20) as (hosts, folder):
        plain_delay = rank(asyncio.run(plain_delays(hosts)), 95)
        delay = rank(asyncio.run(our_delays(hosts, folder)), 95)
    note = f"plain ssh {plain_delay:.3f} s"
    yield Figure(
        name="a line of 20 hosts, p95", value=delay, limit=0.4, unit="s", note=note
    )


def measured(work: Callable[[], Coroutine[Any, Any, Any]]) -> Cost:
    """What some work of children of this process takes."""
    began, before = time.monotonic(), children_seconds()
    asyncio.run(work())
    return Cost(time.monotonic() - began, children_seconds() - before)


def children_seconds() -> float:
    """Seconds of a processor that children took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def plain_ssh(hosts: LoopbackHosts, script: str) -> list[bytes]:
    """A script on all hosts, by ssh and nothing else."""
    turn = asyncio.Semaphore(WIDTH)

    async def one(name: str) -> bytes:
        async with turn:
            child = await asyncio.create_subprocess_exec(
                *("ssh", "-T", "-F", hosts.config, name, script),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
            )
            return (await child.communicate())[0]

    return await asyncio.gather(*map(one, hosts.names))


async def our_step(hosts: LoopbackHosts, folder: Path, script: str) -> Cost:
    """A script on all hosts, by a fleet process."""
    before = children_seconds()
    began = time.monotonic()
    fleet = await begin_step(hosts, folder, script)
    await fleet.wait_for(lambda: sum(map(is_end, fleet.reports)) == len(hosts.names))
    wall = time.monotonic() - began
    status = Path(f"/proc/{fleet.pid}/status").read_text()
    memory = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    await fleet.close()
    bad = [each for each in fleet.reports if each.state is not HostState.OK]
    assert {each.state for each in bad} <= {HostState.RUNNING}, bad
    return Cost(wall, children_seconds() - before, memory)


async def begin_step(
    hosts: LoopbackHosts, folder: Path, script: str
) -> FleetController:
    """A fleet process that has been told to begin all hosts."""
    step = step_order(
        folder,
        SshRoute(config=hosts.config),
        script,
        host_count=len(hosts.names),
        width=WIDTH,
    )
    fleet = await FleetController.open(step)
    await fleet.begin(*hosts.names)
    return fleet


async def our_delays(hosts: LoopbackHosts, folder: Path) -> list[float]:
    """Seconds from the printing of each line until it is in an output here."""
    fleet = await begin_step(hosts, folder, STAMPS)
    delays: list[float] = []
    seen = dict.fromkeys(hosts.names, 0)
    while sum(map(is_end, fleet.reports)) < len(hosts.names):
        for name in hosts.names:
            path = output_path(folder / "step", name)
            if not path.exists() or path.stat().st_size == seen[name]:
                continue
            now, data = time.time(), path.read_bytes()
            lines = data[seen[name] :].split()
            seen[name] = len(data)
            delays += [now - float(each) for each in lines]
        await asyncio.sleep(LOOK)
    await fleet.close()
    return delays


async def plain_delays(hosts: LoopbackHosts) -> list[float]:
    """The same, by ssh and nothing else."""
    delays: list[float] = []

    async def one(name: str) -> None:
        child = await asyncio.create_subprocess_exec(
            *("ssh", "-T", "-F", hosts.config, name, STAMPS),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        delays.extend([time.time() - float(line) async for line in child.stdout])
        await child.wait()

    await asyncio.gather(*map(one, hosts.names))
    return delays
