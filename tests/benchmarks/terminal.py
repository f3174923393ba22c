"""A program in a pseudo-terminal of 120 by 40, and when its bytes come."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from tests.waiting import PATIENCE

COLUMNS, ROWS = 120, 40
CHUNK = 1 << 16


class SilentError(AssertionError):
    """The program never wrote what was waited for."""


class Terminal:
    """A program, and the terminal that it writes to.

    Nothing is drawn: whoever measures looks for bytes that only the effect writes.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        rate: int | None = None,
    ) -> None:
        """Start a program.

        Args:
            words: its words.
            env: what differs from the environment of the benchmark.
            rate: bytes a second that the terminal takes; all that come, without.
        """
        self._master, slave = os.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        settings = {**os.environ, **_TERMINAL, **(env or {})}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
            settings.pop(name, None)
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=settings,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._rate = rate
        self._allowed = time.perf_counter()
        self.raw = bytearray()
        """Every byte that it wrote."""
        self.came: list[tuple[float, int]] = []
        """When each piece came, and how many bytes there were with it."""

    def read(self, seconds: float) -> bytes:
        """What the program writes within a time; empty if it writes nothing."""
        size = CHUNK
        if self._rate is not None:
            size = max(64, self._rate // 100)
            wait = self._allowed - time.perf_counter()
            if wait > 0:
                time.sleep(min(wait, seconds))
                if wait > seconds:
                    return b""
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            data = os.read(self._master, size)
        except OSError:  # Linux says EIO where the other end is closed
            return b""
        if self._rate is not None:
            now = time.perf_counter()
            self._allowed = max(self._allowed, now - 0.01) + len(data) / self._rate
        self.raw += data
        self.came.append((time.perf_counter(), len(self.raw)))
        return data

    def until(
        self, wanted: Callable[[bytes], object], limit: float = PATIENCE
    ) -> float:
        """Read until what has come since the call satisfies a condition.

        Returns:
            When it did, by `time.perf_counter`.

        Raises:
            SilentError: it never did.
        """
        start = len(self.raw)
        deadline = time.perf_counter() + limit
        while True:
            data = self.read(min(1.0, deadline - time.perf_counter()))
            now = time.perf_counter()
            if data and wanted(bytes(self.raw[start:])):
                return now
            if now > deadline or (not data and self.process.poll() is not None):
                tail = bytes(self.raw[start:])[-600:]
                raise SilentError(f"it never came: {wanted}; at the end {tail!r}")

    def type(self, keys: str) -> float:
        """Type, and wait for nothing; returns when."""
        now = time.perf_counter()
        os.write(self._master, keys.encode())
        return now

    def drain(self) -> None:
        """Take in what lies there."""
        while self.read(0.0):
            pass

    def listen(self, seconds: float) -> int:
        """Read for a time; returns how many bytes came."""
        start, deadline = len(self.raw), time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self.read(left)
        return len(self.raw) - start

    def gone(self, limit: float = PATIENCE) -> float:
        """Read until the process is gone; returns when it was."""
        deadline = time.perf_counter() + limit
        handle = os.pidfd_open(self.process.pid)
        try:
            while time.perf_counter() < deadline:
                ready, _, _ = select.select([handle, self._master], [], [], 1.0)
                if handle in ready:
                    now = time.perf_counter()
                    self.process.wait()
                    self.drain()  # what it said last may lie there still
                    return now
                if not self.read(0.0):
                    select.select([handle], [], [], 0.001)
        finally:
            os.close(handle)
        raise SilentError("it is still there")

    def hang_up(self) -> None:
        """Close the terminal, as a lost line does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def close(self) -> None:
        """End the program, if it has not ended, and close the terminal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


_TERMINAL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "",
}


def says(words: str) -> Callable[[bytes], object]:
    """Whether bytes hold words, in one style."""
    wanted = words.encode()
    return lambda data: wanted in data


def matches(pattern: str) -> Callable[[bytes], object]:
    """Whether bytes match a pattern."""
    return re.compile(pattern.encode(), re.DOTALL).search
