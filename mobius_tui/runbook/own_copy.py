"""Which file of a runbook a person may edit, and a copy where it is none of theirs."""

from __future__ import annotations

import os
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.decode import examine
from mobius_tui.runbook.library import folder, own_folder
from mobius_tui.runbook.problem import report
from mobius_tui.runbook.source import RefusedError, read_bytes
from mobius_tui.runbook.source_file import write_source


def why_fixed(path: Path) -> str:
    """Why a runbook's file is not to be edited where it is; empty if it may be."""
    if path.parent.resolve() == folder().resolve():
        return "It comes with the program, and an update would replace it."
    if path.parent != own_folder() and not os.access(path, os.W_OK):
        return "You may read it, and not write it."
    return ""


def copy_of(path: Path) -> Path:
    """Where a person's own copy of a runbook is, or would be."""
    return own_folder() / path.name


def editable(path: Path) -> Path:
    """The file that a person edits: their copy, where one is wanted and there."""
    own = copy_of(path)
    return own if why_fixed(path) and own.is_file() else path


def copy_to_own(path: Path) -> Path:
    """Copy a runbook, and the files beside it that it includes.

    What is there already is left as it is.

    Returns:
        The copy.

    Raises:
        UsageError: it cannot be read or written.
    """
    target = own_folder()
    runbook, _ = examine(path)
    names = [path.name] if runbook is None else [each.name for each in runbook.sources]
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in names:
            if not (target / name).exists():
                data = read_bytes(path.with_name(name))
                write_source(target / name, data, replace=False)
    except RefusedError as error:
        raise UsageError(report([error.problem])) from None
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    return target / path.name
