"""Folders in which nobody else may write, and files that are there whole or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_folders(path: Path, mode: int = 0o700) -> None:
    """Make a folder where it is missing, and those above it that are.

    `mkdir` itself gives the mode to the last one alone, and makes the others as open as
    the umask allows.

    Args:
        path: the folder.
        mode: of each that is made; no more than its owner may write.

    Raises:
        OSError: one cannot be made, or something else stands there.
    """
    try:
        path.mkdir(mode=mode)
    except FileNotFoundError:
        if path.parent == path:
            raise
        make_folders(path.parent, mode)
        path.mkdir(mode=mode, exist_ok=True)
    except FileExistsError:
        if not path.is_dir():
            raise


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def written_beside(path: Path, data: bytes, mode: int | None = None) -> Iterator[Path]:
    """A durable file beside a path, for whoever gives it that name in the block.

    It is gone afterwards if nobody did, and its name is durable if somebody did.

    Args:
        path: whose name it is to get.
        data: its content.
        mode: its permissions; if None, those that the umask gives a new file.

    Raises:
        OSError: it cannot be written, or the folder cannot be synced.
    """
    new = path.with_name(f".{path.name[:100]}.{os.urandom(4).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    first = 0o666 if mode is None else 0o600
    try:
        with os.fdopen(os.open(new, flags, first), "wb") as file:
            file.write(data)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        yield new
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Put a file in another's place, whole or not at all, and durably.

    What stands there, a link perhaps, is never written to. Arguments as for
    `written_beside`.

    Raises:
        OSError: it could not be written, and what was there is unchanged; or its folder
            could not be synced.
    """
    with written_beside(path, data, mode) as new:
        new.replace(path)
