"""Where somebody sits who asks for something, as the system knows it.

What is told is of the very process that connected, or nothing is: a number alone may be
another's by the time that it is looked up.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui import sanitize
from mobius_tui.run.peer import peer_handle, peer_pid

if TYPE_CHECKING:
    import psutil

LONGEST = 128
"""Characters: the system passes on what a login called itself."""


def whereabouts(connection: socket.socket) -> str:
    """The terminal of the process that connected, and whence that was logged in to.

    To be asked as soon as the connection is taken: whoever it is may go at any time.

    Returns:
        `pts/3`, or `pts/3 from 10.0.0.7`; empty where the system does not say, or the
        process has gone.
    """
    pid = peer_pid(connection)
    try:
        handle = peer_handle(connection)
    except OSError:
        return ""  # it has gone already
    try:
        words = _place(pid) if pid else ""
        return words if handle is None or _lives(handle) else ""
    finally:
        if handle is not None:
            os.close(handle)


def _lives(handle: int) -> bool:
    """Whether the process of a pidfd has not ended: what was read was its own."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return not poll.poll(0)


def _place(pid: int) -> str:
    import psutil

    try:
        process = psutil.Process(pid)
        name = terminal_of(process)
        if not name:
            return ""
        family = {pid, *(parent.pid for parent in process.parents())}
        logins = psutil.users()
        is_still_it = process.is_running()
    except (psutil.Error, OSError):
        return ""
    # A login that was never logged out of stays on the system's list, and its terminal
    # goes to another: only one that led to this process is told.
    hosts = [
        login.host
        for login in logins
        if login.terminal == name and login.host and int(login.pid or 0) in family
    ]
    words = f"{name} from {hosts[-1]}" if hosts else name
    return sanitize.line(words)[:LONGEST] if is_still_it else ""


def terminal_of(process: psutil.Process) -> str:
    """The name of a process's terminal below `/dev`; empty where it has none.

    psutil lists the terminals once in a program's life, and knows none that was opened
    later. So they are looked at here, where the system gives their numbers.
    """
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_bytes()
    except FileNotFoundError:
        return (process.terminal() or "").removeprefix("/dev/")  # there is no /proc
    number = int(stat.rpartition(b") ")[2].split()[4])
    if not number:
        return ""
    for folder, pattern in (("/dev/pts", "*"), ("/dev", "tty*")):
        for path in Path(folder).glob(pattern):
            with contextlib.suppress(OSError):
                if path.stat().st_rdev == number:
                    return str(path.relative_to("/dev"))
    return ""
