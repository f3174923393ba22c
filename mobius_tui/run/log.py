"""The host's own log: what the disk has no room for is left out, and ends nothing."""

from __future__ import annotations

import contextlib
import io
import os


class Log(io.TextIOBase):
    """A text file on a descriptor; nothing is held back, and no write fails."""

    def __init__(self, descriptor: int) -> None:
        """Write there.

        Args:
            descriptor: open for writing; it stays open.
        """
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Write what there is room for."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, text.encode("utf-8", "backslashreplace"))
        return len(text)
