"""A run in one file, to be opened elsewhere: the same run gives the same bytes.

A gzipped tar in the old form, whose headers hold all that there is to say: no links,
no owners, no times but the run's own. Its first member, `run/export`, names the run and
the journal's head. Only what a run consists of is in it (`is_of_run`): nothing that is
of this machine alone, as locks, sockets, and when a screen last looked.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from mobius_tui.errors import RunError, UsageError
from mobius_tui.review import run_reader
from mobius_tui.review.run_reader import ReadRun
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.records.verification import lost_end_text
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

FORMAT = "mobius-tui export 1"
"""The first line of `run/export`."""
ROOT = "run"
"""The folder that everything in it stands in."""
NAMES = "export"
OF_HERE = frozenset({"lock", "tree", "control.sock", "terminal.sock", "imported.toml"})
"""What a run has on its own machine alone."""
_OF_RUN = frozenset(
    {"journal.jsonl", "health.jsonl", "record.toml", "contents", "host.log"}
)
_OF_ATTEMPT = frozenset({"script", "output", "spans", "outputs", "pid", "exit"})
_ATTEMPT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.[1-9][0-9]{0,8}")


def is_of_run(place: Sequence[str]) -> bool:
    """Whether an export has a file of that name.

    Args:
        place: its folders and its name, from the run's folder.
    """
    match place:
        case [name]:
            return name in _OF_RUN
        case ["runbook", _]:
            return True  # a runbook may be called anything
        case ["steps", attempt, name]:
            return name in _OF_ATTEMPT and bool(_ATTEMPT.fullmatch(attempt))
    return False


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
    record = run_reader.read_run(directory)
    if record.began is None or record.problems:
        why = "; ".join(record.problems) or "it never began"
        raise RunError(f"{directory.id} cannot be exported: {why}")
    if not record.hosted and (why := lost_end_text(directory)):
        raise RunError(f"{directory.id} cannot be exported: {why}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(target, flags, 0o600)
    except FileExistsError:
        raise UsageError(f"-o {target}: it is there already; name another") from None
    except OSError as error:
        raise UsageError(f"-o {target}: {error.strerror}") from error
    names = f"{FORMAT}\nrun {record.began.run}\nhead {record.head}\n".encode()
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, record, names)
    except (OSError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise RunError(f"{target} could not be written: {error}") from error
    return record.head


def _lines(path: Path, count: int) -> bytes:
    """The first lines of a journal, whatever a host has added since."""
    with open_regular(path) as file:
        return b"".join(file.readline() for _ in range(count))


def _write(file: IO[bytes], record: ReadRun, names: bytes) -> None:
    directory, at = record.directory, int(record.entries[0].at)
    journal = _lines(directory.journal, len(record.entries))
    packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
    with (
        packed,
        tarfile.open(
            fileobj=cast("IO[bytes]", packed), mode="w", format=tarfile.USTAR_FORMAT
        ) as tar,
    ):
        # The journal was read first: all that it tells of lies in the files by now.
        for name, data in ((NAMES, names), (directory.journal.name, journal)):
            tar.addfile(_member(name, len(data), at), io.BytesIO(data))
        for name in _files(record):
            with open_regular(directory.path / name) as source:
                size = os.fstat(source.fileno()).st_size
                tar.addfile(_member(name, size, at), source)


def _member(name: str, size: int, at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(f"{ROOT}/{name}")
    member.size, member.mtime, member.mode = size, at, 0o600
    return member


def _files(record: ReadRun) -> Iterator[str]:
    """The names of all files but the journal, in order, from the run's folder."""
    directory, entries = record.directory, record.entries
    attempts = {
        directory.attempt(event.step, event.attempt).path.name
        for event in (entry.event for entry in entries)
        if isinstance(event, StepStarted)
    }
    has_ended = any(isinstance(entry.event, RunEnded) for entry in entries)
    for folder, folders, files in os.walk(directory.path):
        folders.sort()
        for name in sorted(files):
            path = Path(folder) / name
            place = path.relative_to(directory.path).parts
            is_later = (place[0] == "steps" and place[1] not in attempts) or (
                place == (directory.record.name,) and not has_ended
            )
            if not is_of_run(place) or is_later or place == (directory.journal.name,):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield "/".join(place)
