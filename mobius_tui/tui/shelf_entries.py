"""The lines of the library, and what opening each does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mobius_tui.drill.shelf import Shelved
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.summary import Summary
from mobius_tui.tui.columns import Row, Table
from mobius_tui.tui.shelf_lines import book_cells, run_cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line, and what opening it does."""

    key: str
    row: Row
    words: str
    """What it is found by, in small letters."""
    act: Callable[[], None]
    runbook: str
    """The id of the runbook; of a run, of the one that it was made of."""
    title: str
    about: Shelved | Summary
    """What is known of it."""

    @property
    def source(self) -> Path | None:
        """The runbook's file; of a run, none."""
        return self.about.path if isinstance(self.about, Shelved) else None


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading."""

    title: str
    table: Table
    entries: list[Entry]
    hint: str = ""
    """What to do where there is none; without it, the heading is left out then."""

    @property
    def heading(self) -> Row:
        """Its title, and the captions of its columns."""
        return self.table.heading(self.title)


def runs(
    table: Table,
    found: tuple[tuple[RunDirectory, Summary], ...],
    act: Callable[[RunDirectory], None],
    now: float,
) -> list[Entry]:
    """A line for each run.

    Args:
        table: gets them.
        found: the runs.
        act: opens one.
        now: seconds since 1970.
    """
    entries = []
    for directory, summary in found:
        row = table.row(*run_cells(summary, now))
        entries.append(
            Entry(
                key=str(directory.path),
                row=row,
                words=f"{row} {summary.operator}".lower(),
                act=partial(act, directory),
                runbook=summary.runbook,
                title=summary.title,
                about=summary,
            )
        )
    return entries


def books(
    table: Table,
    found: tuple[Shelved, ...],
    act: Callable[[Path], None],
    now: float,
) -> list[Entry]:
    """A line for each runbook.

    Args:
        table: gets them.
        found: the runbooks.
        act: opens the briefing of one.
        now: seconds since 1970.
    """
    entries = []
    for book in found:
        row = table.row(*book_cells(book, now))
        who = book.drilled.drill.operator if book.drilled is not None else ""
        known = (book.title, book.id, book.environment, str(book.path), who)
        entries.append(
            Entry(
                key=str(book.path),
                row=row,
                words=" ".join(known).lower(),
                act=partial(act, book.path),
                runbook=book.id,
                title=book.title,
                about=book,
            )
        )
    return entries
