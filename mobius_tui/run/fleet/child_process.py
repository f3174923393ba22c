"""A child process with pipes, whose end is known though others still hold the pipes.

`asyncio.subprocess.Process.wait` waits for the ends of the pipes as well, and those may
be held by what the child has left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import PIPE, SubprocessStreamProtocol

POLL = 0.02
"""Seconds between two polls whether it has ended."""
END_TIME = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class ChildProcess:
    """The process, its pipes, and its end."""

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        protocol: SubprocessStreamProtocol,
    ) -> None:
        assert protocol.stdin is not None
        assert protocol.stdout is not None
        assert protocol.stderr is not None
        self._transport = transport
        self.stdin = protocol.stdin
        self.stdout, self.stderr = protocol.stdout, protocol.stderr

    @classmethod
    async def start(cls, argv: tuple[str, ...]) -> ChildProcess:
        """Start it, in a session of its own, so that nothing asks a terminal.

        Raises:
            OSError: it cannot be started.
        """
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=1 << 16, loop=loop),
            *argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        return cls(transport, protocol)

    @property
    def code(self) -> int | None:
        """Its exit status, negative for a signal; `None` while it lives."""
        return self._transport.get_returncode()

    async def end(self, patience: float) -> None:
        """Wait for its end, then SIGTERM, then SIGKILL; close its pipes.

        Signals go to the process alone, not to its group: in a local transport,
        keepers are in that.

        Args:
            patience: seconds before SIGTERM.
        """
        # Not `terminate`: that may reap what the event loop is to reap.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if await self._wait(patience):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._transport.get_pid(), number)
            patience = END_TIME
        await self._wait(END_TIME)
        self._transport.close()

    async def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.code is None:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(POLL)
        return True
