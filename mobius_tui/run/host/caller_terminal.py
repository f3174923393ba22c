"""The terminal of a process that connected to the control socket, by the kernel.

Process ids are reused, so what is read is checked to be of the very process that
connected; if it is not, nothing is returned.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from mobius_tui import sanitize
from mobius_tui.run.keeper.peer import peer_handle, peer_pid

HOST_NAME_LIMIT = 128
"""Characters: the system passes on what a login called itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerTerminal:
    """The terminal of a process."""

    pid: int
    process_start: float
    """When the process began, in a unit of the system's: with the process id, this
    identifies one process."""
    terminal: str
    """`pts/3`; empty where it has none."""


NO_TERMINAL = CallerTerminal(pid=0, process_start=0.0, terminal="")


def terminal_of_caller(connection: socket.socket) -> CallerTerminal:
    """The terminal of the process that connected; none where the process has gone.

    Call it as soon as the connection is accepted: the process may end at any time.
    """
    pid = peer_pid(connection)
    try:
        handle = peer_handle(connection)
    except OSError:
        return NO_TERMINAL
    try:
        terminal = _terminal_of_process(pid) if pid else NO_TERMINAL
        return terminal if handle is None or _is_alive(handle) else NO_TERMINAL
    finally:
        if handle is not None:
            os.close(handle)


def describe_caller_terminal(terminal: CallerTerminal) -> str:
    """A terminal, and the host its login came from, where that is known.

    Returns:
        `pts/3`, or `pts/3 from 10.0.0.7`; empty without a terminal.
    """
    host = _login_host(terminal) if terminal.terminal else ""
    words = f"{terminal.terminal} from {host}" if host else terminal.terminal
    return sanitize.line(words)[:HOST_NAME_LIMIT]


def _is_alive(handle: int) -> bool:
    """Whether the process of a pidfd has not ended: what was read was its own."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return not poll.poll(0)


def _terminal_of_process(pid: int) -> CallerTerminal:
    """The terminal of a process, by /proc.

    psutil lists the terminals once in a program's life, and knows none that was opened
    later.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
    except OSError:
        return _terminal_without_proc(pid)
    return CallerTerminal(
        pid=pid, process_start=float(stat[19]), terminal=_terminal_name(int(stat[4]))
    )


def _terminal_name(number: int) -> str:
    """The name of a terminal below `/dev`, by the number of its device."""
    if number:
        for folder, pattern in (("/dev/pts", "*"), ("/dev", "tty*")):
            for path in Path(folder).glob(pattern):
                with contextlib.suppress(OSError):
                    if path.stat().st_rdev == number:
                        return str(path.relative_to("/dev"))
    return ""


def _terminal_without_proc(pid: int) -> CallerTerminal:
    """The same where there is no /proc, or nothing of the process in it."""
    try:
        process = psutil.Process(pid)
        terminal = (process.terminal() or "").removeprefix("/dev/")
        return CallerTerminal(
            pid=pid, process_start=process.create_time(), terminal=terminal
        )
    except (psutil.Error, OSError):
        return NO_TERMINAL


def _login_host(terminal: CallerTerminal) -> str:
    """The host that the login of a process came from; empty where it is not known.

    A login that was never logged out of stays on the system's list, and its terminal is
    reused: only one that led to this process is returned.
    """
    try:
        parents = psutil.Process(terminal.pid).parents()
        logins = psutil.users()
    except (psutil.Error, OSError):
        return ""
    family = {terminal.pid, *(parent.pid for parent in parents)}
    hosts = [
        login.host
        for login in logins
        if login.terminal == terminal.terminal
        and login.host
        and int(login.pid or 0) in family
    ]
    return hosts[-1] if hosts and _terminal_of_process(terminal.pid) == terminal else ""
