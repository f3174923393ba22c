"""The drills that have a score, and the comparison of one with the earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_score import TIME_FIELDS, score_times
from mobius_tui.run.records.drill_history import last_and_best
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs, runs_of


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeComparison:
    """One time of a drill beside those of the drills before it, all in seconds."""

    name: str
    """Which of `TIMES`."""
    now: float | None
    last: float | None = None
    best: float | None = None


def drills_with_score(root: Path, runbook: str | None = None) -> Iterator[DrillRecord]:
    """The drills that are over and have a score, newest first.

    Args:
        root: the folder of all runs.
        runbook: the id of their runbook; `None` for any.
    """
    for directory in all_runs(root) if runbook is None else runs_of(root, runbook):
        found = drill_record.read_drill_record(directory)
        if found is not None and runbook in (None, found.runbook):
            yield found


def drills_of_same_runbook(
    directory: RunDirectory, drill: DrillRecord
) -> tuple[DrillRecord, ...]:
    """The drills of the same runbook, beside a run of which one is known."""
    return tuple(drills_with_score(directory.path.parent, drill.runbook))


def is_comparable(one: DrillRecord, other: DrillRecord) -> bool:
    """Whether the times of two drills may be compared.

    The same runbook, broken in the same way, and both by a team or both by themselves.
    """
    return _kind(one) == _kind(other)


def _kind(drill: DrillRecord) -> tuple[object, ...]:
    score = drill.score
    return drill.runbook, drill.own_staging, score.faults, score.automatic


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """The drills of one runbook whose times may be compared, oldest first."""

    faults: tuple[str, ...]
    automatic: bool
    drills: tuple[DrillRecord, ...]

    @property
    def best(self) -> int | None:
        """Which of them restored the service fastest; `None` if none was handled."""
        known = [
            (drill.score.restored, place)
            for place, drill in enumerate(self.drills)
            if drill.score.handled and drill.score.restored is not None
        ]
        return min(known)[1] if known else None


def trends(drills: Iterable[DrillRecord]) -> tuple[Trend, ...]:
    """Drills by what broke the site, those that were drilled last first.

    Args:
        drills: of one runbook, newest first.
    """
    groups: dict[tuple[tuple[str, ...], bool], list[DrillRecord]] = {}
    for drill in drills:
        kind = (drill.score.faults, drill.score.automatic)
        groups.setdefault(kind, []).insert(0, drill)
    return tuple(
        Trend(faults=faults, automatic=automatic, drills=tuple(found))
        for (faults, automatic), found in groups.items()
    )


def compare_times(
    drill: DrillRecord, before: Iterable[DrillRecord]
) -> tuple[TimeComparison, ...]:
    """Each time of a drill, with the last and the best of the handled ones before it.

    Args:
        drill: the one in question.
        before: any drills, newest first.
    """
    past = [
        other.score
        for other in before
        if is_comparable(drill, other)
        and other.began < drill.began
        and other.score.handled
    ]
    columns = (
        zip(*map(score_times, past), strict=True) if past else ((),) * len(TIME_FIELDS)
    )
    times = zip(TIME_FIELDS, score_times(drill.score), columns, strict=True)
    return tuple(_beside(name, now, earlier) for name, now, earlier in times)


def _beside(
    name: str, now: float | None, earlier: tuple[float | None, ...]
) -> TimeComparison:
    before = last_and_best(earlier)
    return TimeComparison(name=name, now=now, last=before.last, best=before.best)


def is_first_drill(directory: RunDirectory) -> bool:
    """Whether no earlier drill on this machine has a score."""
    made = drills_with_score(directory.path.parent)
    return all(each.run == directory.id for each in made)
