"""The drills of a runbook before a run, and what each of them took.

Read from their `record.toml`, so a drill counts that nobody scored. What a drill with a
score came to stands in its `drill.json`; see `drill/drill_record.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.records.record_file import read_record_or_empty
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import runs_of

_OUTAGE_KEYS_BY_MEASURE = {
    "detected": ("detected",),
    "acknowledged": ("acknowledged",),
    "decided": ("decided",),
    "rollback": ("rollback", "rollback_began"),
    "restored": ("restored", "first_healthy"),
    "steady": ("steady", "three_healthy"),
}
"""By measure, the keys that its time may have in a record's `[outage]`: today's, then
that of older records."""


SCORE_LIST_LABELS = {
    "left": "still wrong",
    "wrong": "steps wrong",
    "skipped": "skipped",
    "out_of_order": "out of order",
    "overridden": "overridden",
    "undo_proved": "undo proved",
    "undo_unchecked": "undo unchecked",
}
"""The lists in a record's `[score]`, and what each is called."""


def verdict_words(handled: bool | None) -> str:
    """Whether a drill was handled, in words, as the site itself reported."""
    if handled is None:
        return "not known: nobody looked at the site"
    return "handled" if handled else "not handled"


def faults_words(faults: Iterable[str]) -> str:
    """The faults of a drill, in words."""
    names = " + ".join(faults)
    return f"the fault was {names}" if names else "no fault was injected"


def drill_result(record: Mapping[str, Any]) -> Iterator[str]:
    """What a drill came to, a line for each thing; nothing where it has no score.

    Args:
        record: what its `record.toml` says, perhaps by another version, or edited.
    """
    score = record.get("score")
    if not isinstance(score, Mapping):
        return
    handled = score.get("handled")
    verdict = verdict_words(handled if isinstance(handled, bool) else None)
    yield f"{verdict}; {faults_words(_texts(score, 'faults'))}"
    for name, label in SCORE_LIST_LABELS.items():
        yield from (f"{label}: {each}" for each in _texts(score, name))


def _texts(score: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = score.get(name)
    return tuple(map(str, found)) if isinstance(found, list) else ()


class LastAndBest(NamedTuple):
    """One time of the drills before a run, in seconds."""

    last: float | None
    best: float | None


def last_and_best(times: Iterable[float | None]) -> LastAndBest:
    """The last and the best time of earlier drills, to compare a time with.

    Args:
        times: the time in each drill, newest first; `None` where it was not reached.
    """
    known = [time for time in times if time is not None]
    return LastAndBest(known[0] if known else None, min(known, default=None))


def times_of_earlier_drills(
    directory: RunDirectory, began: RunBegan | None, at: float
) -> tuple[Mapping[str, float], ...]:
    """What each drill of the same runbook took that had ended before, newest first.

    Args:
        directory: the run's; its drills lie beside it.
        began: how it began.
        at: when that was, in seconds since 1970.

    Returns:
        For each drill its times in seconds, by measure: from the trigger, and of the
        whole drill.
    """
    if began is None:
        return ()
    return tuple(
        times_of_record(read_record_or_empty(e))
        for e in earlier_drills(directory, began, at)
    )


def earlier_drills(
    directory: RunDirectory, began: RunBegan, at: float
) -> Iterator[RunDirectory]:
    """The drills of the same runbook that had ended before a run began, newest first.

    Args:
        directory: the run's; its drills lie beside it.
        began: how it began.
        at: when that was, in seconds since 1970.
    """
    for each in runs_of(directory.path.parent, began.runbook):
        is_other = each.id != directory.id
        if is_other and _is_before(read_record_or_empty(each), began.runbook, at):
            yield each


def _is_before(record: Mapping[str, Any], runbook: str, at: float) -> bool:
    ended = record.get("ended")
    return (
        record.get("mode") == Mode.DRILL
        and record.get("runbook") == runbook
        and isinstance(ended, datetime)
        and ended.timestamp() <= at
    )


def times_of_record(record: Mapping[str, Any]) -> Mapping[str, float]:
    """The times of a run in seconds, by measure, as far as its record has them.

    The measures are those of `MILESTONE_NAMES`, counted from the trigger, or what else
    the record says they count from, and `total`, from the run's beginning to its end. A
    drill that was not handled has no `restored` and no `steady`.
    """
    return dict(_times_of(record))


def _times_of(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    began, ended = record.get("began"), record.get("ended")
    if isinstance(began, datetime) and isinstance(ended, datetime):
        yield "total", (ended - began).total_seconds()
    outage, score = record.get("outage"), record.get("score")
    if not isinstance(outage, dict):
        return
    since = outage.get("since", outage.get("fired"))
    broken = isinstance(score, dict) and score.get("handled") is False
    for name, keys in _OUTAGE_KEYS_BY_MEASURE.items():
        at = next((outage[key] for key in keys if key in outage), None)
        if broken and name in ("restored", "steady"):
            continue
        if isinstance(at, datetime) and isinstance(since, datetime):
            yield name, (at - since).total_seconds()
