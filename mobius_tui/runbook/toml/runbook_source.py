"""Reading and writing the bytes of a runbook's files, safely for any path."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.folders import written_beside

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from mobius_tui.runbook.toml.problem import Problem

MAX_BYTES = 1 << 20
"""The size limit: tomllib takes a second and more for such a file."""

_KINDS = (
    (stat.S_ISDIR, "is a directory; name the file in it"),
    (stat.S_ISFIFO, "is a pipe; a {kind} is read from a file"),
    (stat.S_ISSOCK, "is a socket; a {kind} is read from a file"),
    (stat.S_ISCHR, "is a device; a {kind} is read from a file"),
    (stat.S_ISBLK, "is a device; a {kind} is read from a file"),
)


def config_file() -> Path:
    """The path of config.toml."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return home / "mobius-tui" / "config.toml"


class RefusedError(Exception):
    """A file that is not read at all; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_bytes(path: Path, kind: str = "runbook") -> bytes:
    """The bytes of a regular file of at most `MAX_BYTES`.

    Nothing else is opened: a pipe would block, and a device would never end.

    Args:
        path: the file.
        kind: what is looked for there, in words.

    Raises:
        RefusedError: it is missing, unreadable, too large or no regular file.
    """
    try:
        _require_regular(path, os.stat(path), kind)  # noqa: PTH116 - as os.open below
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - from a descriptor
            _require_regular(path, os.fstat(descriptor), kind)
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refuse_file(path, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise refuse_file(path, f"cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise refuse_file(path, _TOO_LARGE.format(kind=kind))
    return data


def read_beside(path: Path, name: str, kind: str = "runbook") -> tuple[str, bytes]:
    """The name and the bytes of a file in the folder of another, or below it.

    Args:
        path: the file that names it.
        name: the file's path from that folder.
        kind: what is looked for there, in words.

    Raises:
        RefusedError: as `read_bytes`, or it is a link to somewhere else than this
            folder and the one that the file itself is linked from.
    """
    beside = path.parent / name
    try:
        real = beside.resolve()
        folders = {path.parent.resolve(), path.resolve().parent}
        is_within = any(real.is_relative_to(folder) for folder in folders)
    except (OSError, RuntimeError):  # a loop of links
        is_within = False
    if not is_within:
        raise refuse_file(beside, "is a link out of its folder: copy the file there")
    return str(beside), read_bytes(beside, kind)


_TOO_LARGE = "is larger than 1 MiB, which no {kind} may be; check the name, or split it"


def _require_regular(path: Path, status: os.stat_result, kind: str) -> None:
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise refuse_file(path, words.format(kind=kind))
    if status.st_size > MAX_BYTES:
        raise refuse_file(path, _TOO_LARGE.format(kind=kind))


def refuse_file(path: Path | str, words: str) -> RefusedError:
    """The error for a file that is not read at all; the caller raises it."""
    from mobius_tui.runbook.toml.problem import Problem

    return RefusedError(Problem(file=str(path), line=0, column=0, message=words))


def write_source(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file atomically.

    Args:
        path: the file.
        data: its content.
        replace: whether an existing file may be replaced; a symbolic link is followed.

    Raises:
        UsageError: it exists already, or cannot be written; nothing has changed.
    """
    if replace and path.is_symlink():
        path = path.resolve()
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the file in it")
    mode = None
    try:
        if replace and path.exists():  # who may read it stays who may
            mode = stat.S_IMODE(path.stat().st_mode)
        with written_beside(path, data, mode) as new:
            if replace:
                new.replace(path)
            else:
                _name_new_file(new, path)
    except FileExistsError:
        raise UsageError(f"{path} is there already, and was left as it is") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _name_new_file(temporary: Path, path: Path) -> None:
    """Give a temporary file its name, unless that exists."""
    try:
        path.hardlink_to(temporary)  # fails where something is, unlike a rename
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links: there the name is taken first, and filled.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        temporary.replace(path)
