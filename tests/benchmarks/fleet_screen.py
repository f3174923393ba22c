"""Keys on the hosts of a step while 1,000 of them report, and when all have."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from textual.events import Key

from mobius_tui.run.events.fleet_events import FleetHostChecked, HostResult, HostStatus
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.benchmarks.figures import Figure, rank
from tests.tui.fleets import Fleet, fleet
from tests.tui.runs import Time, hosted, opened, press

HOSTS = 1000
SECONDS = 10.0
"""Seconds in which the events of all hosts come."""
LOOKS = 8
"""Looks of a check for each host, beside its begin and its end: ten events."""
PACE = 0.05
"""Seconds between two pieces of the journal."""


def keys_among_hosts(folder: Path) -> Iterator[Figure]:
    """The figures."""
    busy, idle, share = asyncio.run(_measure(folder))
    events = LOOKS + 2
    yield Figure(
        name=f"key among {HOSTS} hosts x {events} events, over none, p95",
        value=busy[0] - idle[0],
        limit=20,
        unit="ms",
        note=f"{busy[0]:.1f} ms, and {idle[0]:.1f} ms when all have ended; of the "
        f"processor {busy[1]:.1f} and {idle[1]:.1f}",
    )
    yield Figure(
        name="processor of the screen meanwhile", value=share, limit=20, unit="%"
    )


async def _measure(folder: Path) -> tuple[list[float], list[float], float]:
    made, pieces = _reporting(folder)
    page = opened(made.run, time=Time(made.run.at), size=(120, 40))
    async with hosted(made.run), page as (screen, pilot):
        await press(pilot, Time(), "2")
        work, began = time.process_time(), time.monotonic()
        feeding = asyncio.create_task(_feed(screen, made, pieces))
        busy = await _keys(screen, 0, until=feeding)
        share = (time.process_time() - work) / (time.monotonic() - began) * 100
        idle = await _keys(screen, 100)
    return _p95(busy), _p95(idle), share


def _p95(took: list[tuple[float, float]]) -> list[float]:
    """Milliseconds by the clock, and of the processor."""
    return [rank(each, 95) * 1000 for each in zip(*took, strict=True)]


def _reporting(folder: Path) -> tuple[Fleet, list[bytes]]:
    """A run whose hosts are about to begin, and what its journal gets, in pieces."""
    made = fleet(folder, 500)
    made.names = tuple(f"web-{n:04}" for n in range(HOSTS))
    made.begin()
    made.batches = (made.names,)
    made.batch(1, 0)
    journal = made.run.directory.journal
    before = journal.stat().st_size
    width = 50
    for first in range(0, HOSTS, width):
        hosts = made.names[first : first + width]
        for host in hosts:
            made.start(host)
        for look in range(1, LOOKS + 1):
            for host in hosts:
                event = FleetHostChecked(
                    **made.at, host=host, check=0, look=look, held=False,
                    detail="502", ms=1.0, row=0,
                )  # fmt: skip
                made.run.write(event, by="host")
        for place, host in enumerate(hosts):
            status: HostResult = HostStatus.OK if place % 10 else HostStatus.FAILED
            made.end(host, status, exit=0 if place % 10 else 1)
    data = journal.read_bytes()
    journal.write_bytes(data[:before])
    lines = data[before:].splitlines(keepends=True)
    each = max(1, round(len(lines) * PACE / SECONDS))
    return made, [b"".join(lines[n : n + each]) for n in range(0, len(lines), each)]


async def _feed(screen: RunScreen, made: Fleet, pieces: list[bytes]) -> None:
    began = time.monotonic()
    with made.run.directory.journal.open("ab", buffering=0) as file:
        for place, piece in enumerate(pieces):
            file.write(piece)
            screen.feed.refresh()
            await asyncio.sleep(max(0.0, began + (place + 1) * PACE - time.monotonic()))


async def _keys(
    screen: RunScreen, count: int, until: asyncio.Task[None] | None = None
) -> list[tuple[float, float]]:
    """Seconds from each key until the line that it leads to is drawn, by the clock and
    of the processor: a busy machine makes the one long, and not the other."""
    pane = screen.outputs.hosts.pane
    took: list[tuple[float, float]] = []
    down = True
    while len(took) < count or (until is not None and not until.done()):
        names = pane.in_sight
        if len(names) < 2:
            await asyncio.sleep(PACE)
            continue
        if pane.cursor == names[-1]:
            down = False
        elif pane.cursor == names[0]:
            down = True
        drawn = asyncio.Event()
        before, began, work = pane.cursor, time.perf_counter(), time.thread_time()
        screen.app.post_message(Key("down" if down else "up", None))
        while pane.cursor == before:
            await asyncio.sleep(0)
        pane.call_after_refresh(drawn.set)
        await drawn.wait()
        took.append((time.perf_counter() - began, time.thread_time() - work))
        await asyncio.sleep(0.03)
    return took
