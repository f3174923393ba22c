"""A host in which one operation of the system fails, or is its last.

It stands in for Python when a host is started: `standing_in` writes a small program
that runs this file, and puts it where the starter looks for Python. This file wraps the
functions by which Python writes, syncs, renames, connects, sends and starts programs,
counts their calls, and then runs the host's own module. So the product holds no switch
for it, no compiler is needed as for a preloaded library, no right as for tracing, and
keepers and scripts, which are other processes, are as they are.

What is wanted stands in the variable `FAULTY`, as JSON; see `Fault`.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "FAULTY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is to happen, and at which operation."""

    at: int
    """The operation, from 1, of those that `name` begins the name of; 0 for none."""
    how: str = "kill"
    """`kill`, before it; `tear`, halfway through a write; `after` it; `short`: half of
    a write is made; or the name of an error that it fails with."""
    times: int = 1
    """How many operations in a row fail so; all that follow at -1."""
    name: str = ""
    """As `write journal.jsonl`; empty for any."""
    log: str = ""
    """A file that gets the name of each operation."""


class Faulty:
    """Counts operations, and spoils what is to be spoilt."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.count = 0
        self._write = os.write
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log = os.open(fault.log, flags, 0o600) if fault.log else -1

    def _is_due(self, name: str) -> bool:
        if self._log >= 0:
            self._write(self._log, f"{name}\n".encode())
        if not name.startswith(self.fault.name):
            return False
        self.count += 1
        past = self.count - self.fault.at
        lasts = self.fault.times == -1 or past < self.fault.times
        return self.fault.at > 0 and past >= 0 and lasts

    def do(self, name: str, real: Callable[..., Any], *words: Any) -> Any:
        """Do an operation, unless it is the one."""
        if not self._is_due(name):
            return real(*words)
        how, is_write = self.fault.how, real is self._write
        if how in ("tear", "short") and is_write:
            half = bytes(words[1])[: max(1, len(words[1]) // 2)]
            done = real(words[0], half)
            if how == "short":
                return done
        if how in ("short", "tear", "after") and not is_write:
            real(*words)
        if how == "after" and is_write:
            real(*words)
        if how in ("kill", "tear", "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "short":
            return None
        number = getattr(errno, how)
        raise OSError(number, os.strerror(number))


def _named(handle: int) -> str:
    """The last part of an open file's path, without a process's number in it."""
    try:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
    except OSError:
        return "file"
    return name.rstrip("0123456789[:].") or name


def wrap(faulty: Faulty) -> None:
    """Put the counting functions in place of the system's own."""
    for name in ("write", "pwrite", "fsync", "fdatasync", "ftruncate"):
        _wrap_handle(faulty, name)
    for name in ("rename", "replace", "mkdir", "unlink"):
        _wrap_path(faulty, name)
    for name in ("connect", "send", "sendall", "bind"):
        _wrap_socket(faulty, name)
    start = subprocess.Popen._execute_child  # type: ignore[attr-defined]
    subprocess.Popen._execute_child = (  # type: ignore[attr-defined]
        lambda *words: faulty.do("start", start, *words)
    )
    _wrap_files()


def _wrap_handle(faulty: Faulty, name: str) -> None:
    real = getattr(os, name)

    def wrapped(handle: int, *words: Any) -> Any:
        return faulty.do(f"{name} {_named(handle)}", real, handle, *words)

    setattr(os, name, wrapped)


def _wrap_path(faulty: Faulty, name: str) -> None:
    real = getattr(os, name)

    def wrapped(path: Any, *words: Any, **more: Any) -> Any:
        def now(*given: Any) -> Any:
            return real(*given, **more)

        short = Path(path).name.rstrip("0123456789.")
        return faulty.do(f"{name} {short}", now, path, *words)

    setattr(os, name, wrapped)


def _wrap_socket(faulty: Faulty, name: str) -> None:
    real = getattr(socket.socket, name)

    def wrapped(self: socket.socket, *words: Any) -> Any:
        inside = name == "send" and self.getsockname() in ("", b"")
        if inside:  # by which an event loop wakes itself
            return real(self, *words)
        return faulty.do(name, real, self, *words)

    setattr(socket.socket, name, wrapped)


class _Raw(io.FileIO):
    """A file whose writes are calls of `os.write`."""

    def write(self, data: Any) -> int:
        return os.write(self.fileno(), data)


def _wrap_files() -> None:
    """Let files that are opened for bytes write by `os.write`, too."""
    real = io.open

    def opened(file: Any, mode: str = "r", *words: Any, **more: Any) -> Any:
        if "b" in mode and set(mode) & set("wax+"):
            return io.BufferedWriter(_Raw(file, mode.replace("b", "")))
        return real(file, mode, *words, **more)

    io.open = opened
    os.fdopen = opened  # type: ignore[assignment]


@contextlib.contextmanager
def standing_in(folder: Path, fault: Fault) -> Iterator[None]:
    """Start hosts with a fault, for as long as the block lasts.

    Args:
        folder: for the small program.
        fault: what is to happen.
    """
    program = folder / "python"
    python, there = sys.executable, Path(__file__).resolve()
    program.write_text(f'#!/bin/sh\nexec "{python}" -P "{there}" "$@"\n')
    program.chmod(0o700)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = json.dumps(asdict(fault))
    sys.executable = str(program)
    try:
        yield
    finally:
        sys.executable = python
        if before is None:
            del os.environ[VARIABLE]


if __name__ == "__main__":
    wrap(Faulty(Fault(**json.loads(os.environ.pop(VARIABLE)))))
    sys.argv = sys.argv[2:]
    runpy.run_module(
        "mobius_tui.run.host.host_main", run_name="__main__", alter_sys=True
    )
