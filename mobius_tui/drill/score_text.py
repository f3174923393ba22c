"""A score as text, the same on the score card, in `--plain` and in lists. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_score import Score, score_times
from mobius_tui.drill.scored_drills import TimeComparison
from mobius_tui.run.events.journal_entry import utc_timestamp
from mobius_tui.run.records.drill_history import (
    SCORE_LIST_LABELS,
    faults_words,
    verdict_words,
)
from mobius_tui.runbook.text.units import clock_duration, duration_in_words

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


def now_words(at: TimeComparison) -> str:
    """The time of this drill; `-` if the milestone was never reached."""
    return "-" if at.now is None else seconds_words(at.now)


def before_words(at: TimeComparison) -> str:
    """The times of earlier drills: `last 0:50, best 0:40`; empty if there is none."""
    if at.best is None or at.last is None:
        return ""
    last, best = seconds_words(at.last), seconds_words(at.best)
    is_best = at.now is not None and at.now < at.best and now_words(at) != best
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
        before = before_words(at)
        beside = f"; {before}" if before else ""
        yield f"time to {TIME_LABELS[at.name]}: {now_words(at)}{beside}"
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
        **asdict(drill.score),
    }
