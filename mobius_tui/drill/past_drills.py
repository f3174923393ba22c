"""Past drills of a runbook: their scores compared and in words, and edits since."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_score import TIME_FIELDS, Score, score_times
from mobius_tui.run.events.journal_entry import utc_timestamp
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.records.drill_history import (
    SCORE_LIST_LABELS,
    faults_words,
    last_and_best,
    verdict_words,
)
from mobius_tui.run.records.run_summary import RunSummary, read_summary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs, runs_of
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.runbook.model.runbook_diff import step_digests
from mobius_tui.runbook.text.units import clock_duration, duration_in_words
from mobius_tui.structs import replace


class TimeComparison(Struct, frozen=True, kw_only=True):
    """One time of a drill beside those of the drills before it, all in seconds."""

    name: str
    """Which of `TIME_FIELDS`."""
    this_drill: float | None
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
    """All scored drills of a drill's runbook, itself among them, newest first.

    Args:
        directory: the run of the drill; the others lie in the same folder.
        drill: its record.
    """
    return tuple(drills_with_score(directory.path.parent, drill.runbook))


def is_comparable(one: DrillRecord, other: DrillRecord) -> bool:
    """Whether the times of two drills may be compared.

    The same runbook, broken in the same way, and both by a team or both by themselves.
    """
    return _kind(one) == _kind(other)


def _kind(drill: DrillRecord) -> tuple[object, ...]:
    score = drill.score
    return drill.runbook, drill.own_staging, score.faults, score.automatic


class Trend(Struct, frozen=True, kw_only=True):
    """Drills of one runbook that may be compared, oldest first."""

    faults: tuple[str, ...]
    automatic: bool
    drills: tuple[DrillRecord, ...]

    @property
    def fastest_index(self) -> int | None:
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
    groups: dict[tuple[object, ...], list[DrillRecord]] = {}
    for drill in drills:
        groups.setdefault(_kind(drill), []).insert(0, drill)
    return tuple(
        Trend(
            faults=found[0].score.faults,
            automatic=found[0].score.automatic,
            drills=tuple(found),
        )
        for found in groups.values()
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
    return TimeComparison(name=name, this_drill=now, last=before.last, best=before.best)


def is_first_drill(directory: RunDirectory) -> bool:
    """Whether no other drill on this machine has a score.

    Args:
        directory: the run of the drill.
    """
    made = drills_with_score(directory.path.parent)
    return all(each.run == directory.id for each in made)


TIME_LABELS: Mapping[str, str] = {
    "detected": "detect",
    "decided": "decide",
    "restored": "restore",
    "steady": "three healthy",
}
"""Each time of a score, as `time to …`."""
NOTHING_TO_COMPARE = "no drill of this kind was handled"


def counted_words(score: Score) -> str:
    """What the times are counted from: the beginning of the run, or the first fault."""
    since = "the beginning" if score.injected is None else "the fault"
    return f"times from {since} on"


def seconds_words(duration: float) -> str:
    """A time of a score: `0.4 s`, `0:42`, `8:41`."""
    return duration_in_words(duration) if duration < 10 else clock_duration(duration)


def this_drill_words(at: TimeComparison) -> str:
    """The time of this drill; `-` if the milestone was never reached."""
    return "-" if at.this_drill is None else seconds_words(at.this_drill)


def earlier_drills_words(at: TimeComparison) -> str:
    """The times of earlier drills: `last 0:50, best 0:40`; empty if there is none."""
    if at.best is None or at.last is None:
        return ""
    last, best = seconds_words(at.last), seconds_words(at.best)
    is_best = (
        at.this_drill is not None
        and at.this_drill < at.best
        and this_drill_words(at) != best
    )
    return f"last {last}, best {best}" + (": this is the best" if is_best else "")


def has_no_earlier_drill(times: tuple[TimeComparison, ...]) -> bool:
    """Whether no earlier drill was handled, so that there is nothing to compare."""
    return all(at.last is None for at in times)


def score_details(score: Score) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a score has besides its times: each label, with the lines under it."""
    found = {
        **{label: getattr(score, name) for name, label in SCORE_LIST_LABELS.items()},
        "hints": (str(score.hints),) if score.hints else (),
        "noted": score.unsaid,
    }
    yield from ((label, words) for label, words in found.items() if words)


def score_lines(drill: DrillRecord, times: tuple[TimeComparison, ...]) -> Iterator[str]:
    """A score as lines, for a screen reader or a pipe."""
    score = drill.score
    told = (
        verdict_words(score.handled),
        faults_words(score.faults),
        counted_words(score),
    )
    yield f"score: {'; '.join(told)}"
    for at in times:
        before = earlier_drills_words(at)
        beside = f"; {before}" if before else ""
        yield f"time to {TIME_LABELS[at.name]}: {this_drill_words(at)}{beside}"
    if has_no_earlier_drill(times):
        yield f"before: {NOTHING_TO_COMPARE}"
    for label, words in score_details(score):
        for each in words:
            yield f"{label}: {each}"


_ROW = "{:16}  {:11}  {:>7}  {:>7}  {:>7}  {:>7}  {:4}  {:18}  {}"
SCORE_HEAD = _ROW.format(
    *(
        "began",
        "",
        "detect",
        "decide",
        "restore",
        "healthy",
        "by",
        "fault",
        "runbook, who, run",
    )
).rstrip()
"""Over the rows of a list of drills."""


def score_row(drill: DrillRecord) -> str:
    """A drill in a line of a list."""
    score = drill.score
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(drill.began))
    verdict = "not known" if score.handled is None else verdict_words(score.handled)
    times = ("-" if at is None else seconds_words(at) for at in score_times(score))
    how = "auto" if score.automatic else "team"
    faults = " + ".join(score.faults) or "none"
    who = f"{drill.runbook}  {drill.operator}  {drill.run}"
    return _ROW.format(when, verdict, *times, how, faults, who)


def score_as_json(drill: DrillRecord) -> dict[str, Any]:
    """For programs: the run, when it was, and its score; `null` for what never was."""
    return {
        "run": drill.run,
        "runbook": drill.runbook,
        "operator": drill.operator,
        "outcome": drill.outcome,
        "began": utc_timestamp(drill.began),
        "ended": utc_timestamp(drill.ended),
        **to_builtins(drill.score),
    }


class DrillFreshness(Struct, frozen=True, kw_only=True):
    """A drill that has ended, and what has changed in the runbook since."""

    drill: RunSummary
    score: Score | None = None
    """`None` if it was not recorded."""
    is_edited: bool = False
    """Whether the runbook's files have changed since."""
    changed_step_count: int | None = None
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
        if not self.changed_step_count:
            return (
                "edited since"
                if self.changed_step_count is None
                else "edited since, but no step"
            )
        count = self.changed_step_count
        return f"{count} {'step' if count == 1 else 'steps'} edited since"


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
    return replace(
        found, score=known.score, changed_step_count=_edited(runbook, known.texts)
    )


def _edited(runbook: Runbook, then: Mapping[str, str]) -> int:
    """How many steps differ from what they were."""
    now = step_digests(runbook)
    ids = now.keys() | then.keys()
    return sum(now.get(step_id) != then.get(step_id) for step_id in ids)
