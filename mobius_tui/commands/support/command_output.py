"""How a command writes: data to stdout or a file, narration to stderr."""

from __future__ import annotations

import sys
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.program_name import message_text
from mobius_tui.runbook.toml.runbook_source import write_source


def print_data(text: str) -> None:
    """Print data, which is what the command was asked for, to stdout."""
    print(text, flush=True)  # noqa: T201


def narrate(text: str) -> None:
    """Print a remark to stderr, so that stdout holds data alone."""
    print(message_text(text), file=sys.stderr, flush=True)  # noqa: T201


def write_output(text: str, target: str | None) -> None:
    """Write a text to a file or standard output.

    Args:
        text: what to write.
        target: a file, which is replaced; `-` or nothing for standard output.

    Raises:
        UsageError: it cannot be written there; the old file is unchanged.
    """
    if target in (None, "-"):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    path = Path(target or "")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"{path} is no regular file; name another")
    write_source(path, text.encode(), replace=True)
    narrate(f"written to {path}")
