"""A step on 20, 200 and 1,000 hosts of real sshd's on loopback, and others beside it:
plain ssh, and those of `ansible` (raw) and `clush` (ClusterShell) that are on PATH.

Wants sshd (`apt-get install openssh-server`), and root.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobius_tui.run.fleet.fleet_lines import ReportedState
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.fleet.transport import SshRoute
from tests.acceptance.loopback_sshd import (
    ADDRESSES_PER_SSHD,
    LoopbackHosts,
    loopback_hosts,
)
from tests.benchmarks.figures import Figure, rank, timed
from tests.run.fleet_controller import FleetController, is_end, step_order

SSHDS = 20
"""At least, where there are so many hosts."""
SIZES = ((20, 3.0), (200, 25.0), (1000, 100.0))
"""Hosts, and the seconds that a step on them may take."""
SCRIPT = "echo hello"
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
    sshds = min(count, max(SSHDS, -(-count // ADDRESSES_PER_SSHD)))
    with (
        tempfile.TemporaryDirectory(prefix="mt-") as name,
        loopback_hosts(Path(name), count, sshds) as hosts,
    ):
        yield hosts, Path(name)


def many_hosts(_folder: Path) -> Iterator[Figure]:
    """The figures; a loop of ten million additions is timed beside them."""
    loop = timed(lambda: sum(range(10_000_000)))
    yield Figure(name="sum of ten million numbers", value=loop, limit=60, unit="s")
    for count, limit in SIZES:
        yield from one_step(count, limit)
    with some_hosts(20) as (hosts, folder):
        plain_delay = rank(asyncio.run(plain_delays(hosts)), 95)
        delay = rank(asyncio.run(our_delays(hosts, folder)), 95)
    note = f"plain ssh {plain_delay:.3f} s"
    yield Figure(
        name="a line of 20 hosts, p95", value=delay, limit=0.4, unit="s", note=note
    )


def one_step(count: int, limit: float) -> Iterator[Figure]:
    """What a step on so many hosts takes, and what others take for the same."""
    with some_hosts(count) as (hosts, folder):
        others = {"plain ssh": measured(lambda: plain_ssh(hosts, SCRIPT))}
        if shutil.which("ansible"):
            others["ansible raw"] = measured(lambda: ansible_raw(hosts))
        if shutil.which("clush"):
            others["clush"] = measured(lambda: clush(hosts))
        ours = asyncio.run(our_step(hosts, folder, SCRIPT))
    yield Figure(
        name=f"{count} hosts",
        value=ours.wall,
        limit=limit,
        unit="s",
        note=", ".join(f"{name} {cost.wall:.1f} s" for name, cost in others.items()),
    )
    most = 3 * others["plain ssh"].cpu + 1
    if "ansible raw" in others:
        most = others["ansible raw"].cpu / 2
    yield Figure(
        name=f"{count} hosts, processor here",
        value=ours.cpu,
        limit=most,
        unit="s",
        note=", ".join(f"{name} {cost.cpu:.1f} s" for name, cost in others.items()),
    )
    yield Figure(
        name=f"{count} hosts, fleet process", value=ours.memory, limit=60, unit="MB"
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


async def ansible_raw(hosts: LoopbackHosts) -> None:
    """The script on all hosts, by Ansible's `raw`, which wants no Python there."""
    words = ["ansible", "all", "-i", f"{','.join(hosts.names)},", "-m", "raw"]
    words += ["-f", str(WIDTH), "--ssh-common-args", f"-F {hosts.config}"]
    await succeeds(*words, "-a", SCRIPT)


async def clush(hosts: LoopbackHosts) -> None:
    """The script on all hosts, by ClusterShell."""
    words = ["clush", "-w", ",".join(hosts.names), "-f", str(WIDTH)]
    await succeeds(*words, "-o", f"-F {hosts.config}", SCRIPT)


async def succeeds(*words: str) -> None:
    """Run a program that says nothing which anybody reads."""
    child = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env=os.environ | {"ANSIBLE_HOST_KEY_CHECKING": "False"},
    )
    assert await child.wait() == 0, words[0]


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
    bad = [each for each in fleet.reports if each.state is not ReportedState.OK]
    assert {each.state for each in bad} <= {ReportedState.RUNNING}, bad
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
