"""Connects to Unix sockets whose path may be longer than the system allows."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_SOCKET_PATH_BYTES = 100
"""Bytes of a socket's path that every system takes (104 on macOS, 108 on Linux)."""

_OWN_DESCRIPTORS = Path("/proc/self/fd")
"""Where a system has it, the way to a folder that is open, however long its path."""


@contextmanager
def short_socket_path(path: Path) -> Iterator[Path]:
    """A path to the socket that every system accepts, while the block lasts."""
    if len(bytes(path)) <= MAX_SOCKET_PATH_BYTES:
        yield path
        return
    if _OWN_DESCRIPTORS.is_dir():
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield _OWN_DESCRIPTORS / str(folder) / path.name
        finally:
            os.close(folder)
        return
    with tempfile.TemporaryDirectory(prefix="mt-") as place:
        link = Path(place) / "d"
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
