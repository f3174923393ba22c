"""The lines of the library, and what opening each does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.content import Content

from mobius_tui.drill.shelf import Shelved
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.summary import Summary
from mobius_tui.tui.shelf_lines import run_line, runbook_line


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line, and what opening it does."""

    key: str
    line: Content
    act: Callable[[], None]
    runbook: str
    """The id of the runbook; of a run, of the one that it was made of."""
    title: str
    source: Path | None = None
    """The runbook's file; of a run, none."""


def runs(
    found: tuple[tuple[RunDirectory, Summary], ...],
    act: Callable[[RunDirectory], None],
    now: float,
) -> list[Entry]:
    """A line for each run.

    Args:
        found: the runs.
        act: opens one.
        now: seconds since 1970.
    """
    return [
        Entry(
            key=str(directory.path),
            line=run_line(summary, now),
            act=partial(act, directory),
            runbook=summary.runbook,
            title=summary.title,
        )
        for directory, summary in found
    ]


def books(
    found: tuple[Shelved, ...], act: Callable[[Path], None], now: float
) -> list[Entry]:
    """A line for each runbook.

    Args:
        found: the runbooks.
        act: opens the briefing of one.
        now: seconds since 1970.
    """
    return [
        Entry(
            key=str(book.path),
            line=runbook_line(book, now),
            act=partial(act, book.path),
            runbook=book.id,
            title=book.title,
            source=book.path,
        )
        for book in found
    ]
