"""What people add to a run's record when it is over; its journal stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.review.drills import record_of
from mobius_tui.run import seals
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.record import changing, write_private
from mobius_tui.runbook.source import MAX_BYTES
from mobius_tui.runbook.units import bytes_in_words

Said = dict[str, Any]
"""One entry of a table of the record."""


def change_table(
    directory: RunDirectory,
    table: str,
    change: Callable[[Sequence[Any]], Sequence[Any]],
) -> None:
    """Put other entries in place of those that a table of the record has.

    Args:
        directory: the run's.
        table: which one.
        change: given what is there, says what is to be there.

    Raises:
        RunError: the run is not over, or its record cannot be read or written.
    """
    if not directory.record.exists():
        raise RunError(
            f"{directory.id} is not over, so it has no record yet; a note belongs "
            f"into its journal: `mobius-tui resume {directory.id}`, and `n`"
        )
    try:
        with changing(directory):
            data = _changed(directory, table, change)
            write_private(directory.record, data)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise RunError(f"{directory.record} cannot be written: {why}") from error


def _changed(
    directory: RunDirectory,
    table: str,
    change: Callable[[Sequence[Any]], Sequence[Any]],
) -> bytes:
    """The record as it is to be; one that could not be read again is none."""
    import tomli_w

    record = dict(record_of(directory))
    if not record:
        raise RunError(f"{directory.record} cannot be read; nothing was changed")
    before = record.get(table)
    entries = list(change(before if isinstance(before, list) else ()))
    chain = seals.sealed(record, table, entries, seals.first_line(directory))
    record |= {table: entries, seals.TABLE: chain}
    data = tomli_w.dumps(record).encode()
    if len(data) > MAX_BYTES:
        most = bytes_in_words(MAX_BYTES)
        raise RunError(f"{directory.record} is full: it has {most} at most")
    return data


def time_of(at: float) -> datetime:
    """A moment as the record has it."""
    return datetime.fromtimestamp(at, UTC)


def text_of(said: Any, name: str) -> str:
    """A text of an entry; empty where it has none."""
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""
