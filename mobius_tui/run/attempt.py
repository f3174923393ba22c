"""One attempt at a script, from the host's side: starting its keeper, and its end.

The host creates and locks `lock` and `tree` and hands both down at the keeper's start,
so there is no instant at which a live or coming keeper leaves `lock` free. Whoever
wants to know whether an attempt is over waits on `lock`, never on a pid.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import marshal
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run import keeper
from mobius_tui.run.directory import AttemptDirectory, create, holder

MARK = "MOBIUS_TUI_ATTEMPT"
"""The environment variable that every process of a step inherits: `RUN/STEP.N`."""
BASH = ("bash", "--noprofile", "--norc", "-euo", "pipefail")
GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
OUTPUTS_LIMIT = 1 << 20
"""Bytes of `outputs` at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """What a keeper is told."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    umask: int
    timeout: float | None
    """Seconds; `None` for no limit."""
    max_output: int
    """Bytes."""
    rotate: bool
    secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """What the keeper recorded about a script's end."""

    cause: str
    """`exited`, `stopped`, `timed out`, `output full`, `output lost`, `not started`."""
    code: int
    """The exit status; negative for the signal that ended it."""
    bytes: int
    what: str = ""
    """For `not started`: `chdir`, `pid`, `exec` or `setup`."""
    errno: int = 0


def launch(
    directory: AttemptDirectory, script: str, spec: Spec, log: int
) -> subprocess.Popen[bytes]:
    """Make the attempt's directory and start its keeper; blocking.

    Args:
        directory: must not exist yet.
        script: the text to run.
        spec: how.
        log: a descriptor for the keeper's own stderr.

    Raises:
        FileExistsError: the attempt was made before.
        OSError: no space, no memory, no process.
    """
    directory.path.mkdir(mode=0o700)
    create(directory.script, script.encode("utf-8", "surrogateescape"))
    create(directory.outputs)
    order = marshal.dumps(
        {
            "dir": str(directory.path),
            "argv": list(spec.argv),
            "env": dict(spec.env),
            "cwd": spec.cwd,
            "umask": spec.umask,
            "timeout": spec.timeout,
            "grace": GRACE,
            "max_output": spec.max_output,
            "rotate": spec.rotate,
            "secrets": tuple(s.encode() for s in spec.secrets),
        }
    )
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handles: list[int] = []
    try:
        lock = os.open(directory.lock, flags, 0o600)
        handles.append(lock)
        tree = os.open(directory.tree, flags, 0o600)
        handles.append(tree)
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(tree, fcntl.LOCK_SH)
        source, order_end = os.pipe()
        handles.append(source)
        with os.fdopen(order_end, "wb") as pipe:
            child = subprocess.Popen(
                [
                    sys.executable,
                    *("-I", "-S", keeper.__file__),
                    *map(str, (lock, tree, source)),
                ],
                pass_fds=(lock, tree, source),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
            _write_order(pipe.fileno(), order)
    finally:
        for handle in handles:
            os.close(handle)
    return child


def _write_order(handle: int, order: bytes) -> None:
    """Write the spec; a keeper that died at once leaves nobody to read it."""
    left = memoryview(order)
    try:
        while left:
            left = left[os.write(handle, left) :]
    except BrokenPipeError:
        return


async def over(path: Path) -> None:
    """Return when a lock file is free, or not there; waits in a thread of its own."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def wait() -> None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
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


def ask_to_stop(directory: AttemptDirectory) -> bool:
    """Ask a living keeper to stop its script; works with no host alive.

    Returns:
        Whether there was a keeper to ask. Its lock is held for as long as it lives, so
        the pid in it is the keeper's and no other process's.
    """
    pid = holder(directory.lock)
    if not pid:
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True


def read_end(directory: AttemptDirectory) -> End | None:
    """The keeper's record; `None` when there is no valid one."""
    try:
        data = directory.exit.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{directory.exit}: {error.strerror}") from error
    text, ended, _ = data.partition(b"\nend\n")
    if not ended:
        return None
    try:
        said = dict(line.split("=", 1) for line in text.decode("ascii").split("\n"))
        return End(
            cause=said["cause"],
            code=int(said["code"]),
            bytes=int(said["bytes"]),
            what=said.get("what", ""),
            errno=int(said.get("errno", "0")),
        )
    except (ValueError, KeyError):
        return None


def read_pid(directory: AttemptDirectory) -> int | None:
    """The process group of the script; `None` when it cannot have run."""
    try:
        text = directory.pid.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() else 0


def read_outputs(directory: AttemptDirectory) -> dict[str, str]:
    """The KEY=VALUE lines that the script wrote; the last of a name counts.

    Raises:
        RunError: the file is no such list; names the line.
    """
    with directory.outputs.open("rb") as file:
        data = file.read(OUTPUTS_LIMIT + 1)
    if len(data) > OUTPUTS_LIMIT:
        raise RunError("the step wrote more than 1 MiB to $RUNBOOK_OUTPUT")
    found: dict[str, str] = {}
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise RunError("$RUNBOOK_OUTPUT holds bytes that are not UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals or "\0" in value:
            raise RunError(f"line {number} of $RUNBOOK_OUTPUT is not KEY=VALUE")
        found[key.strip()] = value
    return found


def digest(path: Path) -> tuple[int, str | None]:
    """The size and SHA-256 of a file; (0, None) when it is not there."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), found
    except FileNotFoundError:
        return 0, None


def last_line(path: Path) -> str:
    """The last line with something on it, of the end of an output file."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4096))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def survivors(directory: AttemptDirectory, mark: str) -> tuple[str, ...]:
    """Living processes of an attempt, named: its group, and those that left it.

    Args:
        directory: the attempt's.
        mark: the value of `MARK` in their environment.
    """
    import psutil

    group = read_pid(directory)
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            in_group = bool(group) and os.getpgid(process.pid) == group
            if in_group or process.environ().get(MARK) == mark:
                name = " ".join(process.cmdline())[:80] or process.name()
                found.append(f"{process.pid} {name}")
        except (psutil.Error, OSError):
            continue
    return tuple(found)


def tree_held(directory: AttemptDirectory) -> bool:
    """Whether a process of the step still has its `tree` open."""
    return holder_exclusive(directory.tree)


def holder_exclusive(path: Path) -> bool:
    """Whether anyone holds a lock file, shared or not."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def in_words(end: End, cwd: str, program: str) -> str:
    """What an end means, for a person."""
    if end.cause == "not started":
        if end.what == "chdir":
            return f"the directory {cwd} cannot be entered: {os.strerror(end.errno)}"
        if end.what == "exec" and end.errno == errno.ENOENT:
            return f"there is no program {program!r} on PATH"
        return f"{program} could not be started: {os.strerror(end.errno)}"
    if end.cause == "output full":
        return "its output reached max_output, so it was stopped"
    if end.cause == "output lost":
        return "its output could not be written (is the disk full?), so it was stopped"
    return code_in_words(end.code)


def code_in_words(code: int) -> str:
    """What an exit status means: `exit 127: a command was not found`."""
    if code < 0:
        return f"ended by {_signal_name(-code)}"
    if code > 128 and code - 128 < signal.NSIG:
        return f"exit {code}: a command was ended by {_signal_name(code - 128)}"
    known = {
        0: "exit 0: it says that it worked",
        1: "exit 1: it says that it failed",
        2: "exit 2: it says that it failed, often for wrong arguments",
        126: "exit 126: a file was found but is not executable",
        127: "exit 127: a command was not found",
    }
    return known.get(code, f"exit {code}: it says that it failed")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
