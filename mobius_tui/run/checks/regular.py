"""Opening a regular file, and nothing that would block or never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from mobius_tui.errors import MobiusError


def opened(path: Path) -> BinaryIO:
    """A file, open for reading.

    Raises:
        OSError: it cannot be opened.
        MobiusError: it is a folder, a FIFO, a device or the like.
    """
    # A FIFO that nobody writes to would hold up an ordinary open for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MobiusError(f"{path} is no regular file")
    return os.fdopen(descriptor, "rb")
