"""Who gives a fleet process its orders, in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mobius_tui.run.fleet.fleet_client import FleetClient
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostReport,
    OrderedHost,
    ReportedState,
    StepOrder,
)
from mobius_tui.run.fleet.transport import LocalRoute, Route
from tests.waiting import PATIENCE


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

    def __init__(self, client: FleetClient) -> None:
        self.client = client
        self.pid = client.pid
        self.reports: list[HostReport] = []
        self._news = asyncio.Event()
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, step: StepOrder) -> FleetController:
        """Start a process and tell it of its step."""
        return cls(await FleetClient.start(step))

    async def begin(self, *names: str, **more: Any) -> None:
        """Begin these hosts."""
        hosts = tuple(OrderedHost(name=name, **more) for name in names)
        await self.client.send(BeginHosts(hosts=hosts))

    async def attach(self, *names: str, **more: Any) -> None:
        """Attach to these hosts."""
        hosts = tuple(OrderedHost(name=name, **more) for name in names)
        await self.client.send(AttachHosts(hosts=hosts))

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until the reports make something true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def state(self, name: str, *states: ReportedState) -> HostReport:
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

    async def close(self) -> int:
        """End its orders; returns its exit code, once all reports are here."""
        async with asyncio.timeout(PATIENCE):
            code = await self.client.close()
            await self._reading
        return code

    async def _read(self) -> None:
        async for report in self.client.reports():
            self.reports.append(report)
            self._news.set()


def is_end(report: HostReport) -> bool:
    """Whether it is the end of an order."""
    return report.state is not ReportedState.RUNNING
