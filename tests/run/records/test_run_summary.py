"""How a run ended is found in its journal, however much was written after it."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.run.events.mode_and_outcome import ListingState, Outcome
from mobius_tui.run.events.run_events import NoteAdded, RunEnded, RunReopened
from mobius_tui.run.records.run_summary import (
    JOURNAL_TAIL_BYTES,
    newest_open_run,
    read_summary,
)
from tests.review.story import begun

LONG = "x" * (JOURNAL_TAIL_BYTES // 2)


@pytest.mark.parametrize("notes", [0, 1, 2, 3, 40])
def test_an_end_is_found_before_long_notes(notes: int, tmp_path: Path) -> None:
    run = begun(tmp_path)
    run.write(NoteAdded(text=LONG))
    assert read_summary(run.directory).outcome is ListingState.OPEN
    assert newest_open_run(tmp_path).id == run.directory.id
    run.write(RunEnded(outcome=Outcome.FAILED, reason="so"), after=9)
    for _ in range(notes):
        run.write(NoteAdded(text=LONG), after=1)
    found = read_summary(run.directory)
    assert (found.outcome, found.reason, found.took) == (Outcome.FAILED, "so", 9)
    with pytest.raises(UsageError, match="no open run"):
        newest_open_run(tmp_path)
    run.write(RunReopened())
    for _ in range(notes):
        run.write(NoteAdded(text=LONG), after=1)
    assert read_summary(run.directory).outcome is ListingState.OPEN


def test_a_host_that_has_not_written_its_id_yet_is_one(tmp_path: Path) -> None:
    run = begun(tmp_path)
    assert "open, no host" in read_summary(run.directory).row()
    with run.directory.lock.open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read_summary(run.directory)
    assert found.host == 0
    assert "still running" in found.row()
