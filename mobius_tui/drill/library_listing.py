"""Lists what the library shows: runbooks to start, and runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from mobius_tui.drill.past_drills import DrillFreshness, drills_among
from mobius_tui.errors import MobiusError
from mobius_tui.run.records.run_summary import RunSummary, read_summary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.template_text import title_of_unknown_run

RECENT_RUNBOOKS = 12
"""The most runbooks that are listed because runs were made of them."""
RUNS_OF_RUNBOOK = 5
"""Runs of each runbook that are listed."""


class ListedRunbook(Struct, frozen=True, kw_only=True):
    """A runbook that can be begun."""

    path: Path
    title: str
    id: str
    problem: str = ""
    """Why it cannot be read."""
    runbook: Runbook | None = None
    """What it says; `None` where it cannot be read."""
    last_drill: DrillFreshness | None = None
    """The newest run of it as a drill that came to an end."""
    runs: tuple[RunSummary, ...] = ()
    """The newest runs of it, of any kind."""

    @property
    def environment(self) -> str:
        """The environment that a run has by default; empty if there is none."""
        if self.runbook is None or self.runbook.environment is None:
            return ""
        return self.runbook.variables[self.runbook.environment].default or ""


class LibraryListing(Struct, frozen=True, kw_only=True):
    """What the library shows; runs newest first."""

    open: tuple[tuple[RunDirectory, RunSummary], ...]
    bundled: tuple[ListedRunbook, ...]
    own_and_recent: tuple[ListedRunbook, ...]
    past: tuple[tuple[RunDirectory, RunSummary], ...]


def list_library(
    root: Path, bundled: Iterable[Path], own: Iterable[Path] = ()
) -> LibraryListing:
    """List the runs, the bundled and own runbooks, and those that runs were made of.

    Args:
        root: the folder of all runs.
        bundled: the files of the runbooks that come with the program.
        own: the files of the person's own; those that runs were made of come after.
    """
    runs = tuple((directory, read_summary(directory)) for directory in all_runs(root))
    summaries = tuple(each for _, each in runs)
    bundled_files, own_files = tuple(bundled), tuple(own)
    listed = {path.resolve() for path in (*bundled_files, *own_files)}
    recent = [
        _listed_runbook(root, path, summaries)
        for path in _recent_files(summaries, listed)
    ]
    # By title: a run of one moves none of them.
    recent.sort(key=lambda book: (book.title.casefold(), str(book.path)))
    return LibraryListing(
        open=tuple(each for each in runs if each[1].is_open),
        bundled=tuple(_listed_runbook(root, path, summaries) for path in bundled_files),
        own_and_recent=(
            *(_listed_runbook(root, path, summaries) for path in own_files),
            *recent,
        ),
        past=tuple(each for each in runs if not each[1].is_open),
    )


def _recent_files(
    runs: Iterable[RunSummary], already_listed: set[Path]
) -> Iterator[Path]:
    """Files that runs were made of, and that are still there."""
    seen = set(already_listed)
    remaining = RECENT_RUNBOOKS
    for run in runs:
        path = Path(run.path)
        if remaining and path.is_absolute() and path not in seen and path.is_file():
            seen.add(path)
            remaining -= 1
            yield path


def _listed_runbook(
    root: Path, path: Path, runs: tuple[RunSummary, ...]
) -> ListedRunbook:
    try:
        runbook = load(path)
    except MobiusError as error:
        problem = str(error).splitlines()[0]
        return ListedRunbook(path=path, title=path.name, id=path.stem, problem=problem)
    return ListedRunbook(
        path=path,
        title=title_of_unknown_run(runbook.title),
        id=runbook.id,
        runbook=runbook,
        last_drill=next(drills_among(root, runs, runbook), None),
        runs=tuple(
            islice((run for run in runs if run.runbook == runbook.id), RUNS_OF_RUNBOOK)
        ),
    )
