"""Who is at the other end of a Unix socket. Bare keepers import it too."""

import socket
import struct


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket."""
    if hasattr(socket, "SO_PEERCRED"):
        size = struct.calcsize("3i")
        data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", data)[1])
    return _xucred_uid(connection)


def _xucred_uid(connection: socket.socket) -> int:
    """By LOCAL_PEERCRED: a struct xucred begins with a version and the user id."""
    data = connection.getsockopt(0, 1, 80)
    return int(struct.unpack("=Ii", data[:8])[1])
