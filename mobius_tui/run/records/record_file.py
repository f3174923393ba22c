"""The file `record.toml`: reading and changing it; the journal's end that it names."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.journal import JournalContent, read_journal
from mobius_tui.run.storage.run_directory import RunDirectory, try_lock
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.sharing import file_mode
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES, RefusedError
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml

ANNOTATIONS_TABLE = "annotations"
"""The table of people's annotations, added afterwards."""
ACTION_ITEMS_TABLE = "action_items"
"""The table of action items, added afterwards."""
LOCK_TIMEOUT = 10.0
"""Seconds to wait for another writer. It needs a few milliseconds; longer only on a
disk that is full or remote."""


@contextmanager
def record_lock(directory: RunDirectory) -> Iterator[None]:
    """Hold the lock on a run's record while the block lasts.

    A change reads and rewrites the whole record, so of two at once one would be lost.
    The lock is on the folder, as each change replaces the file.

    Raises:
        OSError: another writer held the lock for longer than `LOCK_TIMEOUT`.
    """
    handle = os.open(directory.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + LOCK_TIMEOUT
    try:
        while not try_lock(handle):
            if time.monotonic() > deadline:
                words = "somebody else is changing it; try again"
                raise OSError(errno.EBUSY, words)
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def read_record(directory: RunDirectory) -> dict[str, Any]:
    """The record of a run's end; empty where there is none.

    Raises:
        RunError: it cannot be read, or is no record.
    """
    try:
        with open_regular(directory.record) as file:
            data = file.read(MAX_BYTES + 1)
        return dict(parse_toml(directory.record.name, data, Findings()).tree)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunError(f"{directory.record.name}: {error.strerror}") from error
    except RefusedError as error:
        raise RunError(error.problem.render().splitlines()[0]) from error


def read_record_or_empty(directory: RunDirectory) -> Mapping[str, Any]:
    """The record of a run's end; empty where there is none to read."""
    try:
        return read_record(directory)
    except RunError:
        return {}


def cut_journal_text(directory: RunDirectory, journal_content: JournalContent) -> str:
    """Which entries a journal lacks that its record names, in words; empty for none.

    Raises:
        RunError: the record cannot be read.
    """
    record, name = read_record(directory), directory.journal.name
    if not record or record.get("head") in journal_content.heads:
        return ""
    events_recorded, has = record.get("events"), len(journal_content.entries)
    if isinstance(events_recorded, int) and events_recorded > has:
        return (
            f"{name}: lines were cut from its end: {directory.record.name} names a "
            f"later head, of line {events_recorded}, and it ends with line {has}"
        )
    return (
        f"{name}: it does not have the head that {directory.record.name} names: "
        "its end was changed"
    )


def lost_end_text(directory: RunDirectory) -> str:
    """How the journal of an ended run lost its end, in words; empty where it did not.

    Raises:
        RunError: its journal or its record cannot be read.
    """
    if not directory.record.exists():
        return ""
    journal_content = read_journal(directory.journal)
    if why := cut_journal_text(directory, journal_content):
        return why
    if any(isinstance(entry.event, RunEnded) for entry in journal_content.entries):
        return ""
    return (
        f"{directory.record.name} is of a run that ended, and "
        f"{directory.journal.name} has no end"
    )


def refuse_cut_journal(directory: RunDirectory) -> None:
    """Refuse to continue a run that had ended, and whose journal lost its end.

    Raises:
        RunError: it is such a run, or its journal or record cannot be read.
    """
    if why := lost_end_text(directory):
        raise RunError(
            f"{directory.id} is damaged: {why}. It can be read, and not gone on with: "
            f"`mobius-tui report {directory.id}`"
        )


def replace_file_durably(target: Path, data: bytes) -> None:
    """Replace a file's content, durably, as private as its folder.

    Raises:
        OSError: it could not be written; the file is unchanged.
    """
    new = target.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            os.fchmod(file.fileno(), file_mode(target.parent))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
