"""Runs a program for a check, in a process group of its own that is killed as one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.error_line import error_line

_TAIL_BYTES = 8192
"""Bytes from the end of the output that are retained."""

_DRAIN_TIME = 0.1
"""Seconds to read on after a program's end; a child may hold the pipe."""

_running_groups: set[int] = set()


def running_check_groups() -> frozenset[int]:
    """The process groups of the programs that checks are running now."""
    return frozenset(_running_groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramEnd:
    """How a program ended."""

    code: int
    """Its exit code; negative for the signal that killed it."""
    tail: str
    """The end of its output."""

    @property
    def last_line(self) -> str:
        """The last line that is not empty, or an empty text."""
        lines = [line for line in self.tail.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    @property
    def error_line(self) -> str:
        """The line of its output that says what went wrong, or else the last one."""
        return error_line(self.tail.splitlines()) or self.last_line

    @property
    def exit_text(self) -> str:
        """Its exit code or signal, in words."""
        if self.code < 0:
            with suppress(ValueError):
                return f"killed by {signal.Signals(-self.code).name}"
        meaning = {126: " (not executable)", 127: " (no such program)"}
        return f"exit code {self.code}{meaning.get(self.code, '')}"


class _TailProtocol(asyncio.Protocol):
    """Retains the end of what is received."""

    def __init__(self) -> None:
        self.tail = b""
        self.closed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.tail = (self.tail + data)[-_TAIL_BYTES:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.closed.set()


async def run_program(
    argv: tuple[str, ...], ctx: CheckContext, *, stdin: IO[bytes] | None = None
) -> ProgramEnd:
    """Run a program to its end; when cancelled, kill its group.

    It ends when the program does, whatever still holds its output; what is left of its
    group then is killed.

    Args:
        argv: the program and its arguments.
        ctx: its directory and its environment.
        stdin: a file that it reads; /dev/null without one.

    Raises:
        OSError: it cannot be started.
    """
    reading, writing = os.pipe()
    tail = _TailProtocol()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: tail, os.fdopen(reading, "rb", buffering=0)
    )
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
                stdout=writing,
                stderr=writing,
                cwd=ctx.workdir,
                env=dict(ctx.env),
                start_new_session=True,
            )
        finally:
            os.close(writing)
        with _register_group(process.pid):
            code = await _end_program(process)
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_TIME):
                    await tail.closed.wait()
    finally:
        transport.close()
    return ProgramEnd(code=code, tail=tail.tail.decode("utf-8", "replace"))


@contextmanager
def _register_group(group: int) -> Iterator[None]:
    _running_groups.add(group)
    try:
        yield
    finally:
        _running_groups.discard(group)


async def _end_program(process: asyncio.subprocess.Process) -> int:
    """Wait for a program's end, and end its group in any case."""
    try:
        return await process.wait()
    finally:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        # The kernel has killed it; this only collects its exit status.
        await process.wait()
