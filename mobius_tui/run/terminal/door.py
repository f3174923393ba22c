"""`terminal.sock`: where viewers come in, and say which terminal they bring."""

import os
import socket

from mobius_tui.run.peer import peer_uid
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.attendant import Attendant
from mobius_tui.run.terminal.frames import Hello

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NEWCOMERS = 8
"""Connections that have not said who they are, at most. The next one takes the place
of the oldest: a viewer says it at once, and what is silent must not keep one out."""


class Door:
    """The listening socket, and who has come in and said nothing yet."""

    def __init__(self, folder: str, meet: "Callable[[Attendant, Hello], None]") -> None:
        """Listen in the attempt's directory.

        Args:
            folder: its path may be longer than a socket's, so it is bound from within.
            meet: takes who has said which terminal it brings.

        Raises:
            OSError: the socket cannot be made.
        """
        self._path = f"{folder}/{frames.SOCKET}"
        self._meet = meet
        self._newcomers: list[Attendant] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.chdir(folder)
        mask = os.umask(0o177)
        try:
            self._listener.bind(frames.SOCKET)
        finally:
            os.umask(mask)
            os.chdir("/")
        self._listener.listen(NEWCOMERS)
        self._listener.settimeout(0)

    def reads(self) -> "dict[int, Callable[[], None]]":
        """What to wait for, and what to do then."""
        found = {newcomer.fileno(): self._hear for newcomer in self._newcomers}
        return {**found, self._listener.fileno(): self._accept}

    def close(self) -> None:
        """Let nobody in any more."""
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
        if len(self._newcomers) == NEWCOMERS:
            self._newcomers.pop(0).close()
        self._newcomers.append(Attendant(connection))

    def _hear(self) -> None:
        for newcomer in tuple(self._newcomers):
            said = newcomer.receive()
            if not said and not newcomer.gone:
                continue
            self._newcomers.remove(newcomer)
            kind, data = said[0] if said else (b"", b"")
            try:
                hello = Hello.decode(data) if kind == frames.HELLO else None
            except ValueError:
                hello = None
            if hello is None or newcomer.gone:
                newcomer.close()
            else:
                newcomer.unread = said[1:]
                self._meet(newcomer, hello)
