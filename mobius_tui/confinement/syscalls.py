"""The system calls that the standard library lacks, by `ctypes`; Linux alone."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR = 442
"""The number of the call, which is the same on every architecture."""
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY = 1
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    """Raise for a call that failed.

    Raises:
        OSError: it did.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """Leave namespaces for new ones.

    Raises:
        OSError: the system refuses it.
    """
    _check(_libc.unshare(flags), "unshare")


def mount(
    source: str, target: str, kind: str = "", flags: int = 0, data: str = ""
) -> None:
    """Mount a file system, or a folder or file elsewhere.

    Raises:
        OSError: the system refuses it; names the target.
    """
    words = (each.encode() if each else None for each in (source, target, kind))
    options = data.encode() if data else None
    _check(_libc.mount(*words, ctypes.c_ulong(flags), options), target)


def set_read_only(path: str, *, read_only: bool, below: bool = False) -> None:
    """Make a mount read-only, or writable again.

    Args:
        path: where it is mounted.
        read_only: which.
        below: whether with all that is mounted below it.

    Raises:
        OSError: the system refuses it, or is older than Linux 5.12.
    """
    attributes = (_ATTR_RDONLY, 0) if read_only else (0, _ATTR_RDONLY)
    packed = struct.pack("QQQQ", *attributes, 0, 0)
    flags = _AT_RECURSIVE if below else 0
    call = (_MOUNT_SETATTR, _AT_FDCWD, path.encode(), flags, packed, len(packed))
    _check(_libc.syscall(*call), path)


def drop_rights() -> None:
    """Give up every right of an administrator, for good: also for what is executed.

    Raises:
        OSError: the system refuses it.
    """
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    number = 0
    while _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) == 0:
        number += 1  # to the last one that this kernel knows


def set_loopback_up() -> None:
    """Switch on the loopback of a new network.

    Raises:
        OSError: the system refuses it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        found = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14x", found)[1] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


def raw_call(number: int, *arguments: object) -> int:
    """Make a system call by its number.

    Raises:
        OSError: it failed.
    """
    result: int = _libc.syscall(number, *arguments)
    _check(result, f"system call {number}")
    return result
