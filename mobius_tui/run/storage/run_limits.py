"""How many runs of this machine may be at the same thing at once: `[limits]`.

One file, in which each thing (a host, a folder, a runbook) has a byte of its own: who
is at it locks the byte. The kernel unlocks it when the process ends, however it ends.
The file's content means nothing. All accounts of the machine have one file, where the
system has a folder for it; whoever may lock there may also keep others from their runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.folders import make_folders
from mobius_tui.run.storage.state_folders import account_name, state_home
from mobius_tui.runbook.model.targets import MAX_RUNS_AT_ONCE

SHARED_FOLDER = Path("/run/lock")
"""Where the accounts of a machine have a lock in common; not each system has it."""
FILE_NAME = "mobius-tui-limits"
_OFFSET_BITS = 60
_FLOCK = "qqihh" if sys.platform == "darwin" else "hhqqi4x"
"""The layout of the system's `struct flock`."""


class LimitedThing(Struct, frozen=True, kw_only=True):
    """One thing, and how many runs may be at it at once."""

    kind: str
    """The key of `[limits]`: `same_hosts`, `same_folder`, `same_runbook`."""
    name: str
    """For a person: a host, a folder, a runbook."""
    identity: str
    """What it is the same by, whatever it is called."""
    most: int

    @property
    def first_byte(self) -> int:
        """Where its bytes begin; there are `most` of them."""
        text = f"{self.kind}\0{self.identity}".encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(text).digest()
        return int.from_bytes(digest[:8], "big") >> (64 - _OFFSET_BITS)


def encode_things(things: Sequence[LimitedThing]) -> Mapping[str, int] | None:
    """Things as a field of an event: a text each, and how many runs may be at it."""
    return {
        "\t".join((each.kind, each.identity, each.name)): each.most for each in things
    } or None


def decode_things(encoded: Mapping[str, int] | None) -> tuple[LimitedThing, ...]:
    """Things from a field of an event.

    Raises:
        RunError: they are none.
    """
    found = []
    for text, most in (encoded or {}).items():
        kind, identity, name = [*text.split("\t", 2), "", ""][:3]
        if not (identity and name and 0 < most <= MAX_RUNS_AT_ONCE):
            raise RunError("the run's limits are not what this program writes")
        found.append(LimitedThing(kind=kind, identity=identity, name=name, most=most))
    return tuple(found)


def limits_file(shared: Path = SHARED_FOLDER) -> Path:
    """The file of the machine's limits, or, where there can be none, of this account.

    Args:
        shared: the folder of all accounts.
    """
    if shared.is_dir() and os.access(shared, os.W_OK | os.X_OK):
        return shared / FILE_NAME
    return state_home() / FILE_NAME


def take_limits(things: Sequence[LimitedThing], file: Path) -> int | None:
    """Lock a byte for each thing, until the process ends or the descriptor is closed.

    Args:
        things: all, or none of them is taken.
        file: see `limits_file`; a process opens it once.

    Returns:
        The descriptor; `None` if there is nothing to lock.

    Raises:
        RunError: so many runs are at one of them already, or the file cannot be used.
    """
    if not things:
        return None
    try:
        handle = _opened(file)
    except OSError as error:
        raise RunError(f"[limits]: {file}: {error.strerror}") from error
    for thing in things:
        if not any(_lock(handle, byte) for byte in _bytes_of(thing)):
            words = _taken_text(handle, thing)
            os.close(handle)
            raise RunError(words)
    return handle


def _opened(file: Path) -> int:
    """Open the file, which anybody may have made; only its locks are used.

    Raises:
        OSError: it cannot be made or opened, or is no regular file.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        # Not with O_CREAT: the kernel refuses that for another's file in such a folder.
        handle = os.open(file, flags)
    except FileNotFoundError:
        make_folders(file.parent)
        try:
            handle = os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
            if file.parent == SHARED_FOLDER:
                # All accounts lock in it, and nothing is ever written there.
                os.fchmod(handle, 0o666)  # nosec B103
        except FileExistsError:  # by somebody else, just now
            handle = os.open(file, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is no regular file")
    return handle


def _bytes_of(thing: LimitedThing) -> Iterator[int]:
    return iter(range(thing.first_byte, thing.first_byte + thing.most))


def _lock(handle: int, byte: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError:
        return False
    return True


def _taken_text(handle: int, thing: LimitedThing) -> str:
    holder = _holder(handle, thing.first_byte)
    many = "another run is" if thing.most == 1 else f"{thing.most} runs are"
    return (
        f"[limits] {thing.kind} = {thing.most}: {many} at {thing.name} already, "
        f"{holder}; wait for its end, or stop it"
    )


def _holder(handle: int, byte: int) -> str:
    """The process that has locked a byte, and whose it is, in words."""
    kind = fcntl.F_WRLCK
    asked = struct.pack(
        f"@{_FLOCK}",
        *((byte, 1, 0, kind, 0) if _FLOCK[0] == "q" else (kind, 0, byte, 1, 0)),
    )
    try:
        told = struct.unpack(f"@{_FLOCK}", fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except OSError:
        return "of a process that cannot be named"
    pid = told[2] if _FLOCK[0] == "q" else told[4]
    try:
        owner = account_name(Path(f"/proc/{pid}").stat().st_uid)
    except OSError:
        return f"of process {pid}"
    return f"of {owner}, process {pid}"
