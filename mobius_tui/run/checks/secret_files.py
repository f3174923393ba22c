"""Secrets in files, which nobody but their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.blocking_io import open_regular_for_check
from mobius_tui.run.checks.value_commands import (
    MAX_SECRET_BYTES,
    NoOutputError,
    secret_text,
)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_file(name: str, workdir: Path) -> Path:
    """The file that `from_file` names: `~` is the home of the user of this process.

    Args:
        name: as the runbook has it.
        workdir: where commands run.
    """
    return workdir / os.path.expanduser(name)  # noqa: PTH111 - `~x` may be nobody


def secret_file_problem(path: Path) -> str:
    """Why a file gives no secret, as far as that is seen without reading it; or ""."""
    try:
        return _problem_of(path, path.stat())
    except OSError as error:
        return f"{path}: {error.strerror}"


def _problem_of(path: Path, found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is no regular file"
    if found.st_uid != os.getuid():
        return f"{path} is another user's; a secret's file belongs to who runs this"
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        return f"{path} has mode {mode:04o}, so that others read it: chmod 600 {path}"
    return ""


def read_secret_file(path: Path) -> str:
    """The secret in a file, without the line ends at its end.

    Raises:
        NoOutputError: it is not there, others may read it, or it holds no secret.
    """
    try:
        with open_regular_for_check(path) as file:
            problem = _problem_of(path, os.fstat(file.fileno()))
            data = b"" if problem else file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise NoOutputError(f"{path}: {error.strerror}") from error
    except MobiusError as error:
        raise NoOutputError(str(error)) from error
    if problem:
        raise NoOutputError(problem)
    if len(data) > MAX_SECRET_BYTES:
        raise NoOutputError(f"{path} is longer than {MAX_SECRET_BYTES // 1024} KiB")
    return secret_text(data, str(path))
