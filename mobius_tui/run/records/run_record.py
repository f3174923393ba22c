"""What a run came to, as its host writes it into `record.toml` and `stats.json`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from mobius_tui.errors import RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.follower import (
    Follower,
    load_run_runbook,
    read_probe_results,
)
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.journal.outage_times import (
    MILESTONE_NAMES,
    STEADY_CHECKS,
    MilestoneTracker,
    track_milestones,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.records import past_run, record_file
from mobius_tui.run.records.past_run import PastRun
from mobius_tui.run.records.record_file import (
    ACTION_ITEMS_TABLE,
    ANNOTATIONS_TABLE,
    read_record,
    read_record_or_empty,
    record_lock,
    replace_file_durably,
)
from mobius_tui.run.state.deliveries import delivery_for_viewer
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory


def write_record(
    directory: RunDirectory, plan: Plan, state: RunState, head: str
) -> None:
    """Write the record of a run that has ended; annotations in it are retained."""
    record = {**record_of_journal(state, head), **counts_of_record(plan, state)}
    if state.watch.latest_alarm is not None:
        follower = Follower(directory)
        record["outage"] = outage_record(
            follower.milestone_tracker, follower.health_history
        )
    with record_lock(directory):
        record.update(_added_tables(directory))
        replace_file_durably(directory.record, tomli_w.dumps(record).encode())


def record_of_journal(state: RunState, head: str) -> dict[str, Any]:
    """The fields of a record that are made from the journal.

    Args:
        state: of a run that has ended.
        head: the digest of the journal's last line.
    """
    began, ended = state.began, state.ended
    assert began is not None
    assert ended is not None
    return {
        "run": began.run,
        "runbook": began.runbook,
        "title": began.title,
        "mode": began.mode,
        "environment": began.environment or "",
        "operator": began.operator,
        "outcome": ended.outcome,
        "reason": ended.reason,
        "began": datetime.fromtimestamp(state.began_at, UTC),
        "ended": datetime.fromtimestamp(state.ended_at or state.last_entry_at, UTC),
        "events": state.last_entry_number,
        "head": head,
    }


def counts_of_record(plan: Plan, state: RunState) -> dict[str, dict[str, int]]:
    """How many steps, and how many messages, ended how; no `messages` without any."""
    steps = [str(each.status) for each in step_statuses(plan, state).values()]
    counts = {"steps": {each: steps.count(each) for each in steps}}
    if state.deliveries:
        messages = [
            str(delivery_for_viewer(own, hosted=False).status)
            for own in state.deliveries
        ]
        counts["messages"] = {each: messages.count(each) for each in messages}
    return counts


def _added_tables(directory: RunDirectory) -> dict[str, Any]:
    """The tables that people added to an earlier record; renames an unreadable one."""
    try:
        older = read_record(directory)
    except RunError:
        aside = directory.record.with_suffix(f".unread-{time.time_ns()}")
        directory.record.replace(aside)
        return {}
    tables = (ANNOTATIONS_TABLE, ACTION_ITEMS_TABLE, record_file.SEALS_TABLE)
    return {name: older[name] for name in tables if name in older}


def refresh_stats(directory: RunDirectory, *, is_host: bool = False) -> PastRun | None:
    """Sum a run up from its files, and store that as `stats.json` where it may be.

    Args:
        directory: the run's.
        is_host: whether the caller is its host; else nothing is stored while it has
            one.

    Returns:
        `None` of a run that did not come to an end.

    Raises:
        RunError: it cannot be read whole.
        StateError: an entry of its journal may not follow.
    """
    if not is_host and directory.host_pid() is not None:
        return past_run_from_files(directory)
    of = past_run.stats_source_digest(directory)
    found = past_run_from_files(directory)
    if found is not None:
        past_run.write_stats(directory, found, of)
    return found


def past_run_from_files(directory: RunDirectory) -> PastRun | None:
    """Sum a run up from its journal, its health and its record; stores nothing.

    Returns and raises as `refresh_stats`.
    """
    journal_content = read_journal(directory.journal)
    began = journal_content.entries[0].event if journal_content.entries else None
    if not isinstance(began, RunBegan) or Path(began.file).name != began.file:
        raise RunError(f"{directory.journal.name}: it does not begin with RunBegan")
    runbook = load_run_runbook(directory, began)
    state = fold(runbook, journal_content.entries)
    if state.ended is None:
        return None
    past = HealthHistory()
    for check in read_probe_results(directory):
        past.add(check)
    plan = Plan(runbook)
    plan.catch_up(state)
    course = track_milestones(plan, journal_content.entries)
    score = read_record_or_empty(directory).get("score")
    restored = course.as_scored(past, score).seconds_until("restored")
    return past_run.past_run_from_state(directory.id, state, restored)


def outage_record(
    tracker: MilestoneTracker,
    health_history: HealthHistory,
    written: object = None,
) -> dict[str, Any]:
    """The outage's milestones for the record, from the first sign to steady health.

    Args:
        tracker: has the entries up to the run's end.
        health_history: the checks on record by then.
        written: the table of a record, to say what it should say. Older versions wrote
            no `count`, and their times were of the last series of healthy checks; still
            older ones no `since`. `None` for a new record.
    """
    keys = written.keys() if isinstance(written, Mapping) else {"since", "count"}
    milestones = tracker.milestones(health_history, older="count" not in keys)
    fired = milestones.outage
    if fired is None:
        return {}
    record: dict[str, Any] = {
        "probe": fired.probe,
        "reason": fired.reason,
        "acknowledged_by": fired.by,
    }
    if "since" not in keys:
        since = fired.fired if fired.rollback is None else fired.rollback
        times = {
            "acknowledged": fired.acknowledged,
            "rollback_began": fired.rollback,
            "first_healthy": health_history.ok_streak_at(
                fired.probe, since=since, count=1
            ),
            "three_healthy": health_history.ok_streak_at(
                fired.probe, since=since, count=STEADY_CHECKS
            ),
        }
    else:
        times = {
            "since": milestones.since,
            **{name: milestones.time_of(name) for name in MILESTONE_NAMES},
        }
    for name, at in {"fired": fired.fired, **times}.items():
        if at is not None:
            record[name] = datetime.fromtimestamp(at, UTC)
    if "count" in keys:
        record["count"] = len(milestones.outages)
    return record
