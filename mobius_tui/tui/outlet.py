"""What goes to the terminal: at once where it takes it, else by a thread that waits.

Textual has a thread write everything. It must be woken for each frame, which takes the
longer the busier the machine is, and on an idle one it costs more than the writing.
"""

from __future__ import annotations

import os
from time import monotonic
from typing import TextIO


class Outlet:
    """The file that Textual's thread writes to, and a way past that thread.

    `write` and `flush` are for Textual's thread, all else is for the main one.
    """

    def __init__(self, file: TextIO) -> None:
        """Open a way of its own to the terminal, if that is what the file is.

        It is not the file's own descriptor that must not wait: the shell has that, too.
        """
        self._file = file
        self._descriptor: int | None = None
        self._given = self._written = self._shown = 0
        self.shown_at = monotonic()
        """When the terminal had taken all that was written, on the monotonic clock."""
        try:
            terminal = os.ttyname(file.fileno())
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._descriptor = os.open(terminal, flags)
        except OSError:
            return  # no terminal, or another user's: the thread writes all of it

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take what was given to the thread."""
        return self._shown != self._given

    def pass_by(self, text: str) -> bytes:
        """Write what the terminal takes now; returns what it does not.

        Nothing goes past what the thread still has.
        """
        data = self._encode(text)
        if self._descriptor is None or self.is_behind:
            return data
        try:
            rest = data[os.write(self._descriptor, data) :]
        except OSError:
            return data  # it takes nothing, or is gone: the thread finds that out
        self.shown_at = monotonic()
        return rest

    def give(self) -> None:
        """Something is given to the thread."""
        self._given += 1

    def write(self, data: bytes | str) -> None:
        """Write, however long it takes."""
        self._file.buffer.write(data if isinstance(data, bytes) else self._encode(data))
        self._written += 1

    def flush(self) -> None:
        """Let the terminal have what was written."""
        self._file.flush()
        self.shown_at = monotonic()
        self._shown = self._written

    def close(self) -> None:
        """Let go of the terminal; the thread has ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    def _encode(self, text: str) -> bytes:
        return text.encode(self._file.encoding, "backslashreplace")
