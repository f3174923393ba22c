"""What people add to a run's record when it is over; its journal stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.review.drills import record_of
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.record import write_private

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
    import tomli_w

    if not directory.record.exists():
        raise RunError(
            f"{directory.id} is not over, so it has no record yet; a note belongs "
            f"into its journal: `mobius-tui resume {directory.id}`, and `n`"
        )
    record = dict(record_of(directory))
    if not record:
        raise RunError(f"{directory.record} cannot be read; nothing was changed")
    before = record.get(table)
    record[table] = list(change(before if isinstance(before, list) else ()))
    try:
        write_private(directory.record, tomli_w.dumps(record).encode())
    except (OSError, UnicodeError) as error:
        raise RunError(f"{directory.record} cannot be written: {error}") from error


def time_of(at: float) -> datetime:
    """A moment as the record has it."""
    return datetime.fromtimestamp(at, UTC)


def text_of(said: Any, name: str) -> str:
    """A text of an entry; empty where it has none."""
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""
