"""Where a run is: on which machine, and in which folder of it, whatever their names.

A copy has the names of what it was copied from, and everything that its files say of
themselves. What it cannot have is the folder itself: its inode, and when that was made.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from mobius_tui.run.storage.state_folders import state_home

MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
"""Where a machine has its id; the first that has one counts."""
_PURPOSE = b"mobius-tui: the machine that a host of a run is on"
"""What a machine's id is hashed with, so that it is not on record itself: with the id
of a machine, others could be found that name it."""
_ID_CHARS = 32
"""Hexadecimal digits of a hashed id: 128 bits."""


def machine_id(files: Sequence[Path] = MACHINE_ID_FILES) -> str:
    """The id of this machine, hashed: equal ids are one machine, or clones of one.

    A machine without an id, as some containers are, goes by its name.

    Args:
        files: where to look for it.
    """
    for path in files:
        with suppress(OSError):
            text = path.read_bytes().strip()
            if len(text) == 32:  # else it is empty, or `uninitialized`
                return _hashed(text)
    return _hashed(_platform_uuid() or b"name: " + os.fsencode(machine_name()))


def machine_name() -> str:
    """The name of this machine, which is for people: others may have it, too."""
    return os.uname().nodename


def _platform_uuid() -> bytes:
    """The id that macOS has of a machine; empty elsewhere."""
    if os.uname().sysname != "Darwin":
        return b""
    command = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(command, capture_output=True, timeout=5, check=True)
        for line in said.stdout.splitlines():
            if b'"IOPlatformUUID"' in line:
                return line.rpartition(b"=")[2].strip().strip(b'"')
    return b""


def _hashed(text: bytes) -> str:
    return hmac.new(_PURPOSE, text, hashlib.sha256).hexdigest()[:_ID_CHARS]


class Place(Struct, frozen=True, kw_only=True):
    """A folder of a machine, as a journal has it; what is not known is empty."""

    machine: str = ""
    """The machine's id, hashed; see `machine_id`."""
    name: str = ""
    """The machine's name, for people."""
    path: str = ""
    """Where the folder lies, without links."""
    device: str = ""
    """The number of its file system, which the next boot may give to another."""
    inode: str = ""
    born: str = ""
    """When the folder was made, in nanoseconds since 1970: an inode's number is given
    again once its folder is removed."""
    file_system: str = ""
    """The file system's own id; not every kind of them keeps it over a boot."""
    state: str = ""
    """The folder of whoever ran it that has what this machine knows of the run's key;
    see `KeyFile`."""

    def as_mapping(self) -> dict[str, str]:
        """The place as the journal has it."""
        return asdict(self)

    @classmethod
    def of_mapping(cls, found: Mapping[str, str]) -> Place:
        """The place that `as_mapping` wrote, perhaps by a newer version."""
        known = set(cls.__struct_fields__)
        return cls(**{name: found[name] for name in known & found.keys()})

    @property
    def is_on_this_machine(self) -> bool:
        """Whether it is, or was, on the machine of this process."""
        return self.machine == machine_id()


def place_of(folder: Path) -> Place:
    """Where a folder is.

    Raises:
        OSError: it is not there.
    """
    status = folder.stat()
    return Place(
        machine=machine_id(),
        name=machine_name(),
        path=os.path.realpath(folder),
        device=f"{status.st_dev:x}",
        inode=str(status.st_ino),
        born=_born(folder, status),
        file_system=f"{os.statvfs(folder).f_fsid:x}",
        state=str(state_home()),
    )


def is_same_place(then: Place, here: Place, *, is_same_boot: bool) -> bool:
    """Whether a folder is the one that it was, moved within its file system or not.

    After a boot, file systems may have other numbers: a folder then counts as the same
    if the file system has the same id, and lies where it lay.

    Args:
        then: where it was.
        here: where it is.
        is_same_boot: whether both are of one boot of the machine.
    """
    if not then.machine or then.machine != here.machine or then.inode != here.inode:
        return False
    if then.born and here.born and then.born != here.born:
        return False
    if then.device == here.device:
        return True
    where = (then.file_system, then.path)
    return not is_same_boot and where == (here.file_system, here.path)


_STATX_WORKING_DIRECTORY, _STATX_BORN, _STATX_BYTES = -100, 0x800, 256
"""Of statx(2): the folder that a path begins from, the bit that asks for the time of
birth and says that it is there, and the size of the answer."""
_BORN_SECONDS, _BORN_NANOSECONDS = slice(80, 88), slice(88, 92)
"""Where the answer has that time."""


def _born(folder: Path, status: os.stat_result) -> str:
    """When a folder was made, in nanoseconds since 1970; empty if that is not known."""
    seconds: float | None = getattr(status, "st_birthtime", None)  # macOS, BSD
    if seconds is not None:
        return str(int(seconds * 1_000_000_000))
    import ctypes

    statx = getattr(ctypes.CDLL(None), "statx", None)
    if statx is None:
        return ""
    answer = ctypes.create_string_buffer(_STATX_BYTES)
    path = os.fsencode(folder)
    if statx(_STATX_WORKING_DIRECTORY, path, 0, _STATX_BORN, answer) != 0:
        return ""

    def number(part: slice) -> int:
        return int.from_bytes(answer.raw[part], sys.byteorder, signed=True)

    if not number(slice(4)) & _STATX_BORN:
        return ""
    return str(number(_BORN_SECONDS) * 1_000_000_000 + number(_BORN_NANOSECONDS))
