"""What there is: whether a lock is held, and which processes live."""

import fcntl
import os

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
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                words = file.read().rpartition(b") ")[2].split()
        except OSError:
            continue
        if words[0] not in (b"Z", b"X"):
            yield int(name), int(words[2]), int(words[3])
