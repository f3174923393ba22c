"""The real terminal of an attached person: set to raw mode, and restored."""

from __future__ import annotations

import os
import select
import termios
import time
import tty
from types import TracebackType
from typing import Self

from mobius_tui.run.terminal.terminal_history import TerminalModes

STATUS_QUERY = b"\x1b[5n"
STATUS_REPLY = b"\x1b[0n"
"""A query that terminals answer, after their answers to all earlier queries."""
FENCE_LIMIT = 0.5
"""Seconds to wait for that reply: a slow line takes less; a few terminals never reply.
"""
SAVE_TITLE, RESTORE_TITLE = b"\x1b[22;0t", b"\x1b[23;0t"


class TerminalGoneError(Exception):
    """The terminal has ended, or the viewer was asked to exit."""


class RawTerminal:
    """A terminal that passes every byte on, while the block lasts."""

    def __init__(self, source: int = 0, sink: int = 1) -> None:
        """Take a terminal.

        Args:
            source: where keys come from.
            sink: where the screen is.
        """
        self.source, self._sink = source, sink
        self._modes = TerminalModes()
        self._is_gone = False
        self._old: list[int | list[bytes | int]] = []

    def __enter__(self) -> Self:
        self._old = termios.tcgetattr(self.source)
        tty.setraw(self.source)
        self.write(SAVE_TITLE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the terminal, and discard what it still had to answer."""
        try:
            if self._is_gone:
                return
            self._write_if_room(self._modes.reset_sequence() + RESTORE_TITLE)
            if not isinstance(error, TerminalGoneError):
                self._discard_answers()
        except OSError:
            self._is_gone = True
        finally:
            self._restore()

    def _restore(self) -> None:
        try:
            termios.tcsetattr(self.source, termios.TCSANOW, self._old)
            termios.tcflush(self.source, termios.TCIFLUSH)
        except termios.error:
            self._is_gone = True

    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        size = os.get_terminal_size(self._sink)
        return size.lines, size.columns

    def read(self) -> bytes:
        """Read what was typed; waits until there is something.

        Raises:
            TerminalGoneError: the terminal has ended.
        """
        try:
            data = os.read(self.source, 65536)
        except OSError:
            data = b""
        if not data:
            self._is_gone = True
            raise TerminalGoneError
        return data

    def write(self, data: bytes) -> None:
        """Show output, and track the modes that it sets.

        Raises:
            TerminalGoneError: the terminal has ended.
        """
        self._modes.split(data)
        try:
            while data:
                data = data[os.write(self._sink, data) :]
        except OSError as error:
            self._is_gone = True
            raise TerminalGoneError from error

    def write_line(self, words: str) -> None:
        """Write a line of ours, which is not the program's output."""
        self.write(f"\r\n{words}\r\n".encode("utf-8", "replace"))

    def _write_if_room(self, data: bytes) -> None:
        """Write to a terminal that may have stopped reading; then give up."""
        _, ready, _ = select.select([], [self._sink], [], FENCE_LIMIT)
        if ready:
            os.write(self._sink, data)

    def _discard_answers(self) -> None:
        """Read the terminal's pending answers, which would come back as keys."""
        self._write_if_room(STATUS_QUERY)
        until = time.monotonic() + FENCE_LIMIT
        answers = b""
        while STATUS_REPLY not in answers and (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self.source], [], [], left)
            data = os.read(self.source, 65536) if ready else b""
            if ready and not data:
                return
            answers = answers[-16:] + data
