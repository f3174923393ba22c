"""Seals on what people add to a record when its run is over: annotations, action items.

They stand in `record.toml` as a chain of their own, which begins with the first line
of the journal: an entry's digest and the digest of the seal before it, in the order in
which the entries were written. An action item that changes is written anew, and sealed
again.
Pure, but for `first_line_digest`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mobius_tui.run.journal.journal import FIRST_PREV
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

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
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest() if line else FIRST_PREV


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


def sealed_counts(record: RecordTables, *, older: bool) -> str:
    """How many entries are sealed, in words for `verify`; empty for none."""
    counts = {
        name: len(_entries(record, table)) for table, name in SEALED_TABLES.items()
    }
    words = [f"{n} {name}{'s' * (n != 1)}" for name, n in counts.items() if n]
    if not words:
        return ""
    unsealed = SEALS_TABLE not in record and older
    note = ": an older version did not seal them" if unsealed else ""
    return f"said afterwards: {', '.join(words)}{note}"
