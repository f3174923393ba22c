"""`terminal.sock`: where viewers attach to a `tty` step, and the connection of each."""

import os
import socket
import time

from mobius_tui.run.keeper.peer import peer_uid
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.frames import AttachHello, FrameReader, encode_frames

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Callable


STALL_LIMIT = 5.0
"""Seconds for which a viewer may receive nothing of what it is sent."""
SEND_BUFFER = 32768
"""Bytes that wait to be passed on, in either direction, until no more is read.

The program then has to wait, as it would for a slow terminal: a key that stops a flood
must not wait behind much of it. The socket's own buffer has the same size.
"""


class AttachedViewer:
    """A viewer's connection; no method waits for its other end."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.connection = connection
        self.hello: AttachHello | None = None
        self.since = self.last_typed_at = time.monotonic()
        """When it came; when it typed last."""
        self.received_frames: list[tuple[bytes, bytes]] = []
        """Frames that came together with its HELLO."""
        self.gone = False
        self._reader = FrameReader()
        self._pending = b""
        self._last_progress_at = time.monotonic()

    def fileno(self) -> int:
        """For `select`."""
        return self.connection.fileno()

    @property
    def has_unsent(self) -> bool:
        """Whether there is output that it has not received yet."""
        return bool(self._pending)

    @property
    def accepts_more(self) -> bool:
        """Whether more may be sent."""
        return len(self._pending) < SEND_BUFFER

    def encode_busy(self) -> bytes:
        """Its terminal, and seconds since it attached and since it typed, for BUSY."""
        now = time.monotonic()
        who = self.hello.who if self.hello is not None else ""
        words = f"{who}\0{now - self.since:.0f}\0{now - self.last_typed_at:.0f}"
        return words.encode("utf-8", "replace")

    def stall_time_left(self, now: float) -> float | None:
        """Seconds left to receive something; `None` if nothing is unsent."""
        return self._last_progress_at + STALL_LIMIT - now if self._pending else None

    def send(self, kind: bytes, data: bytes = b"") -> None:
        """Send a frame, now or when there is room for it."""
        if not self._pending:
            self._last_progress_at = time.monotonic()
        self._pending += encode_frames(kind, data)
        self.flush()

    def flush(self) -> None:
        """Send as much as the connection takes."""
        try:
            while self._pending:
                count = self.connection.send(self._pending)
                self._pending = self._pending[count:]
                self._last_progress_at = time.monotonic()
        except BlockingIOError:
            return
        except OSError:
            self.gone = True

    def receive(self) -> "list[tuple[bytes, bytes]]":
        """Receive frames; none from a viewer that is gone or breaks the protocol."""
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
        """Close the connection."""
        self.gone = True
        self.connection.close()


MAX_CONNECTIONS_WITHOUT_HELLO = 8
"""Connections without a HELLO, at most. The next one replaces the oldest: a viewer says
HELLO at once, and silent connections must not keep one out."""


class TerminalSocket:
    """The listening socket, and connections without a HELLO yet."""

    def __init__(
        self, folder: str, on_hello: "Callable[[AttachedViewer, AttachHello], None]"
    ) -> None:
        """Listen in the attempt's directory.

        Args:
            folder: its path may be longer than a socket's, so it is bound from within.
            on_hello: called with a viewer and its HELLO.

        Raises:
            OSError: the socket cannot be made.
        """
        self._path = f"{folder}/{frames.TERMINAL_SOCKET_NAME}"
        self._on_hello = on_hello
        self._newcomers: list[AttachedViewer] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.chdir(folder)
        mask = os.umask(0o177)
        try:
            self._listener.bind(frames.TERMINAL_SOCKET_NAME)
        finally:
            os.umask(mask)
            os.chdir("/")
        self._listener.listen(MAX_CONNECTIONS_WITHOUT_HELLO)
        self._listener.settimeout(0)

    def reads(self) -> "dict[int, Callable[[], None]]":
        """Handlers by descriptor, each to be called when its descriptor is readable."""
        handlers = {
            newcomer.fileno(): self._receive_hello for newcomer in self._newcomers
        }
        return {**handlers, self._listener.fileno(): self._accept}

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()
        for newcomer in self._newcomers:
            newcomer.close()
        self._newcomers.clear()
        try:
            os.unlink(self._path)
        except OSError:
            return  # the script, or somebody, has taken it away

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
            allowed = peer_uid(connection) in (os.getuid(), 0)
        except OSError:
            return  # it went again
        if not allowed:
            connection.close()
            return
        if len(self._newcomers) == MAX_CONNECTIONS_WITHOUT_HELLO:
            self._newcomers.pop(0).close()
        self._newcomers.append(AttachedViewer(connection))

    def _receive_hello(self) -> None:
        for newcomer in tuple(self._newcomers):
            received = newcomer.receive()
            if not received and not newcomer.gone:
                continue
            self._newcomers.remove(newcomer)
            kind, data = received[0] if received else (b"", b"")
            try:
                hello = AttachHello.decode(data) if kind == frames.HELLO else None
            except ValueError:
                hello = None
            if hello is None or newcomer.gone:
                newcomer.close()
            else:
                newcomer.received_frames = received[1:]
                self._on_hello(newcomer, hello)
