"""What a command writes: into a file, whole or not at all, or on standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from mobius_tui.commands.speaking import tell
from mobius_tui.errors import UsageError
from mobius_tui.runbook.source_file import write_source


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
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"{path} is no regular file; name another")
    write_source(path, text.encode(), replace=True)
    tell(f"written to {path}")
