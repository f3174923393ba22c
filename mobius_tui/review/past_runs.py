"""The finished runs of one runbook, as input for its statistics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.review import run_reader
from mobius_tui.review.run_statistics import RunbookStatistics, runbook_statistics
from mobius_tui.run.events.journal_entry import without_garbage_collection
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import past_run
from mobius_tui.run.records.past_run import PastRun
from mobius_tui.run.records.run_record import summarize_run
from mobius_tui.run.records.run_summary import read_summary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import runs_of
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook


def runbook_named(name: str, root: Path) -> Runbook:
    """The runbook of a name or path; if it is gone, the copy in its newest run.

    Raises:
        UsageError: nothing has that name, and no run had.
        RunbookError: its file cannot be read.
    """
    try:
        return load(find_runbook(name))
    except UsageError:
        for directory in runs_of(root, name):
            record = run_reader.read_run(directory)
            if record.runbook.id == name:
                return record.runbook
        raise


def stats_of(root: Path, runbook: Runbook) -> RunbookStatistics:
    """The statistics of a runbook over all of its runs.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    with (
        without_garbage_collection()
    ):  # 500 runs of 200 steps are 100,000 values in no cycle
        return runbook_statistics(Plan(runbook), tuple(past_runs(root, runbook.id)))


def past_runs(root: Path, runbook: str) -> Iterator[PastRun]:
    """Every run of a runbook that came to an end and can be read, the oldest first.

    Args:
        root: the folder of all runs.
        runbook: its id.
    """
    for directory in reversed([*runs_of(root, runbook)]):
        found = past_run.read_stats(directory) or _from_journal(directory, runbook)
        if found is not None and found.runbook == runbook:
            yield found


def _from_journal(directory: RunDirectory, runbook: str) -> PastRun | None:
    if read_summary(directory).runbook != runbook:
        return None
    try:
        return summarize_run(directory)
    except MobiusError:
        return None
