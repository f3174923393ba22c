"""The user's own runbooks: new ones, and copies of bundled ones."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.decode.value_shapes import ID_PATTERN
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.text.names import did_you_mean, id_from_text
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import (
    RefusedError,
    read_bytes,
    write_source,
)

_IS_RUNBOOK = re.compile(rb"^\s*\[runbook\]", re.MULTILINE)
"""Files without it only have phases that other files include."""


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


def has_no_working_folder(path: Path) -> bool:
    """Whether a runbook's commands run in the current folder, not in the runbook's own.

    This is so for runbooks in the library, which are not used in their folder.
    """
    library_folders = (bundled_folder().resolve(), own_folder().resolve())
    return path.parent.resolve() in library_folders


def find_runbook(name_or_path: str) -> Path:
    """The file of a runbook in the library by its name, or of any runbook by its path.

    A text with a `/` or the ending `.toml` is a path. Own runbooks replace bundled
    ones.

    Raises:
        UsageError: no runbook has that id; the message lists those that there are.
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


def why_read_only(path: Path) -> str:
    """Why a runbook's file cannot be edited in place; empty if it can."""
    if path.parent.resolve() == bundled_folder().resolve():
        return "It comes with the program, and an update would replace it."
    if path.parent != own_folder() and not os.access(path, os.W_OK):
        return "You may read it, and not write it."
    return ""


def copy_of(path: Path) -> Path:
    """The path of the user's own copy of a runbook, which need not exist."""
    return own_folder() / path.name


def editable_file(path: Path) -> Path:
    """The file to edit: for a read-only runbook the user's own copy, if any."""
    own = copy_of(path)
    return own if why_read_only(path) and own.is_file() else path


def copy_to_own(path: Path) -> Path:
    """Copy a runbook, and the files that it includes, to the user's own folder.

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
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in names:
            if not (target / name).exists():
                data = read_bytes(path.with_name(name))
                write_source(target / name, data, replace=False)
    except RefusedError as error:
        raise UsageError(problem_report([error.problem])) from None
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    return target / path.name
