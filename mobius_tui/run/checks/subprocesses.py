"""Programs that are run to their end: their output, within bounds, and no survivors."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from msgspec import Struct

from mobius_tui.run.checks.error_lines import error_line
from mobius_tui.run.keeper import run_for_caller
from mobius_tui.run.keeper.child_signals import signal_group

_TAIL_BYTES = 8192
"""Bytes from the end of the output that are retained."""

_DRAIN_BYTES = 1 << 20
"""Bytes that are read on at most after a program's end: a pipe holds no more."""

_KILL_WAIT = 1.0
"""Seconds to wait for the end of what was killed."""

_running_groups: set[int] = set()


def running_check_groups() -> frozenset[int]:
    """The process groups of the programs that checks are running now."""
    return frozenset(_running_groups)


class ProgramEnd(Struct, frozen=True, kw_only=True):
    """How a program ended."""

    code: int
    """Its exit code; negative for the signal that killed it."""
    tail: str
    """The last bytes of its output, as text.

    Where `keep` was given, of its standard error alone, unless that is empty.
    """
    printed: bytes = b""
    """The first `keep` bytes of its standard output."""
    errors: bytes = b""
    """The last bytes of its standard error alone, where `keep` was given."""
    is_cut: bool = False
    """Whether it printed more than `keep` or `kill_after_bytes` bytes."""

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


class _PipeReader(asyncio.Protocol):
    """Reads a pipe; retains the last bytes, and the first `keep` bytes."""

    def __init__(self, keep: int = 0, most: int = 0) -> None:
        self.tail = b""
        self.is_flooded = asyncio.Event()
        """Set when more than `most` bytes came."""
        self._left = most or sys.maxsize
        self.kept = bytearray()
        self.is_cut = False
        self._keep = keep
        reading, self.writing = os.pipe()
        self._file = os.fdopen(reading, "rb", buffering=0)
        self._transport: asyncio.ReadTransport | None = None

    async def open(self) -> None:
        """Begin to read."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(lambda: self, self._file)

    def data_received(self, data: bytes) -> None:
        self.tail = (self.tail + data)[-_TAIL_BYTES:]
        room = self._keep - len(self.kept)
        self.kept += data[:room]
        self.is_cut |= len(data) > room
        self._left -= len(data)
        if self._left < 0:
            self.is_flooded.set()

    def drain(self) -> None:
        """Read what is left, without waiting: a child may hold the pipe."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.pause_reading()
        left = _DRAIN_BYTES
        while left > 0:
            data = self._file.read(left)
            if not data:  # the end, or nothing now
                return
            self.data_received(data)
            left -= len(data)

    def close(self) -> None:
        """Read no more."""
        (self._transport or self._file).close()


async def run_program(
    argv: tuple[str, ...],
    *,
    workdir: Path,
    env: Mapping[str, str],
    stdin: IO[bytes] | None = None,
    keep: int = 0,
    kill_after_bytes: int = 0,
    kill_after_stderr_bytes: int = 0,
    ends_with_caller: bool = False,
) -> ProgramEnd:
    """Run a program to its end; when cancelled, kill its group.

    It ends when the program does, whatever still holds its output; what is left of its
    group then is killed.

    Args:
        argv: the program and its arguments.
        workdir: where it runs.
        env: its whole environment.
        stdin: a file that it reads; /dev/null without one.
        keep: bytes of its standard output that are kept at most; if 0, both outputs
            have one tail.
        kill_after_bytes: bytes of its standard output above which it is killed; 0 for
            none.
        kill_after_stderr_bytes: the same of its standard error, where `keep` is given.
        ends_with_caller: whether it is killed, too, when this process is; it reads
            /dev/null then.

    Raises:
        OSError: it cannot be started.
    """
    printed = _PipeReader(keep, kill_after_bytes)
    errors = _PipeReader(0, kill_after_stderr_bytes) if keep else printed
    pipes = {printed, errors}
    held: BinaryIO | None = None
    if ends_with_caller:
        lifeline, holding = os.pipe()
        stdin, held = os.fdopen(lifeline, "rb"), os.fdopen(holding, "wb", buffering=0)
        argv = (sys.executable, "-I", "-S", run_for_caller.__file__, *argv)
    try:
        try:
            for pipe in pipes:
                await pipe.open()
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
                stdout=printed.writing,
                stderr=errors.writing,
                cwd=workdir,
                env=dict(env),
                start_new_session=True,
            )
        finally:
            for pipe in pipes:
                os.close(pipe.writing)
            if held is not None and stdin is not None:
                stdin.close()
        with _register_group(process.pid):
            floods = [pipe.is_flooded for pipe in pipes]
            code = await _end_program(process, floods, held)
        for pipe in pipes:
            pipe.drain()
    finally:
        for pipe in pipes:
            pipe.close()
        if held is not None:
            held.close()
    return ProgramEnd(
        code=code,
        tail=(errors.tail or printed.tail).decode("utf-8", "replace"),
        printed=bytes(printed.kept),
        errors=errors.tail if keep else b"",
        is_cut=(bool(keep) and printed.is_cut)
        or any(pipe.is_flooded.is_set() for pipe in pipes),
    )


@contextmanager
def _register_group(group: int) -> Iterator[None]:
    _running_groups.add(group)
    try:
        yield
    finally:
        _running_groups.discard(group)


async def _end_program(
    process: asyncio.subprocess.Process,
    kills: Iterable[asyncio.Event],
    held: BinaryIO | None,
) -> int:
    """Wait for a program's end, or for what kills it; end its group in any case.

    Args:
        process: the program, or `run_for_caller` with it.
        kills: what kills it.
        held: the pipe that keeps what `run_for_caller` runs; closed at the end.
    """
    waits: list[Coroutine[Any, Any, object]] = [each.wait() for each in kills]
    ends = [asyncio.ensure_future(each) for each in (process.wait(), *waits)]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if held is not None:
            held.close()
            await asyncio.wait(ends[:1], timeout=_KILL_WAIT)
        for each in ends:
            each.cancel()
        signal_group(process.pid, signal.SIGKILL)
        # The kernel has killed it; this only collects its exit status.
        code = await process.wait()
    return code
