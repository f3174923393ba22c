"""Connects to Unix sockets whose path may be longer than the system allows."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_SOCKET_PATH_BYTES = 100
"""Bytes of a socket's path that every system takes (104 on macOS, 108 on Linux)."""


@contextmanager
def short_socket_path(path: Path) -> Iterator[Path]:
    """A path to the socket that every system accepts, while the block lasts."""
    if len(bytes(path)) <= MAX_SOCKET_PATH_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mt-") as folder:
        link = Path(folder) / "d"
        link.symlink_to(path.parent)
        yield link / path.name


def connect_socket(path: Path) -> socket.socket:
    """Connect to a socket.

    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_socket_path(path) as way:
            connection.connect(str(way))
    except OSError:
        connection.close()
        raise
    return connection
