"""How fresh a runbook is: when it was last drilled, how that went, and edits since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mobius_tui.drill import kept
from mobius_tui.drill.score import Score
from mobius_tui.drill.score_words import seconds_words
from mobius_tui.run.directory import RunDirectory, runbook_digest
from mobius_tui.run.runs import all_runs
from mobius_tui.run.summary import Summary, summary
from mobius_tui.runbook.digests import step_digests
from mobius_tui.runbook.model import Runbook

NO_END = ("open", "damaged", "never began", "imported")
"""Outcomes of runs that tell nothing of a runbook."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Freshness:
    """A drill that came to an end, and what has changed since."""

    drill: Summary
    score: Score | None = None
    """`None` where nobody kept it."""
    is_edited: bool = False
    """Whether the runbook's files are not as they were."""
    steps: int | None = None
    """Steps that are not as they were, new and removed ones too; `None` where that is
    not known."""

    @property
    def is_proof(self) -> bool:
        """Whether it shows that the runbook handled a fault."""
        if self.score is None:
            return self.drill.outcome == "completed"
        return self.score.handled is True

    @property
    def points(self) -> str:
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


def drills_of(root: Path, runbook: Runbook) -> Iterator[Freshness]:
    """The drills of a runbook that came to an end, newest first.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    found = (summary(each) for each in all_runs(root) if runbook.id in each.id)
    return among(root, found, runbook)


def among(root: Path, runs: Iterable[Summary], runbook: Runbook) -> Iterator[Freshness]:
    """The drills of a runbook that came to an end, among some runs, in their order."""
    for run in runs:
        is_drill = run.mode == "drill" and run.outcome not in NO_END
        if is_drill and run.runbook == runbook.id:
            yield _freshness(root, run, runbook)


def last_drill(root: Path, runbook: Runbook) -> Freshness | None:
    """The newest drill of a runbook that came to an end; `None` without one."""
    return next(drills_of(root, runbook), None)


def _freshness(root: Path, drill: Summary, runbook: Runbook) -> Freshness:
    known = kept.read(RunDirectory(root / drill.id))
    found = Freshness(
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
