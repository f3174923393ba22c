"""Starts a keeper, waits for its end, and asks it to stop.

The host creates and locks `lock` and `tree` and hands both down at the keeper's start,
so there is no instant at which a live or starting keeper leaves `lock` free. Wait on
`lock`, never on a process id, to know whether an attempt is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import marshal
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from mobius_tui.run.keeper.process_table import process_arguments
from mobius_tui.run.storage.run_directory import (
    AttemptDirectory,
    create_file,
    lock_holder,
)
from mobius_tui.run.storage.safe_open import regular_descriptor
from mobius_tui.run.storage.socket_path import short_socket_path
from mobius_tui.run.storage.state_folders import make_folder

BASH = ("bash", "--noprofile", "--norc", "-euo", "pipefail")
"""What runs a script that names no program of its own."""


_RUN_PACKAGE = Path(__file__).parents[1]
KEEPER_PROGRAM = _RUN_PACKAGE / "keeper" / "keeper.py"
TERMINAL_KEEPER_PROGRAM = _RUN_PACKAGE / "terminal" / "terminal_keeper.py"
"""Both are run as plain files."""

DEFAULT_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class LaunchSpec(Struct, frozen=True, kw_only=True):
    """What a keeper is started with."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    umask: int
    timeout: float | None
    """Seconds; `None` for no limit."""
    max_output: int
    """Bytes."""
    rotate: bool
    """Whether output beyond `max_output` replaces the oldest, rather than stops the
    script."""
    secrets: Callable[[], tuple[str, ...]]
    """Gives the texts to redact as they are when the keeper can be told of others."""
    tty: bool = False
    """Whether the script has a terminal that people can attach to; see `run/terminal/`.
    """
    logs: bytes = b""
    """Content of the attempt's file `logs`: where the logs of its checks end now."""
    clock_offset: float = 0.0
    """Seconds by which the run's clock is ahead of the system's."""


def launch_keeper(
    directory: AttemptDirectory, script: str, spec: LaunchSpec, log: int
) -> subprocess.Popen[bytes]:
    """Make the attempt's directory and start its keeper; blocking.

    Args:
        directory: must not exist yet.
        script: the text to run.
        spec: what the keeper is started with.
        log: a file descriptor for the keeper's standard error.

    Raises:
        FileExistsError: the attempt was made before.
        OSError: no space, no memory, no process.
    """
    make_folder(directory.path)
    create_file(directory.script, script.encode("utf-8", "surrogateescape"))
    create_file(directory.outputs)
    if spec.logs:
        create_file(directory.log_marks, spec.logs)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handles: list[int] = []
    try:
        lock = os.open(directory.lock, flags, 0o600)
        handles.append(lock)
        tree = os.open(directory.tree, flags, 0o600)
        handles.append(tree)
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(tree, fcntl.LOCK_SH)
        told = _bind_told_secrets(directory.told_secrets).detach()
        handles.append(told)
        source, order_end = os.pipe()
        handles.append(source)
        with os.fdopen(order_end, "wb") as pipe:
            child = subprocess.Popen(
                [
                    sys.executable,
                    *(
                        "-I",
                        "-S",
                        str(TERMINAL_KEEPER_PROGRAM if spec.tty else KEEPER_PROGRAM),
                    ),
                    *map(str, (lock, tree, source, told)),
                ],
                pass_fds=(lock, tree, source, told),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
            try:
                _write_spec(pipe.fileno(), _encode_spec(directory, spec))
            except OSError:  # without all of it, it can have begun nothing
                child.kill()
                child.wait()
                raise
    finally:
        for handle in handles:
            os.close(handle)
    return child


def _bind_told_secrets(path: Path) -> socket.socket:
    """The socket of a keeper that is about to be started; its user's alone.

    Raises:
        OSError: it cannot be made.
    """
    own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        own.settimeout(0)
        with contextlib.suppress(OSError):  # not on macOS: there it is mended below
            os.fchmod(own.fileno(), 0o600)
        with short_socket_path(path) as way:
            own.bind(str(way))
        path.chmod(0o600)
    except OSError:
        own.close()
        raise
    return own


def _encode_spec(directory: AttemptDirectory, spec: LaunchSpec) -> bytes:
    """The spec as the keeper reads it."""
    return marshal.dumps(
        {
            "dir": str(directory.path),
            "told": str(directory.told_secrets),
            "argv": list(spec.argv),
            "env": dict(spec.env),
            "cwd": spec.cwd,
            "umask": spec.umask,
            "timeout": spec.timeout,
            "grace": DEFAULT_GRACE,
            "max_output": spec.max_output,
            "rotate": spec.rotate,
            "ahead": spec.clock_offset,
            "secrets": tuple(os.fsencode(s) for s in spec.secrets()),
        }
    )


def _write_spec(handle: int, encoded: bytes) -> None:
    """Write the spec; ignore that the keeper died at once."""
    rest = memoryview(encoded)
    try:
        while rest:
            rest = rest[os.write(handle, rest) :]
    except BrokenPipeError:
        return


async def wait_until_unlocked(path: Path) -> None:
    """Wait until a lock file is free, or missing; in a thread of its own."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def wait() -> None:
        try:
            handle = regular_descriptor(path)
        except OSError:  # not there, or nothing that anybody could hold
            handle = -1
        if handle >= 0:
            fcntl.flock(handle, fcntl.LOCK_SH)
            os.close(handle)
        try:
            loop.call_soon_threadsafe(finish)
        except RuntimeError:
            return  # the loop has gone: nobody waits any more

    threading.Thread(target=wait, name=f"wait {path.parent.name}", daemon=True).start()
    await done


def request_stop(directory: AttemptDirectory) -> bool:
    """Ask a living keeper to stop its script; works without a host.

    Returns:
        Whether there was a keeper to ask. Its lock is held for as long as it lives, so
        the process id in the lock is the keeper's: neither a keeper that just ended nor
        a process that got its number is signalled.
    """
    pid = lock_holder(directory.lock)
    if not pid:
        return False
    try:
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, signal.SIGTERM)
            return True
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if lock_holder(directory.lock) != pid or not _is_keeper(pid):
            return False
        signal.pidfd_send_signal(handle, signal.SIGTERM)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _is_keeper(pid: int) -> bool:
    """Whether a process is a keeper: what got the number of one that ended is none.

    What it has open is not to be seen: it forbids that to all but root.
    """
    names = {
        program.name.encode() for program in (KEEPER_PROGRAM, TERMINAL_KEEPER_PROGRAM)
    }
    return any(word.rpartition(b"/")[2] in names for word in process_arguments(pid))
