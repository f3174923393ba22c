"""Processes whose parents ended before them: the keeper takes them in, on Linux.

A daemon that leaves its session and clears its environment carries nothing by which it
could be found. The system gives it to the keeper of its step all the same.
"""

import os
import sys

from mobius_tui.run.bare.looks import family

SET_CHILD_SUBREAPER = 36
"""Linux's own number of what to ask `prctl` for."""
NAMED = 30
"""Orphans that there is room for in the record of the end."""


def adopt() -> None:
    """Have the system give this process every orphan of what it starts.

    `ctypes` would cost an attempt 4 ms; what it is made of costs half of one. Where
    there is none, or no such call, orphans are found by the environment mark alone.
    """
    if sys.platform != "linux":
        return
    try:
        import _ctypes

        ours = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
        prctl = _ctypes.dlsym(ours, "prctl")
        _ctypes.call_cdeclfunction(prctl, (SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    except (ImportError, AttributeError, OSError):
        return


def bury(but: int) -> None:
    """Let go of the orphans that have ended.

    Args:
        but: our own child, which is left as it is; 0 where it has been let go of.
    """
    if not hasattr(os, "waitid"):
        return
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    try:
        while (found := os.waitid(os.P_ALL, 0, flags)) and found.si_pid != but:
            os.waitpid(found.si_pid, 0)
    except ChildProcessError:
        return


def left() -> "tuple[str, ...]":
    """What is left of them, as lines of a record; our own child is let go of.

    Only where there is any, all processes are looked at.
    """
    bury(0)
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return ()
    found = [f"{pid}:{began}" for pid, began in family(os.getpid())]
    more = len(found) - NAMED
    lines = [f"left={' '.join(found[:NAMED])}"] if found else []
    return (*lines, f"more={more}") if more > 0 else tuple(lines)
