"""A shared run that somebody else goes on with: their copy of it, and the note of that.

Commands run as whoever starts a host, and nobody but its owner writes a run's files.
So who has control over a run of another's, whose host has ended, makes a copy that is
their own, and notes in the original where it went. The note is the one file that the
group may write.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.folders import sync_folder
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    create_file,
    try_lock,
)
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import (
    account_name,
    make_folder,
    make_shared_folder,
)
from mobius_tui.sanitize import line

NOTE_MODE = 0o660
MAX_NOTE_BYTES = 1 << 13
"""Bytes that are read of a note: a path has at most 4,096."""
_LEFT_EMPTY = frozenset({"lock", "tree", "taken"})
"""Files of a run that are about its own folder: a copy has others."""
_CHUNK = 1 << 20


def make_takeover_note(run: RunDirectory) -> None:
    """Make the empty note of a run over which its group has control.

    Raises:
        OSError: it cannot be made.
    """
    create_file(run.takeover_note)
    run.takeover_note.chmod(NOTE_MODE)


def read_takeover_note(run: RunDirectory) -> str:
    """The folder in which somebody else goes on with a run; empty if nobody does.

    It is what a member of the group wrote: any text.
    """
    with suppress(OSError), open_regular(run.takeover_note) as file:
        return os.fsdecode(file.read(MAX_NOTE_BYTES)).strip()
    return ""


def refuse_taken(run: RunDirectory) -> None:
    """Refuse to go on with a run with which somebody else went on.

    Raises:
        RunError: it is one; says where it goes on, and by whom.
    """
    where = read_takeover_note(run)
    if not where:
        return
    by = "somebody with control over it"
    with suppress(OSError, ValueError):
        by = account_name(Path(where).lstat().st_uid)
    raise RunError(
        f"{by} went on with {run.id}, in {line(where)}; `mobius-tui resume "
        f"{line(where)}` shows it. Where that is gone, empty {run.takeover_note}"
    )


@contextmanager
def held_without_host(run: RunDirectory) -> Iterator[None]:
    """Keep every host from beginning, in a run of another's that this user may read.

    Raises:
        RunError: one runs it, or just begins.
    """
    try:
        handle = os.open(run.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RunError(f"{run.lock}: {error.strerror}") from error
    try:
        if not try_lock(handle):
            raise RunError(
                f"{run.id} has a host; `mobius-tui resume {run.id}` shows it"
            )
        yield
        fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def copy_and_note(run: RunDirectory, group: str) -> RunDirectory:
    """Copy a run of another's, and note there where it goes on.

    The caller holds it by `held_without_host`. The copy is shared with the same group.
    Files that this user may not read are left out: secrets of a play that was killed. A
    kill on the way leaves a copy, with which nobody goes on unasked.

    Args:
        run: the original.
        group: with which it is shared.

    Raises:
        MobiusError: it cannot be copied.
    """
    root = make_shared_folder(group)
    copy = RunDirectory(root / run.path.name)
    try:
        make_folder(copy.path)
        _copy_folder(run.path, copy.path)
        copy.takeover_note.chmod(NOTE_MODE)
        sync_folder(root)
        flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(run.takeover_note, flags)
        with os.fdopen(handle, "wb") as note:
            note.write(os.fsencode(copy.path) + b"\n")
            note.flush()
            os.fsync(handle)
    except FileExistsError as error:
        raise RunError(
            f"{copy.path} is there already; `mobius-tui takeover {copy.path}` goes on "
            "with it"
        ) from error
    except OSError as error:
        raise RunError(f"{error.filename or copy.path}: {error.strerror}") from error
    return copy


def _copy_folder(source: Path, target: Path) -> None:
    """Copy what is in a folder; no link is followed, and no pipe or device opened."""
    with os.scandir(source) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            mode = entry.stat(follow_symlinks=False).st_mode
            path = target / entry.name
            if stat.S_ISDIR(mode):
                make_folder(path)
                _copy_folder(Path(entry.path), path)
            elif stat.S_ISREG(mode):
                _copy_file(Path(entry.path), path)
    sync_folder(target)


def _copy_file(source: Path, target: Path) -> None:
    if source.name in _LEFT_EMPTY:
        create_file(target)
        return
    try:
        found = open_regular(source)
    except PermissionError:
        return
    create_file(target)
    with found, target.open("r+b") as file:
        while chunk := found.read(_CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
