"""Reading the bytes of a runbook file, whatever a path turns out to be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mobius_tui.runbook.problem import Problem

MAX_BYTES = 1 << 20
"""tomllib takes a second and more for a file of this size; no runbook comes near."""

_KINDS = (
    (stat.S_ISDIR, "is a directory; name the .toml file in it"),
    (stat.S_ISFIFO, "is a pipe; a runbook is read from a file"),
    (stat.S_ISSOCK, "is a socket; a runbook is read from a file"),
    (stat.S_ISCHR, "is a device; a runbook is read from a file"),
    (stat.S_ISBLK, "is a device; a runbook is read from a file"),
)


class RefusedError(Exception):
    """A file that is not even looked into; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most `MAX_BYTES`.

    Nothing else is opened: a pipe would block, and a device would never end.

    Raises:
        RefusedError: it is missing, unreadable, too large or no regular file.
    """
    try:
        _regular(path, os.stat(path))  # noqa: PTH116 - Path.stat opens no other door
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - from a descriptor
            _regular(path, os.fstat(descriptor))
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refused(path, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise refused(path, f"cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise refused(path, _TOO_LARGE)
    return data


_TOO_LARGE = "is larger than 1 MiB, which is no runbook; split it, or check the name"


def _regular(path: Path, status: os.stat_result) -> None:
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise refused(path, words)
    if status.st_size > MAX_BYTES:
        raise refused(path, _TOO_LARGE)


def refused(path: Path | str, words: str) -> RefusedError:
    """The refusal of a whole file."""
    return RefusedError(Problem(file=str(path), line=0, column=0, message=words))
