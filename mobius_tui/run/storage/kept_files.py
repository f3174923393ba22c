"""The `files` of a runbook as steps find them: a folder of their own, by bare names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import RunError
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import file_mode, make_folder

if TYPE_CHECKING:
    from mobius_tui.runbook.model.runbook import SourceFile

FILES_VARIABLE = "RUNBOOK_FILES"
"""The environment variable that names the folder."""


def write_files(folder: Path, files: Sequence[SourceFile]) -> None:
    """Make a folder of files that nobody writes any more; programs can be run.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    make_folder(folder)
    for file in files:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(folder / file.base_name, flags, 0o600)
        with os.fdopen(handle, "wb") as written:
            written.write(file.data)
            written.flush()
            os.fsync(handle)
    protect_files(folder, files)


def protect_files(folder: Path, files: Sequence[SourceFile]) -> None:
    """Give files the modes with which steps find them; copies of a run lose those.

    Raises:
        OSError: one is not there, or another's.
    """
    for file in files:
        mode = 0o500 if file.is_program else 0o400
        if file_mode(folder) & 0o040:
            mode |= mode >> 3
        (folder / file.base_name).chmod(mode)


def files_environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """An environment in which programs of a folder of files are found before others.

    Args:
        folder: the folder.
        env: the environment without it.
    """
    path = env.get("PATH", os.defpath)
    return {**env, "PATH": f"{folder}:{path}", FILES_VARIABLE: str(folder)}


@contextmanager
def temporary_files(
    files: Sequence[SourceFile], env: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """An environment with files, for what is run before the run has a folder.

    Args:
        files: the runbook's; without any, nothing is made.
        env: the environment without them.

    Raises:
        OSError: they cannot be written.
    """
    if not files:
        yield dict(env)
        return
    with tempfile.TemporaryDirectory(prefix="mobius-tui-files-") as made:
        folder = Path(made) / "files"
        write_files(folder, files)
        yield files_environment(folder, env)


def require_unchanged(folder: Path, files: Sequence[SourceFile]) -> None:
    """Refuse to run what is not what the run began with, or cannot be run.

    Args:
        folder: the run's folder of files.
        files: those that are needed.

    Raises:
        RunError: one was changed or removed, or no program can be run there.
    """
    for file in files:
        path = folder / file.base_name
        try:
            with open_regular(path) as kept:
                data = kept.read(len(file.data) + 1)
        except OSError as error:
            raise RunError(f"{path}: {error.strerror}; put it back") from error
        if data != file.data:
            raise RunError(
                f"{path} was changed after the run began; put it back as it was"
            )
        if file.is_program and not os.access(path, os.X_OK):
            raise RunError(
                f"{path} may not be run there: its mode was changed, or the disk is "
                "mounted noexec"
            )
