"""What a command writes: into a file, whole or not at all, or on standard output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from mobius_tui.commands.speaking import tell
from mobius_tui.errors import UsageError


def write(text: str, target: str | None) -> None:
    """Write a text where it is wanted.

    Args:
        text: what to write.
        target: a file, which is replaced; `-` or nothing for standard output.

    Raises:
        UsageError: it cannot be written there; what was there is as it was.
    """
    if target in (None, "-"):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    path = Path(target or "")
    if path.is_dir():
        raise UsageError(f"-o {path}: that is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"-o {path}: that is no regular file; name another")
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise UsageError(f"-o {path}: {error.strerror}") from error
    tell(f"written to {path}")
