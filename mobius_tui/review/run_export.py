"""A run in one file, to be opened elsewhere: the same run gives the same bytes.

A gzipped tar in the ustar format, without links and owners, and with no time but the
run's own. A name that is too long for ustar is in a pax header before its member. The
first member, `run/export`, names the run and the journal's head. Only what a run
consists of is in it (`is_of_run`): nothing that is of this machine alone, as locks,
sockets, and when a screen last looked.
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
from mobius_tui.run.records.record_file import lost_end_text
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

EXPORT_FORMAT = "mobius-tui export 1"
"""The first line of `run/export`."""
EXPORT_ROOT = "run"
"""The folder that holds all members."""
MANIFEST_NAME = "export"
MACHINE_ONLY = frozenset(
    {"lock", "tree", "control.sock", "terminal.sock", "imported.toml"}
)
"""Files that have a meaning on the machine of the run alone."""
_RUN_FILES = frozenset(
    {"journal.jsonl", "health.jsonl", "record.toml", "contents", "host.log"}
)
_ATTEMPT_FILES = frozenset(
    {"script", "output", "spans", "outputs", "pid", "exit", "hosts.json"}
)
_ATTEMPT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.[1-9][0-9]{0,8}")
_HOST = re.compile(r"(?!\.)[A-Za-z0-9_@.%-]{1,120}")
"""A host's folder: see `name_as_path_part`."""

_PLAY = re.compile(r"[1-9][0-9]{0,8}")


def is_of_run(parts: Sequence[str]) -> bool:
    """Whether an export contains a file.

    Args:
        parts: of its path, relative to the folder of the run.
    """
    match parts:
        case [name]:
            return name in _RUN_FILES
        case ["runbook" | "files", _]:
            return True  # a runbook may be called anything
        case ["steps", attempt, name]:
            return name in _ATTEMPT_FILES and bool(_ATTEMPT.fullmatch(attempt))
        case ["steps", attempt, "hosts", host, "output" | "spans"]:
            return bool(_ATTEMPT.fullmatch(attempt) and _HOST.fullmatch(host))
        case ["steps", attempt, "plays", number, "hosts.json"] | [
            "steps",
            attempt,
            "plays",
            number,
            "process",
            "output" | "spans",
        ]:
            return bool(_ATTEMPT.fullmatch(attempt) and _PLAY.fullmatch(number))
    return False


def export_run(directory: RunDirectory, target: Path) -> str:
    """Write a run into a new file; an open run up to its last journal entry.

    Args:
        directory: the run's.
        target: the file; it must not exist.

    Returns:
        The journal's head, for `--head` of the import.

    Raises:
        UsageError: the file is there already, or cannot be created.
        RunError: the run cannot be read, never began, or has lost its end; or the file
            could not be written to its end, and was removed.
    """
    run = run_reader.read_run(directory)
    if run.began is None or run.problems:
        reason = "; ".join(run.problems) or "it never began"
        raise RunError(f"{directory.id} cannot be exported: {reason}")
    if not run.hosted and (lost_end := lost_end_text(directory)):
        raise RunError(f"{directory.id} cannot be exported: {lost_end}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(target, flags, 0o600)
    except FileExistsError:
        raise UsageError(f"-o {target}: it is there already; name another") from None
    except OSError as error:
        raise UsageError(f"-o {target}: {error.strerror}") from error
    manifest = f"{EXPORT_FORMAT}\nrun {run.began.run}\nhead {run.head}\n".encode()
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, run, manifest)
    except (OSError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise RunError(f"{target} could not be written: {error}") from error
    return run.head


def _first_lines(path: Path, count: int) -> bytes:
    """The first lines of a journal, whatever a host has added since."""
    with open_regular(path) as file:
        return b"".join(file.readline() for _ in range(count))


def _write(file: IO[bytes], run: ReadRun, manifest: bytes) -> None:
    directory, at = run.directory, int(run.entries[0].at)
    journal = _first_lines(directory.journal, len(run.entries))
    packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
    with (
        packed,
        tarfile.open(
            fileobj=cast("IO[bytes]", packed), mode="w", format=tarfile.USTAR_FORMAT
        ) as tar,
    ):
        # The journal was read first: all that it tells of lies in the files by now.
        for name, data in (
            (MANIFEST_NAME, manifest),
            (directory.journal.name, journal),
        ):
            _add(tar, _member(name, len(data), at), io.BytesIO(data))
        for name in _files(run):
            with open_regular(directory.path / name) as source:
                size = os.fstat(source.fileno()).st_size
                _add(tar, _member(name, size, at), source)


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, source: IO[bytes]) -> None:
    """Write a member as ustar, or with a pax header if its name does not fit that."""
    try:
        tarfile.TarInfo(member.name).tobuf(tarfile.USTAR_FORMAT)
        tar.format = tarfile.USTAR_FORMAT
    except ValueError:
        tar.format = tarfile.PAX_FORMAT
    tar.addfile(member, source)


def _member(name: str, size: int, at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(f"{EXPORT_ROOT}/{name}")
    member.size, member.mtime, member.mode = size, at, 0o600
    return member


def _files(run: ReadRun) -> Iterator[str]:
    """The names of all files but the journal, in order, from the run's folder."""
    directory, entries = run.directory, run.entries
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
            parts = path.relative_to(directory.path).parts
            is_later = (parts[0] == "steps" and parts[1] not in attempts) or (
                parts == (directory.record.name,) and not has_ended
            )
            if not is_of_run(parts) or is_later or parts == (directory.journal.name,):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield "/".join(parts)
