"""How fresh a runbook is: when it was last drilled, how that went, and edits since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_score import Score
from mobius_tui.drill.score_text import seconds_words
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.records.run_summary import RunSummary, read_summary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import runs_of
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.runbook.model.runbook_diff import step_digests


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillFreshness:
    """A drill that has ended, and what has changed in the runbook since."""

    drill: RunSummary
    score: Score | None = None
    """`None` if it was not recorded."""
    is_edited: bool = False
    """Whether the runbook's files have changed since."""
    steps: int | None = None
    """The number of steps that were edited, added or removed since; `None` if that is
    not known."""

    @property
    def shows_handled(self) -> bool:
        """Whether it shows that the runbook handled a fault."""
        if self.score is None:
            return self.drill.outcome is Outcome.COMPLETED
        return self.score.handled is True

    @property
    def score_words(self) -> str:
        """The score in short, which is the time to three healthy checks: `8:41`."""
        score = self.score
        if score is None or not score.handled or score.steady is None:
            return ""
        return seconds_words(score.steady)

    @property
    def edits(self) -> str:
        """What was edited since, in words; empty for nothing."""
        if not self.is_edited:
            return ""
        if not self.steps:
            return "edited since" if self.steps is None else "edited since, but no step"
        return f"{self.steps} {'step' if self.steps == 1 else 'steps'} edited since"


def drills_of_runbook(root: Path, runbook: Runbook) -> Iterator[DrillFreshness]:
    """The drills of a runbook that came to an end, newest first.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    found = (read_summary(each) for each in runs_of(root, runbook.id))
    return drills_among(root, found, runbook)


def drills_among(
    root: Path, runs: Iterable[RunSummary], runbook: Runbook
) -> Iterator[DrillFreshness]:
    """The drills of a runbook that came to an end, among some runs, in their order."""
    for run in runs:
        counts = run.is_drill and run.came_to_end
        if counts and run.runbook == runbook.id:
            yield _freshness(root, run, runbook)


def newest_drill(root: Path, runbook: Runbook) -> DrillFreshness | None:
    """The newest drill of a runbook that came to an end; `None` without one."""
    return next(drills_of_runbook(root, runbook), None)


def _freshness(root: Path, drill: RunSummary, runbook: Runbook) -> DrillFreshness:
    known = drill_record.read_drill_record(RunDirectory(root / drill.id))
    found = DrillFreshness(
        drill=drill, is_edited=drill.sha256 != runbook_digest(runbook.sources)
    )
    if known is None:
        return found
    return replace(found, score=known.score, steps=_edited(runbook, known.texts))


def _edited(runbook: Runbook, then: Mapping[str, str]) -> int:
    """How many steps differ from what they were."""
    now = step_digests(runbook)
    ids = now.keys() | then.keys()
    return sum(now.get(step_id) != then.get(step_id) for step_id in ids)
