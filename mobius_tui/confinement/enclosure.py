"""What a confined command is given, and whether this process is one.

A command is confined by namespaces of its own: a tree of files in which all but a few
folders is read-only, a network that is this machine's loopback alone, and processes
that see and signal each other only. The first of them, the warden, notes what is
refused, and dies with the last; no right to change any of this is left to them.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from msgspec import Struct, to_builtins

SCRATCH_FOLDER = "/dev/shm"  # noqa: S108 - the enclosure's own, gone with it
"""The folder for temporary files: empty at first, and gone with the enclosure."""


class Enclosure(Struct, frozen=True, kw_only=True):
    """A command, and what it may write to; its environment is that of its process."""

    command: tuple[str, ...]
    writable: tuple[str, ...] = ()
    """Absolute paths of folders that are there."""
    refusals: str = ""
    """The file, in one of these folders, in which it is noted what was refused."""
    owner: str = ""
    """The file that gets the pid of the warden, as this side sees it."""
    masked: tuple[str, ...] = ()
    """Sockets that are out of reach: whoever listens there is outside."""
    hides_run: bool = True
    """Whether /run is empty: what is there belongs to the machine's services."""

    def encode(self) -> str:
        """Encode it as an argument of the warden's process."""
        return json.dumps(to_builtins(self))

    @classmethod
    def decode(cls, text: str) -> Enclosure:
        """Decode what `encode` wrote."""
        fields = json.loads(text)
        for name in ("command", "writable", "masked"):
            fields[name] = tuple(fields[name])
        return cls(**fields)

    def may_write(self, path: str) -> bool:
        """Whether an absolute path, without links, is in a folder of its own."""
        folders = (*self.writable, "/dev", "/proc")
        return any(path == each or path.startswith(f"{each}/") for each in folders)


def listening_sockets() -> tuple[str, ...]:
    """The real paths of the sockets of this machine's processes that can be reached."""
    try:
        rows = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return ()
    paths = (row.split(maxsplit=7)[7:] for row in rows[1:])
    named = {path[0] for path in paths if path and path[0][:1] == "/"}
    return tuple(sorted(os.path.realpath(path) for path in named if _is_socket(path)))


def _is_socket(path: str) -> bool:
    try:
        return Path(path).is_socket()
    except OSError:  # it is behind a folder that is another user's
        return False


def is_confined() -> bool:
    """Whether this process is in an enclosure, by what the system lets it do."""
    try:
        is_read_only = bool(os.statvfs("/").f_flag & os.ST_RDONLY)
        return is_read_only and [name for _, name in socket.if_nameindex()] == ["lo"]
    except (OSError, AttributeError):
        return False
