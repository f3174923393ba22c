"""Writing a runbook's source file: whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mobius_tui.errors import UsageError


def write_source(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file that is at no time half there.

    Args:
        path: the file.
        data: all of it.
        replace: whether one that is there may be replaced; a link to one is followed.

    Raises:
        UsageError: it is there already, or cannot be written; nothing has changed.
    """
    if replace and path.is_symlink():
        path = path.resolve()
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it")
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(path)
        else:
            _put(beside, path)
    except FileExistsError:
        raise UsageError(f"{path} is there already, and was left as it is") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)


def _put(beside: Path, path: Path) -> None:
    """Give a file its name, unless something has that name already."""
    try:
        path.hardlink_to(beside)  # fails where something is, unlike a rename
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links: there the name is taken first, and filled.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        beside.replace(path)
