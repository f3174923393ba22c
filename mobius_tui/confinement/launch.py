"""Starts an enclosure: by this program's own hands, or else by bubblewrap."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal

from mobius_tui.confinement import enter, warden
from mobius_tui.confinement.enclosure import (
    SCRATCH_FOLDER,
    Enclosure,
    listening_sockets,
)
from mobius_tui.confinement.warden import write_owner
from mobius_tui.errors import RunError

Way = Literal["namespaces", "bubblewrap"]
WAYS: tuple[Way, ...] = ("namespaces", "bubblewrap")
"""The ways to make one, the first that works is taken."""
_FREED = {"TMPDIR": SCRATCH_FOLDER, "PYTHONDONTWRITEBYTECODE": "1"}
"""Variables of whoever is in it: nothing else can be written."""
_SIGNALLED = 128
_TRIAL_SECONDS = 20.0
"""Seconds for a program that does nothing, and for what is to end at once."""
_STARTED: list[subprocess.Popen[bytes]] = []
"""Processes that bubblewrap leaves beside an enclosure for as long as that is there."""


def run_enclosed(
    command: Iterable[str],
    *,
    writable: Iterable[Path],
    refusals: Path | None = None,
    owner: Path | None = None,
    way: Way | None = None,
) -> int:
    """Run a command in an enclosure; what it leaves running goes on in there.

    Args:
        command: a program and its arguments.
        writable: the folders that it may write to; they are there.
        refusals: the file, in one of them, that gets what was refused.
        owner: the file, in one of them, that gets the pid of the enclosure's warden.
        way: how it is made; the first that works if it is not said.

    Returns:
        The exit code of the command.

    Raises:
        RunError: no enclosure can be made here; it says why.
    """
    if way is None:
        found, why = enclosing_way()
        if found is None:
            raise RunError(why)
        way = found
    folders = tuple(str(each.resolve()) for each in writable)
    kept = (sys.prefix, sys.base_prefix, os.getcwd(), __file__, *folders)
    enclosure = Enclosure(
        command=tuple(command),
        writable=folders,
        refusals="" if refusals is None else str(refusals),
        owner="" if owner is None else str(owner),
        masked=listening_sockets(),
        hides_run=not any(Path(each).resolve().is_relative_to("/run") for each in kept),
    )
    code, problem = _start(enclosure, way)
    if code is None:
        raise RunError(f"it could not be confined: {problem or 'it ended at once'}")
    return code


@lru_cache(maxsize=1)
def enclosing_way() -> tuple[Way | None, str]:
    """How an enclosure can be made here, by trying; or why none can, in words."""
    if sys.platform != "linux":
        return None, "a drill is confined by Linux alone, as this system has no way"
    reasons = []
    for way in WAYS:
        if way == "bubblewrap" and shutil.which("bwrap") is None:
            reasons.append("bubblewrap is not installed")
            continue
        code, problem = _start(Enclosure(command=("true",)), way, is_trial=True)
        if code == 0:
            return way, ""
        reasons.append(f"{way}: {problem or f'exit code {code}'}")
    return None, f"this system lets nobody confine a process ({'; '.join(reasons)})"


def _start(
    enclosure: Enclosure, way: Way, *, is_trial: bool = False
) -> tuple[int | None, str]:
    """Start it; the exit code of its command, or `None` and what a trial said."""
    _STARTED[:] = [each for each in _STARTED if each.poll() is None]
    status_in, status_out = os.pipe()
    info_in, info_out = os.pipe()
    words = _words(enclosure, way, status_out, info_out)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGQUIT)}
    for each in before:
        signal.signal(each, signal.SIG_IGN)  # they are for the command
    try:
        process = subprocess.Popen(
            words,
            env={**os.environ, **_FREED},
            pass_fds=(status_out, info_out),
            stderr=subprocess.PIPE if is_trial else None,
            stdin=subprocess.DEVNULL if is_trial else None,
        )
        _STARTED.append(process)
        os.close(status_out)
        os.close(info_out)
        if way == "bubblewrap":
            _tell_owner(enclosure, info_in)
        with os.fdopen(status_in, "rb") as status:
            told = status.read().strip()
        if not told or is_trial or way == "namespaces":
            process.wait(_TRIAL_SECONDS)
        said = process.communicate()[1] or b"" if is_trial else b""
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    finally:
        os.close(info_in)
        for number, handler in before.items():
            signal.signal(number, handler)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    code = int(told) if told else None
    if code is not None and code < 0:
        code = _SIGNALLED - code  # as a shell has it
    return code, lines[-1] if lines else ""


def _tell_owner(enclosure: Enclosure, info: int) -> None:
    """Write the owner from what bubblewrap says of the process that it started."""
    told = b""
    while b"}" not in told and (more := os.read(info, 4096)):
        told += more
    with suppress(ValueError, KeyError, OSError):
        write_owner(enclosure, int(json.loads(told)["child-pid"]))


def _words(enclosure: Enclosure, way: Way, status: int, info: int) -> list[str]:
    """The command line that makes the enclosure."""
    python = [sys.executable, "-P", "-m"]
    if way == "namespaces":
        return [*python, enter.__name__, enclosure.encode(), str(status)]
    words = ["bwrap", "--unshare-user", "--unshare-net", "--unshare-pid"]
    words += [
        "--unshare-ipc",
        "--as-pid-1",
        "--cap-drop",
        "ALL",
        "--info-fd",
        str(info),
    ]
    words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    words += [
        "--remount-ro",
        "/proc",
        "--remount-ro",
        "/dev",
        "--tmpfs",
        SCRATCH_FOLDER,
    ]
    if enclosure.hides_run and Path("/run").is_dir():
        words += ["--tmpfs", "/run"]
    for folder in enclosure.writable:
        words += ["--bind", folder, folder]
    hides_run = enclosure.hides_run
    for path in enclosure.masked:
        if not (hides_run and path.startswith("/run/")):
            words += ["--ro-bind", "/dev/null", path]
    return [*words, "--", *python, warden.__name__, enclosure.encode(), str(status)]
