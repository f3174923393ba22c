"""A run in one file, to be opened elsewhere: the same run gives the same bytes.

A gzipped tar in the old form, whose headers hold all that there is to say: no links,
no owners, no times but the run's own. Its first member, `run/export`, names the run and
the journal's head. What is of this machine alone is left out: locks, sockets, and when
a screen last looked.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from mobius_tui.errors import RunError, UsageError
from mobius_tui.review import reading
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.regular import regular

FORMAT = "mobius-tui export 1"
"""The first line of `run/export`."""
ROOT = "run"
"""The folder that everything in it stands in."""
NAMES = "export"
OF_HERE = frozenset({"lock", "tree", "control.sock", "terminal.sock", "imported.toml"})
"""What a run has on its own machine alone."""
_LOOKED = "glance"


def export(directory: RunDirectory, target: Path) -> str:
    """Write a run into a new file; one that is open as far as it is.

    Args:
        directory: the run's.
        target: the file; it must not exist.

    Returns:
        The journal's head, which whoever imports it can hold it to.

    Raises:
        UsageError: the file is there already, or cannot be written.
        RunError: the run cannot be read.
    """
    record = reading.read(directory)
    if record.began is None or record.problems:
        why = "; ".join(record.problems) or "it never began"
        raise RunError(f"{directory.id} cannot be exported: {why}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(target, flags, 0o600)
    except FileExistsError:
        raise UsageError(f"-o {target}: it is there already; name another") from None
    except OSError as error:
        raise UsageError(f"-o {target}: {error.strerror}") from error
    names = f"{FORMAT}\nrun {record.began.run}\nhead {record.head}\n".encode()
    journal = _whole_lines(directory.journal)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, directory, names, journal, int(record.entries[0].at))
    except (OSError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise RunError(f"{target} could not be written: {error}") from error
    return record.head


def _whole_lines(path: Path) -> bytes:
    """A journal without a last line that is being written."""
    with regular(path) as file:
        data = file.read()
    return data[: data.rfind(b"\n") + 1]


def _write(
    file: IO[bytes], directory: RunDirectory, names: bytes, journal: bytes, at: int
) -> None:
    packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
    with (
        packed,
        tarfile.open(
            fileobj=cast("IO[bytes]", packed), mode="w", format=tarfile.USTAR_FORMAT
        ) as tar,
    ):
        # The journal first: all that it tells of lies in the files after it by then.
        for name, data in ((NAMES, names), (directory.journal.name, journal)):
            tar.addfile(_member(name, len(data), at), io.BytesIO(data))
        for name in _files(directory):
            with regular(directory.path / name) as source:
                size = os.fstat(source.fileno()).st_size
                tar.addfile(_member(name, size, at), source)


def _member(name: str, size: int, at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(f"{ROOT}/{name}")
    member.size, member.mtime, member.mode = size, at, 0o600
    return member


def _files(directory: RunDirectory) -> Iterator[str]:
    """The names of all files but the journal, in order, from the run's folder."""
    for folder, folders, files in os.walk(directory.path):
        folders.sort()
        for name in sorted(files):
            path = Path(folder) / name
            where = str(path.relative_to(directory.path))
            of_here = name in OF_HERE or name.startswith(_LOOKED)
            if of_here or where in (directory.journal.name, NAMES):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield where
