"""The user's own runbooks: new ones, and copies of bundled ones."""

from __future__ import annotations

import os
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.folders import make_folders
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import bundled_folder, own_folder
from mobius_tui.runbook.model.keys import ID_PATTERN
from mobius_tui.runbook.text.names import id_from_text
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import (
    RefusedError,
    read_bytes,
    write_source,
)

_TEMPLATE = Path(__file__).with_name("new-runbook.toml")


def checked_name(name: str) -> str:
    """Check the name of a new runbook, and return it.

    Raises:
        UsageError: it is invalid; the message suggests another one.
    """
    if ID_PATTERN.fullmatch(name) and not name.endswith("-"):
        return name
    suggestion = id_from_text(name.removesuffix(".toml"))
    hint = f"; try {suggestion}" if suggestion else ""
    raise UsageError(
        f"{name!r} is no name for a runbook: it is made of a-z, 0-9 and -, begins and "
        f"ends with one of the former, and has at most 64 of them{hint}"
    )


def new_runbook_text(name: str) -> str:
    """The text of a new runbook of that name."""
    title = name.replace("-", " ").capitalize()
    text = _TEMPLATE.read_text(encoding="utf-8")
    return text.replace("new-runbook", name).replace("New runbook", title)


def why_read_only(path: Path) -> str | None:
    """Why a runbook's file is edited as a copy, not in place; None if in place.

    A file in the user's own folder is never copied, even if it cannot be written.
    """
    if path.parent.resolve() == bundled_folder().resolve():
        return "It comes with the program, and an update would replace it."
    if path.parent != own_folder() and not os.access(path, os.W_OK):
        return "You may read it, and not write it."
    return None


def own_copy_path(path: Path) -> Path:
    """The path of the user's own copy of a runbook, which need not exist."""
    return own_folder() / path.name


def editable_file(path: Path) -> Path:
    """The file to edit: for a read-only runbook the user's own copy, if any."""
    own = own_copy_path(path)
    return own if why_read_only(path) and own.is_file() else path


def copy_to_own(path: Path) -> Path:
    """Copy a runbook, and what it includes and calls, to the user's own folder.

    Existing files are not replaced.

    Returns:
        The copy.

    Raises:
        UsageError: it cannot be read or written.
    """
    target = own_folder()
    runbook, _ = examine(path)
    names = [path.name] if runbook is None else [each.name for each in runbook.sources]
    try:
        make_folders(target)
        for name in names:
            if not (target / name).exists():
                data = read_bytes(path.parent / name)
                make_folders((target / name).parent)
                write_source(target / name, data, replace=False)
    except RefusedError as error:
        raise UsageError(problem_report([error.problem])) from None
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    return target / path.name
