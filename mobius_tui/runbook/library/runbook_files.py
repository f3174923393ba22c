"""The files of runbooks: bundled ones, the user's own, and one by its name or path."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.runbook_source import (
    RefusedError,
    read_bytes,
)

_NAME = rb"""[ \t]*+(?:runbook|"runbook"|'runbook')[ \t]*+"""
_IS_RUNBOOK = re.compile(
    rb"^[ \t]*+\[" + _NAME + rb"\]"
    # Before the first header it may also be a key.
    rb"|\A(?:\xef\xbb\xbf)?(?:(?![ \t]*+\[)[^\n]*+\n)*?" + _NAME + rb"[=.]",
    re.MULTILINE,
)
"""`[runbook]`, `runbook = { … }` or `runbook.id = …`: files without it only have phases
that other files include."""


def bundled_folder() -> Path:
    """The folder of the bundled runbooks: in the package, or beside it."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "runbooks"
    return inside if inside.is_dir() else package.parent / "runbooks"


def bundled_runbooks() -> tuple[Path, ...]:
    """The files of the bundled runbooks, by name."""
    files = sorted(bundled_folder().glob("*.toml"))
    return tuple(path for path in files if is_runbook(path))


def is_runbook(path: Path) -> bool:
    """Whether a file is a runbook, and not only phases that others include.

    Raises:
        OSError: it cannot be read.
    """
    return _IS_RUNBOOK.search(path.read_bytes()) is not None


def own_folder() -> Path:
    """The folder of the user's own runbooks, which need not exist."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return home / "mobius-tui" / "runbooks"


def own_runbook_files() -> tuple[Path, ...]:
    """The files of the user's own runbooks, by name."""
    files = (path for path in sorted(own_folder().glob("*.toml")) if path.is_file())
    return tuple(path for path in files if _IS_RUNBOOK.search(read_or_empty(path)))


def read_or_empty(path: Path) -> bytes:
    """The bytes of a runbook's file; empty if it cannot be read."""
    try:
        return read_bytes(path)
    except RefusedError:
        return b""


def runs_in_current_folder(path: Path) -> bool:
    """Whether a runbook's commands run in the current folder, not in the runbook's own.

    This is so for runbooks in the library, which are not used in their folder.
    """
    library_folders = (bundled_folder().resolve(), own_folder().resolve())
    return path.parent.resolve() in library_folders


def find_runbook(name_or_path: str) -> Path:
    """The file of a runbook: in the library by its name, or any by its path.

    The name is that of the file without `.toml`. A text with a `/` or the ending
    `.toml` is a path. Own runbooks replace bundled ones.

    Raises:
        UsageError: no runbook has that name; the message lists those that there are.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return Path(name_or_path)
    by_name = {path.stem: path for path in (*bundled_runbooks(), *own_runbook_files())}
    if name_or_path in by_name:
        return by_name[name_or_path]
    suggestion = did_you_mean(name_or_path, by_name)
    listed = ", ".join(by_name) or "none"
    raise UsageError(
        f"no runbook is named {name_or_path!r}{suggestion}\n"
        f"There are: {listed}. For a file of your own give its path, such as "
        f"./{name_or_path or 'runbook'}.toml"
    )
