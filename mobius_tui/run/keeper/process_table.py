"""Which processes live, who their parents are, and the orphans that a keeper adopts."""

import fcntl
import os
import sys
import time

START_TIME_FIELD = 19
"""Index of a process's start time among the words of `_stat`."""
MAX_ARGUMENTS = 1 << 16
"""Bytes of a process's arguments that are read."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def is_locked(handle: int) -> bool:
    """Whether another process holds a lock on an open file, shared or not.

    If none does, the file is locked exclusively by this call, until it is closed.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def living_processes() -> "Iterator[tuple[int, int, int]]":
    """The living processes: each one's number, group and session; none on macOS."""
    for pid, words in _stats():
        yield pid, int(words[2]), int(words[3])


def living_descendants(ancestor: int) -> "list[tuple[int, int]]":
    """The living descendants of a process: each one's number, and when it began.

    Children come before their own children; when is in ticks since the machine began.
    """
    children: dict[int, list[tuple[int, int]]] = {}
    for pid, words in _stats():
        children.setdefault(int(words[1]), []).append(
            (pid, int(words[START_TIME_FIELD]))
        )
    descendants = list(children.get(ancestor, ()))
    for pid, _ in descendants:
        descendants += children.get(pid, ())
    return descendants


def process_start_ticks(pid: int) -> int:
    """When a process began, in ticks since boot; 0 where it does not live."""
    return int(words[START_TIME_FIELD]) if (words := _stat(pid)) else 0


def has_other_children(excluded_pid: int) -> bool:
    """Whether this process has children besides one; true where that is not known.

    Args:
        excluded_pid: the process id of that one.
    """
    own = os.getpid()
    try:
        with open(f"/proc/self/task/{own}/children", "rb") as file:
            return any(int(pid) != excluded_pid for pid in file.read().split())
    except (OSError, ValueError):
        return True


def process_age(pid: int) -> float:
    """Seconds since a process was forked, to a hundredth."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return now - process_start_ticks(pid) / os.sysconf("SC_CLK_TCK")


def process_arguments(pid: int) -> "list[bytes]":
    """The arguments of a process; empty where the system does not tell."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(MAX_ARGUMENTS).rstrip(b"\0").split(b"\0")
    except OSError:
        return []


def _stats() -> "Iterator[tuple[int, list[bytes]]]":
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if name.isdigit() and (words := _stat(int(name))):
            yield int(name), words


def _stat(pid: int) -> "list[bytes]":
    """What the system says of a process, from its state on; empty where it is dead."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b") ")[2].split()
    except OSError:
        return []
    return words if words[0] not in (b"Z", b"X") else []


SET_CHILD_SUBREAPER = 36
"""Linux's number of the `prctl` option PR_SET_CHILD_SUBREAPER."""
SET_DUMPABLE = 4
"""Linux's number of PR_SET_DUMPABLE."""
ORPHANS_RECORDED = 30
"""Orphans that the record of the end has room for."""


def become_subreaper() -> None:
    """Have the system give this process every orphan of what it starts.

    Where there is no such call, orphans are found by the environment mark alone.
    """
    _call_prctl(SET_CHILD_SUBREAPER, 1)


def forbid_core_dumps() -> None:
    """Let the system write no memory of this process to a disk, nor show it to others.

    The limit of core files is not touched, as scripts would inherit it: what is
    executed from here on is as it was. Only Linux has such a call; elsewhere the limit
    is 0 unless somebody raised it.
    """
    _call_prctl(SET_DUMPABLE, 0)


def _call_prctl(option: int, value: int) -> None:
    """Call `prctl`, where there is one.

    `ctypes` would cost an attempt 4 ms; what it is made of costs half of one.
    """
    if sys.platform != "linux":
        return
    try:
        import _ctypes

        ours = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
        prctl = _ctypes.dlsym(ours, "prctl")
        _ctypes.call_cdeclfunction(prctl, (option, value, 0, 0, 0))
    except (ImportError, AttributeError, OSError):
        return


def reap_orphans(excluded_pid: int) -> None:
    """Reap the adopted orphans that have ended.

    Args:
        excluded_pid: the keeper's own child, left unreaped; 0 where it was reaped
            before.
    """
    if not hasattr(os, "waitid"):
        return
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    try:
        while (found := os.waitid(os.P_ALL, 0, flags)) and found.si_pid != excluded_pid:
            os.waitpid(found.si_pid, 0)
    except ChildProcessError:
        return


def surviving_orphan_lines() -> "tuple[str, ...]":
    """The living adopted orphans, as lines of a record; ended ones are reaped.

    The keeper's own child must have been reaped. Only where there is any orphan are all
    processes read.
    """
    reap_orphans(0)
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return ()
    names = [f"{pid}:{began}" for pid, began in living_descendants(os.getpid())]
    more = len(names) - ORPHANS_RECORDED
    lines = [f"left={' '.join(names[:ORPHANS_RECORDED])}"] if names else []
    return (*lines, f"more={more}") if more > 0 else tuple(lines)
