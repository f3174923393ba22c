"""The times of a run, and what the drills of its runbook took before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.outage_times import Milestones, milestones
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.run_record import read_record
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs

_OUTAGE = {
    "detected": ("detected",),
    "acknowledged": ("acknowledged",),
    "decided": ("decided",),
    "rollback": ("rollback", "rollback_began"),
    "restored": ("restored", "first_healthy"),
    "steady": ("steady", "three_healthy"),
}
"""A measure, and its time in a record's `[outage]`; older records name some else."""


def run_times(
    directory: RunDirectory, plan: Plan, entries: Sequence[Entry], past: HealthHistory
) -> Milestones:
    """The times of a run; of a drill that is over, as its score has them.

    Args:
        directory: the run's; its record has what became of a drill.
        plan: its plan.
        entries: all of its entries.
        past: the checks on record.
    """
    score = end_record(directory).get("score")
    score = score if isinstance(score, dict) else {}
    late = score.get("injected")
    injected = None
    if isinstance(late, float) and entries:
        injected = entries[0].at + late
    found = milestones(plan, entries, past, injected)
    if score.get("handled") is False:
        return replace(found, restored=None, steady=None)
    return found


def drills_before(
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
        measured_seconds(end_record(e)) for e in earlier_drills(directory, began, at)
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
    for each in all_runs(directory.path.parent):
        may_be = began.runbook in each.id and each.id != directory.id
        if may_be and _is_before(end_record(each), began.runbook, at):
            yield each


def end_record(directory: RunDirectory) -> Mapping[str, Any]:
    """The record of a run's end; empty where there is none to read."""
    try:
        return read_record(directory)
    except RunError:
        return {}


def _is_before(record: Mapping[str, Any], runbook: str, at: float) -> bool:
    ended = record.get("ended")
    return (
        record.get("mode") == "drill"
        and record.get("runbook") == runbook
        and isinstance(ended, datetime)
        and ended.timestamp() <= at
    )


def measured_seconds(record: Mapping[str, Any]) -> Mapping[str, float]:
    """The times of a run in seconds, by measure, as far as its record has them."""
    return dict(_took(record))


def _took(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    began, ended = record.get("began"), record.get("ended")
    if isinstance(began, datetime) and isinstance(ended, datetime):
        yield "total", (ended - began).total_seconds()
    outage, score = record.get("outage"), record.get("score")
    if not isinstance(outage, dict):
        return
    since = outage.get("since", outage.get("fired"))
    broken = isinstance(score, dict) and score.get("handled") is False
    for name, keys in _OUTAGE.items():
        at = next((outage[key] for key in keys if key in outage), None)
        if broken and name in ("restored", "steady"):
            continue
        if isinstance(at, datetime) and isinstance(since, datetime):
            yield name, (at - since).total_seconds()
