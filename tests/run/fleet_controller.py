"""Who gives a fleet process its orders, in tests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostOrder,
    HostReport,
    HostState,
    Order,
    StepOrder,
    decode_report,
    encode_order,
)
from mobius_tui.run.fleet.transport import LocalRoute, Route

LIMIT = 60.0
"""Seconds that anything may take to come about."""


def local_route(folder: Path, names: Iterable[str], *shell: str) -> LocalRoute:
    """Hosts that are folders of this one, made where they are missing."""
    sites = {name: folder / "sites" / name for name in names}
    for site in sites.values():
        site.mkdir(parents=True, exist_ok=True)
    return LocalRoute(
        sites={name: str(site) for name, site in sites.items()},
        shell=shell or ("sh", "-s"),
    )


def step_order(folder: Path, route: Route, script: str, **more: Any) -> StepOrder:
    """A step whose attempt has a folder in this one."""
    attempt = folder / "step"
    attempt.mkdir(exist_ok=True)
    defaults: dict[str, Any] = {
        "run": "r",
        "step": "s",
        "folder": str(attempt),
        "route": route,
        "host_count": 20,
        "script": script,
        "shell": ("sh",),
        "retry_pauses": (0.1, 0.1, 0.2),
    }
    return StepOrder(**{**defaults, **more})


class FleetController:
    """A fleet process, and what it reported."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.reports: list[HostReport] = []
        self._news = asyncio.Event()
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, step: StepOrder) -> FleetController:
        """Start a process and tell it of its step."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mobius_tui.run.fleet.fleet_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        controller = cls(process)
        controller.send(step)
        return controller

    def send(self, order: Order) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(encode_order(order))

    def begin(self, *names: str, **more: Any) -> None:
        """Begin these hosts."""
        self.send(BeginHosts(hosts=tuple(HostOrder(name=n, **more) for n in names)))

    def attach(self, *names: str, **more: Any) -> None:
        """Attach to these hosts."""
        self.send(AttachHosts(hosts=tuple(HostOrder(name=n, **more) for n in names)))

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until the reports make something true."""
        async with asyncio.timeout(LIMIT):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def state(self, name: str, *states: HostState) -> HostReport:
        """The first report of a host with one of these states, or with an end."""
        found: list[HostReport] = []

        def came() -> bool:
            found[:] = [
                each
                for each in self.reports
                if each.host == name
                and (each.state in states or (not states and is_end(each)))
            ]
            return bool(found)

        await self.wait_for(came)
        return found[0]

    async def close(self) -> None:
        """End its standard input, and wait for its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.ended()

    async def ended(self) -> None:
        """Wait for its end."""
        async with asyncio.timeout(LIMIT):
            await self.process.wait()
            await self._reading

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while text := await self.process.stdout.readline():
            if text.endswith(b"\n"):
                self.reports.append(decode_report(text))
                self._news.set()
        self._news.set()


def is_end(report: HostReport) -> bool:
    """Whether it is the end of an order."""
    return report.state is not HostState.RUNNING
