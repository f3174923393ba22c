"""One viewer at the other end of a keeper's `terminal.sock`."""

import socket
import time

from mobius_tui.run.terminal.frames import Hello, Reader, frames

STALL = 5.0
"""Seconds for which a viewer may take nothing of what it is sent."""
ROOM = 32768
"""Bytes on their way to a viewer from which a program has to wait, as it would for a
slow terminal: a key that stops a flood is not to wait behind much of it."""


class Attendant:
    """A connection; nothing here ever waits for its other end."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        self.connection = connection
        self.hello: Hello | None = None
        self.since = self.typed = time.monotonic()
        """When it came; when it typed last."""
        self.unread: list[tuple[bytes, bytes]] = []
        """What it said together with its HELLO."""
        self.gone = False
        self._reader = Reader()
        self._pending = b""
        self._took = time.monotonic()

    def fileno(self) -> int:
        """For `select`."""
        return self.connection.fileno()

    @property
    def is_behind(self) -> bool:
        """Whether it has yet to take something."""
        return bool(self._pending)

    @property
    def has_room(self) -> bool:
        """Whether more may be sent."""
        return len(self._pending) < ROOM

    def in_words(self) -> bytes:
        """Who it is, seconds since it came and since it typed, as BUSY holds them."""
        now = time.monotonic()
        who = self.hello.who if self.hello is not None else ""
        words = f"{who}\0{now - self.since:.0f}\0{now - self.typed:.0f}"
        return words.encode("utf-8", "replace")

    def patience(self, now: float) -> float | None:
        """Seconds that it has left to take something; `None` if there is nothing."""
        return self._took + STALL - now if self._pending else None

    def send(self, kind: bytes, data: bytes = b"") -> None:
        """Send a frame, now or when there is room for it."""
        if not self._pending:
            self._took = time.monotonic()
        self._pending += frames(kind, data)
        self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        try:
            while self._pending:
                count = self.connection.send(self._pending)
                self._pending = self._pending[count:]
                self._took = time.monotonic()
        except BlockingIOError:
            return
        except OSError:
            self.gone = True

    def receive(self) -> "list[tuple[bytes, bytes]]":
        """What it says; nothing from one that is gone, or talks nonsense."""
        try:
            data = self.connection.recv(65536)
            self.gone = self.gone or not data
            return list(self._reader.feed(data))
        except BlockingIOError:
            return []
        except (OSError, ValueError):
            self.gone = True
            return []

    def close(self) -> None:
        """Hang up."""
        self.gone = True
        self.connection.close()
