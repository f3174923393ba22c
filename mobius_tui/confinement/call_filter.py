"""A filter by which the warden is told of calls that would write or connect.

It decides nothing: the read-only tree and the empty network refuse by themselves. It is
how it is known what was refused. Linux 5.5 or newer, on x86-64 and 64-bit ARM.
"""

from __future__ import annotations

import ctypes
import fcntl
import platform
import struct
from collections.abc import Mapping

from msgspec import Struct

from mobius_tui.confinement.syscalls import raw_call

_X86_64: Mapping[str, int] = {
    "open": 2,
    "creat": 85,
    "openat": 257,
    "openat2": 437,
    "truncate": 76,
    "mkdir": 83,
    "mkdirat": 258,
    "rmdir": 84,
    "unlink": 87,
    "unlinkat": 263,
    "rename": 82,
    "renameat": 264,
    "renameat2": 316,
    "link": 86,
    "linkat": 265,
    "symlink": 88,
    "symlinkat": 266,
    "mknod": 133,
    "mknodat": 259,
    "chmod": 90,
    "fchmodat": 268,
    "fchmodat2": 452,
    "chown": 92,
    "lchown": 94,
    "fchownat": 260,
    "utimensat": 280,
    "connect": 42,
    "sendto": 44,
}
_ARM_64: Mapping[str, int] = {
    "openat": 56,
    "openat2": 437,
    "truncate": 45,
    "mkdirat": 34,
    "unlinkat": 35,
    "renameat": 38,
    "renameat2": 276,
    "linkat": 37,
    "symlinkat": 36,
    "mknodat": 33,
    "fchmodat": 53,
    "fchmodat2": 452,
    "fchownat": 54,
    "utimensat": 88,
    "connect": 203,
    "sendto": 206,
}
_MACHINES: Mapping[str, tuple[int, int, Mapping[str, int]]] = {
    "x86_64": (0xC000003E, 317, _X86_64),
    "aarch64": (0xC00000B7, 277, _ARM_64),
}
"""By machine: how the kernel calls it, the number of `seccomp`, and of each call."""

_WRITES = 0o1 | 0o2 | 0o100 | 0o1000
"""Of the flags of `open`: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""
_FLAGS_AT = {"open": 1, "openat": 2}
"""The argument with these flags."""
_SENDTO_ADDRESS_AT = 4
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_ANY, _RETURN = 0x20, 0x15, 0x45, 0x06
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_ALL_BITS = 0xFFFFFFFF
_CONTINUE = 1


class Call(Struct, frozen=True, kw_only=True):
    """A system call that waits for its answer."""

    id: int
    pid: int
    name: str
    arguments: tuple[int, ...]


def can_filter() -> bool:
    """Whether the calls of this machine's processor are known."""
    return platform.machine() in _MACHINES


def install_filter() -> int:
    """Filter the calls of this process and all that it starts.

    Returns:
        A descriptor for whoever answers them.

    Raises:
        OSError: the system refuses it.
    """
    architecture, seccomp, numbers = _MACHINES[platform.machine()]
    program = b"".join(_program(architecture, numbers))
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    return raw_call(seccomp, _SET_MODE_FILTER, _NEW_LISTENER, header)


def _program(architecture: int, numbers: Mapping[str, int]) -> list[bytes]:
    """The filter, as the kernel's own machine runs it."""
    tell, allow = _row(_RETURN, value=_NOTIFY), _row(_RETURN, value=_ALLOW)
    rows = [
        _row(_LOAD, value=4),
        _row(_JUMP_IF_EQUAL, 1, 0, architecture),
        allow,
        _row(_LOAD, value=0),
    ]
    for name, number in numbers.items():
        argument = _SENDTO_ADDRESS_AT if name == "sendto" else _FLAGS_AT.get(name)
        if argument is None:
            rows += [_row(_JUMP_IF_EQUAL, 0, 1, number), tell]
        else:
            mask = _ALL_BITS if name == "sendto" else _WRITES
            rows += [
                _row(_JUMP_IF_EQUAL, 0, 4, number),
                _row(_LOAD, value=16 + 8 * argument),
                _row(_JUMP_IF_ANY, 0, 1, mask),
                tell,
                allow,
            ]
    return [*rows, allow]


def _row(code: int, if_so: int = 0, if_not: int = 0, value: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_so, if_not, value)


def receive_call(listener: int) -> Call | None:
    """The next call that waits; `None` where its process has gone.

    Args:
        listener: what `install_filter` gave.
    """
    packed = bytearray(80)
    try:
        fcntl.ioctl(listener, _RECEIVE, packed)
    except OSError:
        return None
    found = struct.unpack("QIIiIQ6Q", packed)
    numbers = _MACHINES[platform.machine()][2]
    name = next((n for n, number in numbers.items() if number == found[3]), "")
    return Call(id=found[0], pid=found[1], name=name, arguments=found[6:])


def let_go_on(listener: int, call: Call) -> None:
    """Answer a call: the kernel does it, or refuses it, as without a filter."""
    answer = struct.pack("QqiI", call.id, 0, 0, _CONTINUE)
    while True:
        try:
            fcntl.ioctl(listener, _ANSWER, answer)
        except InterruptedError:
            continue  # a child has died just now; unanswered, a call waits for ever
        except OSError:
            return  # its process was killed meanwhile
        return
