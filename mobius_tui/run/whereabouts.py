"""Where somebody sits who asks for something, as the system knows it."""

from __future__ import annotations

from mobius_tui import sanitize

LONGEST = 128
"""Characters: the system passes on what a login called itself."""


def whereabouts(pid: int) -> str:
    """The terminal of a process, and whence that was logged in to.

    Returns:
        `pts/3`, or `pts/3 from 10.0.0.7`; empty where the system does not say.
    """
    import psutil

    try:
        terminal = psutil.Process(pid).terminal() if pid else None
    except (psutil.Error, OSError):
        terminal = None
    if terminal is None:
        return ""
    name = terminal.removeprefix("/dev/")
    try:
        logins = psutil.users()
    except (psutil.Error, OSError):
        logins = []
    hosts = [each.host for each in logins if each.terminal == name and each.host]
    words = f"{name} from {hosts[-1]}" if hosts else name
    return sanitize.line(words)[:LONGEST]
