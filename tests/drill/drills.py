"""Drills that are over, made by hand: their scores, and their run directories."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_score import Score
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.runbook_diff import step_digests
from mobius_tui.structs import replace
from tests.tui.runs import BEGAN, ROLLBACK, MadeRun

DAY = 86400.0

HANDLED = Score(
    faults=("bad-release",),
    handled=True,
    detected=2.0,
    decided=65.0,
    restored=240.5,
    steady=521.0,
)


def drill(
    score: Score = HANDLED,
    *,
    days: float = 0.0,
    runbook: Runbook | None = None,
    operator: str = "ana",
    root: Path | None = None,
) -> DrillRecord:
    """A drill that is over and kept.

    Args:
        score: what it came to.
        days: how long before `BEGAN` it began.
        runbook: what was drilled; the bundled rollback without it.
        operator: who began it.
        root: the folder of all runs.
    """
    book = runbook or load(ROLLBACK)
    at = BEGAN - days * DAY
    run = MadeRun(root or runs_root(), book, values={}, mode=Mode.DRILL, at=at)
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so"), after=600.0)
    found = DrillRecord(
        run=run.directory.id,
        runbook=book.id,
        title=book.title,
        operator=operator,
        outcome=Outcome.COMPLETED,
        began=at,
        ended=at + 600.0,
        score=score,
        texts=step_digests(book),
    )
    drill_record.write_drill_record(run.directory, found)
    return found


def worse(score: Score = HANDLED, *, by: float) -> Score:
    """A score whose times are all longer by some seconds."""
    assert score.detected is not None
    assert score.decided is not None
    assert score.restored is not None
    assert score.steady is not None
    return replace(
        score,
        detected=score.detected + by,
        decided=score.decided + by,
        restored=score.restored + by,
        steady=score.steady + by,
    )


def directory_of(drill: DrillRecord) -> RunDirectory:
    """Where a drill is kept."""
    return RunDirectory(runs_root() / drill.run)
