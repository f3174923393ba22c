"""What a system call that waits would write or reach beyond its enclosure."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.confinement.call_filter import Call
from mobius_tui.confinement.enclosure import Enclosure
from mobius_tui.confinement.refusals import Refusal

_PATHS: dict[str, tuple[tuple[int | None, int], ...]] = {
    **dict.fromkeys(("open", "creat", "truncate", "mkdir", "rmdir"), ((None, 0),)),
    **dict.fromkeys(("unlink", "mknod", "chmod", "chown", "lchown"), ((None, 0),)),
    **dict.fromkeys(("openat", "openat2", "mkdirat", "unlinkat"), ((0, 1),)),
    **dict.fromkeys(("mknodat", "fchmodat", "fchmodat2", "fchownat"), ((0, 1),)),
    "utimensat": ((0, 1),),
    "rename": ((None, 0), (None, 1)),
    **dict.fromkeys(("renameat", "renameat2"), ((0, 1), (2, 3))),
    "link": ((None, 1),),
    "linkat": ((2, 3),),
    "symlink": ((None, 1),),
    "symlinkat": ((1, 2),),
}
"""By call: its paths, each with the argument of its folder (none for the current one)
and its own. Of a link only its new name is written."""
_MAKES_NEW = ("mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink")
"""Calls that change nothing where the path is there already."""
_NEEDS_OLD = (
    *("rmdir", "unlink", "unlinkat", "truncate", "chmod", "chown", "lchown"),
    *("fchmodat", "fchmodat2", "fchownat", "utimensat"),
)
"""Calls that change nothing where the path is not there."""
_WRITES, _CREATES = 0o1 | 0o2 | 0o1000, 0o100
_OPEN_FLAGS_AT = {"open": 1, "openat": 2}
_AT_FDCWD = -100
_MAX_PATH = 4096
_ADDRESSES = {"connect": (1, 2), "sendto": (4, 5)}
"""By call: the arguments with an address and its length."""
_NOISE = "/__pycache__/"
"""What Python keeps beside its modules: it does without."""


def refused_by_call(call: Call, enclosure: Enclosure) -> Iterator[Refusal]:
    """What a call would write, or reach, that the enclosure refuses.

    Args:
        call: it waits, so that its process holds still.
        enclosure: says what is not refused.

    Raises:
        OSError: its process has gone, or its memory may not be read.
        ValueError: what it names cannot be read.
    """
    if call.name in _ADDRESSES:
        yield from _refused_address(call, enclosure)
        return
    for folder_at, path_at in _PATHS.get(call.name, ()):
        path = _whole_path(call, folder_at, path_at)
        if path is None or enclosure.may_write(path) or _NOISE in path:
            continue
        if _changes_something(call, path):
            yield Refusal(kind="write", what=path, by=_program(call.pid))


def _changes_something(call: Call, path: str) -> bool:
    """Whether a call would change something, as far as that can be seen."""
    is_there = os.path.lexists(path)
    if call.name in _MAKES_NEW or call.name == "symlinkat":
        return not is_there
    if call.name in _NEEDS_OLD:
        return is_there
    flags_at = _OPEN_FLAGS_AT.get(call.name)
    flags = call.arguments[flags_at] if flags_at is not None else _WRITES
    if call.name == "openat2":
        flags = struct.unpack("Q", _memory(call.pid, call.arguments[2], 8))[0]
    if is_there:
        return bool(flags & _WRITES)
    return bool(flags & _CREATES) or call.name in ("creat", "rename", "renameat2")


def _whole_path(call: Call, folder_at: int | None, path_at: int) -> str | None:
    """The absolute path that a call names, its folder without links."""
    raw = _memory(call.pid, call.arguments[path_at], _MAX_PATH).partition(b"\0")[0]
    if not raw:
        return None
    folder = "cwd"
    if folder_at is not None:
        number = struct.unpack("i", struct.pack("I", call.arguments[folder_at] % 2**32))
        folder = "cwd" if number[0] == _AT_FDCWD else f"fd/{number[0]}"
    base = Path("/")
    if raw[:1] != b"/":
        base = Path("/proc", str(call.pid), folder).readlink()
    path = base / os.fsdecode(raw)
    if call.name.startswith(("open", "creat", "truncate")):
        return os.path.realpath(path)
    return os.path.normpath(Path(os.path.realpath(path.parent), path.name))


def _refused_address(call: Call, enclosure: Enclosure) -> Iterator[Refusal]:
    address_at, length_at = _ADDRESSES[call.name]
    length = min(call.arguments[length_at] % 2**32, 128)
    raw = _memory(call.pid, call.arguments[address_at], length)
    family = struct.unpack_from("H", raw)[0] if len(raw) > 2 else socket.AF_UNSPEC
    by = _program(call.pid)
    if family == socket.AF_UNIX:
        path = os.fsdecode(raw[2:].partition(b"\0")[0])
        if os.path.realpath(path) in enclosure.masked:
            yield Refusal(kind="connect", what=path, by=by)
        return
    host, port = "", struct.unpack_from("!H", raw, 2)[0] if len(raw) > 4 else 0
    if family == socket.AF_INET:
        host = socket.inet_ntop(family, raw[4:8])
    elif family == socket.AF_INET6:
        host = f"[{socket.inet_ntop(family, raw[8:24])}]"
    # It is what a script connects to; nothing of ours listens there.
    is_here = host.startswith("127.") or host in ("[::1]", "0.0.0.0")  # nosec B104
    if host and port and not is_here:
        yield Refusal(kind="connect", what=f"{host}:{port}", by=by)


def _memory(pid: int, at: int, size: int) -> bytes:
    """Bytes of another process, up to the end of what it has there.

    Raises:
        OSError: they may not be read.
        ValueError: there are none.
    """
    handle = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        # Not beyond a page at a time: the next one may not be there.
        found = b""
        while len(found) < size:
            here = at + len(found)
            part = min(size - len(found), 4096 - here % 4096)
            try:
                more = os.pread(handle, part, here)
            except OSError:
                break
            found += more
            if not more or (b"\0" in more and size == _MAX_PATH):
                break
    finally:
        os.close(handle)
    if not found:
        raise ValueError(f"nothing at {at:x} of {pid}")
    return found


def _program(pid: int) -> str:
    """The name of a process's program."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
