"""Writing to a disk that may be full, and trying again until there is space."""

import errno
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    DiskWork = Generator[int, None, Any]
    """A disk operation as a generator: yields an errno each time that the disk is full,
    and retries when resumed.
    """


DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a full disk or quota: a write can be tried again, and nothing is lost."""
RETRY_INTERVAL = 0.25
"""Seconds between two tries on a full disk."""


def retrying_when_full(
    operation: "Callable[..., Any]", *arguments: object
) -> "DiskWork":
    """Call an operation.

    While the disk is full, yield the error's number and try again when resumed.
    """
    while True:
        try:
            return operation(*arguments)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise
            yield error.errno


def write_at(file: int, data: bytes, place: int) -> "DiskWork":
    """Write all of the data at an offset."""
    while data:
        count = yield from retrying_when_full(os.pwrite, file, data, place)
        data, place = data[count:], place + count


def run_waiting_for_space(work: "DiskWork") -> None:
    """Do work to its end, waiting for space as long as the disk is full."""
    for _ in work:
        time.sleep(RETRY_INTERVAL)


def is_group_readable(folder: str) -> bool:
    """Whether a run's group may read what is made in a folder; see `state_folders`."""
    return os.stat(folder).st_mode & 0o7777 == 0o2750
