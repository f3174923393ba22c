"""Starts a fleet process, sends it orders and reads its reports.

When it dies, `reports` ends: start another with the same `StepOrder`, and send
`AttachHosts` for the hosts that were begun and whose end was not reported.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

from mobius_tui.run.fleet.fleet_lines import (
    HostReport,
    Order,
    StepOrder,
    decode_report,
    encode_order,
)

_ARGV = (sys.executable, "-P", "-m", "mobius_tui.run.fleet.fleet_process")


class FleetClient:
    """One fleet process, of one attempt of a step."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self._process = process
        self._orders, self._reports = process.stdin, process.stdout

    @classmethod
    async def start(cls, step: StepOrder, log: int | None = None) -> FleetClient:
        """Start a process, and send it its `StepOrder`.

        Args:
            step: must be the same for each process of an attempt.
            log: a file descriptor for its standard error; `None` for ours.

        Raises:
            OSError: it cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            *_ARGV, stdin=PIPE, stdout=PIPE, stderr=log, start_new_session=True
        )
        client = cls(process)
        await client.send(step)
        return client

    async def send(self, order: Order) -> None:
        """Send an order; it is lost if the process has ended, and so has `reports`."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._orders.write(encode_order(order))
            await self._orders.drain()

    async def reports(self) -> AsyncIterator[HostReport]:
        """The reports on hosts, until the process ends.

        Raises:
            RunError: a line is not a valid report.
        """
        while True:
            text = await self._reports.readline()
            if not text.endswith(b"\n"):  # nothing, or a line that its death cut off
                return
            yield decode_report(text)

    async def close(self) -> int:
        """Close the process's standard input, so that it ends; returns its exit code.

        What runs on the hosts goes on. It may take some seconds; nobody need wait.
        """
        self._orders.close()
        return await self._process.wait()
