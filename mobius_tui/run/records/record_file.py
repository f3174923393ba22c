"""The file `record.toml`: reading and changing it, its seals, and a lost end.

Seals on annotations and action items are a chain of their own, which begins with the
first line of the journal: an entry's digest and the digest of the seal before it, in
the order in which the entries were written. An action item that changes is written
anew, and sealed again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.folders import replace_file
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.journal import (
    EMPTY_JOURNAL_HEAD,
    JournalContent,
    read_journal,
)
from mobius_tui.run.storage.run_directory import RunDirectory, try_lock
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import file_mode
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


def cut_journal_text(
    directory: RunDirectory, journal_content: JournalContent
) -> str | None:
    """Which entries a journal lacks that its record names, in words; None for none.

    Raises:
        RunError: the record cannot be read.
    """
    record, name = read_record(directory), directory.journal.name
    if not record or record.get("head") in journal_content.heads:
        return None
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


def lost_end_text(directory: RunDirectory) -> str | None:
    """How the journal of an ended run lost its end, in words; None where it did not.

    Raises:
        RunError: its journal or its record cannot be read.
    """
    if not directory.record.exists():
        return None
    journal_content = read_journal(directory.journal)
    if why := cut_journal_text(directory, journal_content):
        return why
    if any(isinstance(entry.event, RunEnded) for entry in journal_content.entries):
        return None
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
        OSError: it could not be written, and the file is unchanged; or its folder
            could not be synced.
    """
    replace_file(target, data, file_mode(target.parent))


SEALS_TABLE = "seals"
"""The record's table of seals."""
SEALED_TABLES = {"annotations": "annotation", "action_items": "action item"}
"""The tables that are sealed, and the name of one of their entries."""

RecordTables = Mapping[str, Any]
Seal = dict[str, str]
"""`of` names the table, `id` the action item, `sha256` is the entry's, and `prev` the
digest of the seal before it."""


def first_line_digest(directory: RunDirectory) -> str:
    """The digest of the journal's first line, which the chain begins with.

    Raises:
        OSError: the journal cannot be read.
    """
    with open_regular(directory.journal) as file:
        line = file.readline()
    return (
        hashlib.sha256(line.rstrip(b"\n")).hexdigest() if line else EMPTY_JOURNAL_HEAD
    )


def canonical_digest(value: Mapping[str, Any]) -> str:
    """The SHA-256 of an entry or a seal, independent of the file's layout."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), default=_canonical_json
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical_json(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    return str(value)


def seals_of(record: RecordTables) -> tuple[Any, ...]:
    """The seals of a record; none where it has none."""
    seals = record.get(SEALS_TABLE)
    return tuple(seals) if isinstance(seals, list) else ()


def last_seal_digest(record: RecordTables) -> str:
    """The digest of the last seal; empty where there is none.

    A person can note it elsewhere, to detect later whether seals were cut off.
    """
    seals = seals_of(record)
    return canonical_digest(seals[-1]) if seals and isinstance(seals[-1], dict) else ""


def with_new_seals(
    record: RecordTables, table: str, entries: Sequence[Any], first: str
) -> list[Any]:
    """The seals of a record, and those of the entries that are new in a table of it.

    What an older version wrote is sealed as it is found, with the first that is added.

    Args:
        record: as it is before.
        table: which of `SEALED_TABLES`.
        entries: what is to be in the table.
        first: the digest of the journal's first line.
    """
    chain = [*seals_of(record)]
    new = {table: _added(_entries(record, table), entries)}
    if SEALS_TABLE not in record:
        older = {each: _entries(record, each) for each in SEALED_TABLES}
        new = {**older, table: [*older[table], *new[table]]}
    for of, added in new.items():
        for entry in added:
            prev = (
                canonical_digest(chain[-1])
                if chain and isinstance(chain[-1], dict)
                else first
            )
            seal: Seal = {"of": of, "sha256": canonical_digest(entry), "prev": prev}
            if of == "action_items":
                seal["id"] = str(entry.get("id", ""))
            chain.append(seal)
    return chain


def _entries(record: RecordTables, table: str) -> list[Any]:
    entries = record.get(table)
    return (
        [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    )


def _added(before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    """The entries that were not there before."""
    digests = Counter(map(canonical_digest, before))
    return [each for each in after if not _take_one(digests, canonical_digest(each))]


def _take_one(remaining: Counter[str], digest: str) -> bool:
    remaining[digest] -= 1
    return remaining[digest] >= 0


def seal_problems(record: RecordTables, first: str, *, older: bool) -> Iterator[str]:
    """Where a record's entries differ from their seals, in words.

    Args:
        record: the record.
        first: the digest of the journal's first line.
        older: whether the version that ended the run sealed nothing.
    """
    if SEALS_TABLE not in record and older:
        return
    chain = seals_of(record)
    prev, expected = first, _expected_digests(chain)
    for number, seal in enumerate(chain, 1):
        if not isinstance(seal, dict) or seal.get("prev") != prev:
            yield f"seal {number} does not follow the one before it"
            return
        prev = canonical_digest(seal)
    for table, name in SEALED_TABLES.items():
        yield from _table_problems(record, table, name, expected[table])


def _expected_digests(chain: Sequence[Any]) -> dict[str, list[str]]:
    """The digests that each table must have, in its order."""
    digests: dict[str, dict[tuple[str, int], str]] = {
        table: {} for table in SEALED_TABLES
    }
    for number, seal in enumerate(chain):
        table = str(seal.get("of")) if isinstance(seal, dict) else ""
        if table in digests:
            is_item = table == "action_items"
            key = (str(seal.get("id", "")), -1) if is_item else ("", number)
            digests[table].pop(key, None)
            digests[table][key] = str(seal.get("sha256"))
    return {table: [*each.values()] for table, each in digests.items()}


def _table_problems(
    record: RecordTables, table: str, name: str, expected: list[str]
) -> Iterator[str]:
    listed = record.get(table, [])
    if not isinstance(listed, list) or not all(isinstance(e, dict) for e in listed):
        yield f"its {name}s are no list of them"
        return
    digests = [canonical_digest(each) for each in listed]
    if sorted(digests) == sorted(expected):
        if digests != expected:
            yield f"its {name}s are not in the order in which they were written"
        return
    remaining = Counter(expected)
    for number, each in enumerate(digests, 1):
        if not _take_one(remaining, each):
            yield f"{name} {number} was changed, or added by hand"
    gone = len(expected) - len(digests)
    if gone > 0:
        verbs = ("s that were", "are") if gone > 1 else (" that was", "is")
        yield f"{gone} {name}{verbs[0]} written {verbs[1]} gone"


def entry_counts_text(record: RecordTables, *, older: bool) -> str:
    """How many annotations and action items a record has, in words; empty for none.

    Args:
        record: the record.
        older: whether the version that ended the run sealed nothing.
    """
    counts = {
        name: len(_entries(record, table)) for table, name in SEALED_TABLES.items()
    }
    words = [f"{n} {name}{'s' * (n != 1)}" for name, n in counts.items() if n]
    if not words:
        return ""
    unsealed = SEALS_TABLE not in record and older
    note = ": an older version did not seal them" if unsealed else ""
    return f"said afterwards: {', '.join(words)}{note}"
