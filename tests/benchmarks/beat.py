"""The beat of a watch: how late its checks are, and what they cost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
import psutil

from mobius_tui.health.probe import Prober
from mobius_tui.health.probe_target import ProbeTarget
from tests.benchmarks import runs
from tests.benchmarks.figures import Figure, rank
from tests.benchmarks.terminal import Terminal, says

PROBES = 10
CHECKS = 300
"""Of each probe, a second apart."""
MANY = 20
"""Probes beside a bare loop."""
ROUNDS = 20
PAIRS = 3


@contextmanager
def elsewhere() -> Iterator[int]:
    """A service in a process of its own, whose work is not counted; gives its port."""
    words = [sys.executable, "-m", "tests.benchmarks.services"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def lateness(lines: bytes) -> list[float]:
    """Seconds by which each check was later than its slot.

    The first slot is not recorded: it is taken to be the earliest that any check was,
    within its second.
    """
    begun: dict[str, list[float]] = {}
    for line in lines.splitlines():
        record = json.loads(line)
        if record["kind"] == "check":
            begun.setdefault(record["probe"], []).append(record["mono"])
    found = []
    for times in begun.values():
        base = min((moment - times[0]) % 1.0 for moment in times)
        early = min(((moment - times[0] + 0.5) % 1.0) - 0.5 for moment in times)
        start = times[0] + min(base, early)
        found += [((moment - start + 0.5) % 1.0) - 0.5 for moment in times]
    return found


def on_the_beat(folder: Path, checks: int = CHECKS) -> Iterator[Figure]:
    """Ten probes a second, with the viewer flooded."""
    with elsewhere() as port:
        probes = "".join(
            f'[[health.probe]]\nid = "p{n}"\ntitle = "P{n}"\n'
            f'url = "http://127.0.0.1:{port}/health"\n'
            for n in range(PROBES)
        )
        health = f'[health]\nevery = "1s"\n{probes}'
        flood = "while :; do seq 20000; sleep 0.2; done"
        step = runs.step_of("flood", flood, 'max_output = "64GiB"\ntimeout = "1h"\n')
        runbook = runs.runbook_of(folder, [step], health)
        with (
            runs.run_of(runbook) as directory,
            Terminal([runs.PROGRAM, "resume", directory.id]) as terminal,
        ):
            terminal.until(says("Title-flood"))
            runs.start(directory, "flood")
            host = psutil.Process(directory.host_pid())
            before = sum(host.cpu_times()[:2])
            began = time.perf_counter()
            terminal.listen(checks)
            spent = sum(host.cpu_times()[:2]) - before
            share = 100 * spent / (time.perf_counter() - began)
            late = lateness(directory.health.read_bytes())
    yield Figure(
        name=f"{PROBES} probes, viewer flooded: lateness p99",
        value=rank(late, 99) * 1000,
        limit=50,
        unit="ms",
        note=f"of {len(late)} checks; no drift: the last is "
        f"{late[-1] * 1000:.1f} ms late",
    )
    yield Figure(name="the same: the host", value=share, limit=5, unit="% of a core")


async def _ours(port: int) -> float:
    """Processor seconds of our probes for a number of checks."""
    done = asyncio.Event()
    count = 0

    def on_check(_check: object) -> None:
        nonlocal count
        count += 1
        if count >= MANY * ROUNDS:
            done.set()

    url = f"http://127.0.0.1:{port}/health"
    targets = tuple(ProbeTarget(id=f"p{n}", url=url) for n in range(MANY))
    began = time.process_time()
    task = asyncio.create_task(Prober(targets, every=0.2).run(on_check))
    await done.wait()
    spent = time.process_time() - began
    task.cancel()
    return spent


async def _bare(port: int) -> float:
    """Processor seconds of httpx alone for the same requests."""
    url = f"http://127.0.0.1:{port}/health"
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    began = time.process_time()
    async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=30) as client:
        for _ in range(ROUNDS):
            until = time.monotonic() + 0.2
            await asyncio.gather(*(client.get(url) for _ in range(MANY)))
            await asyncio.sleep(max(0.0, until - time.monotonic()))
    return time.process_time() - began


def beside_httpx(_folder: Path) -> Iterator[Figure]:
    """What a check of ours costs over a bare loop that asks the same."""
    with elsewhere() as port:
        pairs = [
            (asyncio.run(_ours(port)), asyncio.run(_bare(port))) for _ in range(PAIRS)
        ]
    ours, bare = (median(side) for side in zip(*pairs, strict=True))
    checks = MANY * ROUNDS
    yield Figure(
        name=f"{MANY} probes / a bare httpx loop, processor time",
        value=median(mine / floor for mine, floor in pairs),
        limit=1.5,
        unit="×",
        note=f"{ours / checks * 1e3:.2f} ms over {bare / checks * 1e3:.2f} ms a check",
    )
