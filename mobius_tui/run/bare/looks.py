"""What there is: whether a lock is held, and which processes live."""

import fcntl
import os
import time

BEGAN = 19
"""Where among the words of `_stat` the time of its beginning stands."""
ARGUMENTS = 1 << 16
"""Bytes of what a process was called with that are looked at."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def is_locked(handle: int) -> bool:
    """Whether anyone else holds a lock on an open file, shared or not."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def living() -> "Iterator[tuple[int, int, int]]":
    """The living processes: each one's number, group and session; none on macOS."""
    for pid, words in _stats():
        yield pid, int(words[2]), int(words[3])


def family(ancestor: int) -> "list[tuple[int, int]]":
    """The living descendants of a process: each one's number, and when it began.

    Children come before their own children; when is in ticks since the machine began.
    """
    children: dict[int, list[tuple[int, int]]] = {}
    for pid, words in _stats():
        children.setdefault(int(words[1]), []).append((pid, int(words[BEGAN])))
    found = list(children.get(ancestor, ()))
    for pid, _ in found:
        found += children.get(pid, ())
    return found


def began(pid: int) -> int:
    """When a process began, in the ticks of `family`; 0 where it does not live."""
    return int(words[BEGAN]) if (words := _stat(pid)) else 0


def orphaned(but: int) -> bool:
    """Whether this process has children besides one; so it seems if nothing tells.

    Args:
        but: the number of that one.
    """
    own = os.getpid()
    try:
        with open(f"/proc/self/task/{own}/children", "rb") as file:
            return any(int(pid) != but for pid in file.read().split())
    except (OSError, ValueError):
        return True


def age(pid: int) -> float:
    """Seconds since a process was forked, to a hundredth."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return now - began(pid) / os.sysconf("SC_CLK_TCK")


def arguments(pid: int) -> "list[bytes]":
    """What a process was called with; empty where nothing tells."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(ARGUMENTS).rstrip(b"\0").split(b"\0")
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
