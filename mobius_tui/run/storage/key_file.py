"""What a machine knows of a run by its key, wherever the run's folder is.

`keys/DIGEST` in the state folder is locked by the host of the run, and says how far the
journal got, and where. So of a run and its copies one alone has a host; and a folder
that was put back from an earlier time is not taken for the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from msgspec.structs import asdict

from mobius_tui.errors import RunError
from mobius_tui.folders import sync_folder
from mobius_tui.json_border import JsonObject, json_as
from mobius_tui.run.storage.run_directory import try_lock
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import make_private_folder, state_home

KEYS_FOLDER = "keys"
"""The folder of all such files, in the state folder."""
MAX_KEY_FILE_BYTES = 1 << 14
"""A path has at most 4,096 bytes, and each may be six in JSON; there are two."""
LOCK_TIMEOUT = 1.0
"""Seconds for which the lock is tried: whoever only looks at it has it for a moment."""


class KnownRun(JsonObject, frozen=True, kw_only=True):
    """How far a run got on this machine, and where."""

    pid: int
    """The process id of its host."""
    epoch: int
    """How often it was taken over, and one."""
    entries: int
    """How many entries its journal had."""
    head: str
    """The digest of the last of them."""
    path: str
    """The run's folder."""
    state: str
    """The state folder of whoever ran it."""


def key_path(run_key: str, state: Path) -> Path:
    """Where a state folder has what is known of a run.

    Args:
        run_key: the run's; a journal has it, so that it may be any text.
        state: the folder, as `state_home` names it.
    """
    digest = hashlib.sha256(run_key.encode("utf-8", "surrogatepass")).hexdigest()
    return state / KEYS_FOLDER / digest[:32]


def read_known_run(path: Path) -> KnownRun | None:
    """What is known of a run; `None` where that is nothing, or cannot be read."""
    with suppress(OSError, ValueError), open_regular(path) as file:
        return json_as(KnownRun, file.readline(MAX_KEY_FILE_BYTES))
    return None


class KeyFile:
    """The file of a run's key, locked for as long as this process has it open."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    @classmethod
    def take(cls, run_key: str, state: Path) -> KeyFile:
        """Lock the file of a run's key.

        Args:
            run_key: the run's.
            state: the folder that has it; in this process's own it is made.

        Raises:
            RunError: a host of the run, or of a copy of it, has it; says where. Or it
                cannot be made.
        """
        path = key_path(run_key, state)
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        if state == state_home():
            make_private_folder(path.parent.parent)
            make_private_folder(path.parent)
            flags |= os.O_CREAT
        try:
            handle = os.open(path, flags, 0o600)
        except OSError as error:
            raise RunError(f"{path}: {error.strerror}") from error
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not try_lock(handle):
            if time.monotonic() > deadline:
                os.close(handle)
                raise RunError(held_text(read_known_run(path)))
            time.sleep(0.01)
        return cls(path, handle)

    def is_at(self, path: Path) -> bool:
        """Whether a path leads to this file: a state folder may have two names."""
        try:
            return os.path.samestat(os.fstat(self._handle), path.stat())
        except OSError:
            return False

    @property
    def known(self) -> KnownRun | None:
        """What it says."""
        return read_known_run(self._path)

    def write(self, known: KnownRun) -> None:
        """Write what is known now.

        It is no truth of its own: it may lack the end of a journal after the machine
        has died, and then asks for less. It never says more than is on the disk.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(asdict(known), separators=(",", ":"))
        os.pwrite(self._handle, text.encode() + b"\n", 0)

    def sync(self) -> None:
        """Make it durable.

        Raises:
            OSError: it is not known to be.
        """
        os.fsync(self._handle)
        sync_folder(self._path.parent)

    def close(self) -> None:
        """Free the lock."""
        os.close(self._handle)


def held_text(known: KnownRun | None) -> str:
    """That a host runs a run or a copy of it, in words.

    Args:
        known: what that host wrote; `None` where it has just begun.
    """
    if known is None:
        return "another host begins this run, or a copy of it, just now; try again"
    return (
        f"this run is run by host process {known.pid} in {known.path} already; "
        f"`mobius-tui resume {known.path}` shows it"
    )
