"""Who is at the other end of a Unix socket. Bare keepers import it too."""

import errno
import os
import socket
import struct

SO_PEERPIDFD = 77
"""Linux 6.5 has it; Python 3.11 has no name for it."""


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket."""
    if hasattr(socket, "SO_PEERCRED"):
        return _ucred(connection)[1]
    return _xucred_uid(connection)


def peer_pid(connection: socket.socket) -> int:
    """The process that connected a Unix socket; 0 where the system does not say."""
    if hasattr(socket, "SO_PEERCRED"):
        return _ucred(connection)[0]
    try:
        return connection.getsockopt(0, 2)  # LOCAL_PEERPID
    except OSError:
        return 0


def peer_pidfd(connection: socket.socket) -> "int | None":
    """Return a pidfd of the process that connected a Unix socket; the caller closes it.

    Before Linux 6.5 it is opened by the process id, so call this right after the
    connection, before another process can have that id.

    Returns:
        The descriptor; `None` where the system has none, as macOS.

    Raises:
        OSError: the process has gone.
    """
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return connection.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD)
    except OSError as error:
        if error.errno != errno.ENOPROTOOPT:
            raise
    return os.pidfd_open(peer_pid(connection))


def _ucred(connection: socket.socket) -> "tuple[int, int, int]":
    """By SO_PEERCRED: the numbers of process, user and group."""
    size = struct.calcsize("3i")
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, gid = struct.unpack("3i", data)
    return pid, uid, gid


def _xucred_uid(connection: socket.socket) -> int:
    """By LOCAL_PEERCRED: a struct xucred begins with a version and the user id."""
    data = connection.getsockopt(0, 1, 80)
    return int(struct.unpack("=Ii", data[:8])[1])
