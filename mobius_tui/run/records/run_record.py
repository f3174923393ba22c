"""Writes and reads `record.toml`, for people and programs that read no journal."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from mobius_tui.errors import RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.run_events import RunBegan, RunEnded
from mobius_tui.run.journal.follower import (
    Follower,
    load_run_runbook,
    read_probe_results,
)
from mobius_tui.run.journal.journal import JournalContent, read_journal
from mobius_tui.run.journal.outage_times import (
    MILESTONE_NAMES,
    STEADY_CHECKS,
    track_milestones,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.records import past_run, seals
from mobius_tui.run.records.past_run import PastRun
from mobius_tui.run.state.deliveries import delivery_for_viewer
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory, try_lock
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.sharing import file_mode
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES, RefusedError
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml

ANNOTATIONS_TABLE = "annotations"
"""The table of people's annotations, added afterwards."""


ACTION_ITEMS_TABLE = "action_items"
"""The table of action items, added afterwards."""
LOCK_TIMEOUT = 10.0
"""Seconds to wait for another writer. It needs a few milliseconds; longer only on a
disk that is full or remote."""


@contextmanager
def record_lock(directory: RunDirectory) -> Iterator[None]:
    """Hold the lock on a run's record while the block lasts.

    A change reads and rewrites the whole record, so of two at once one would be lost.
    The lock is on the folder, as each change replaces the file.

    Raises:
        OSError: another writer held the lock for longer than `LOCK_TIMEOUT`.
    """
    handle = os.open(directory.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + LOCK_TIMEOUT
    try:
        while not try_lock(handle):
            if time.monotonic() > deadline:
                words = "somebody else is changing it; try again"
                raise OSError(errno.EBUSY, words)
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def write_record(
    directory: RunDirectory, plan: Plan, state: RunState, head: str
) -> None:
    """Write the record of a run that has ended; annotations in it are retained."""
    counts: dict[str, int] = {}
    for standing in step_statuses(plan, state).values():
        counts[str(standing.status)] = counts.get(str(standing.status), 0) + 1
    record: dict[str, Any] = {**record_of_journal(state, head), "steps": counts}
    if state.deliveries:
        stands = [
            delivery_for_viewer(own, hosted=False).status for own in state.deliveries
        ]
        record["messages"] = {str(each): stands.count(each) for each in stands}
    if state.watch.latest_alarm is not None:
        record["outage"] = outage_record(directory)
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


def read_record(directory: RunDirectory) -> dict[str, Any]:
    """The record of a run's end; empty where there is none.

    Raises:
        RunError: it cannot be read, or is no record.
    """
    try:
        with open_regular(directory.record) as file:
            data = file.read(MAX_BYTES + 1)
        return dict(parse_toml(directory.record.name, data, Findings()).tree)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunError(f"{directory.record.name}: {error.strerror}") from error
    except RefusedError as error:
        raise RunError(error.problem.render().splitlines()[0]) from error


def cut_journal_text(directory: RunDirectory, journal_content: JournalContent) -> str:
    """Which entries a journal lacks that its record names, in words; empty for none.

    Raises:
        RunError: the record cannot be read.
    """
    record, name = read_record(directory), directory.journal.name
    if not record or record.get("head") in journal_content.heads:
        return ""
    events_recorded, has = record.get("events"), len(journal_content.entries)
    if isinstance(events_recorded, int) and events_recorded > has:
        return (
            f"{name}: lines were cut from its end: {directory.record.name} names a "
            f"later head, of line {events_recorded}, and it ends with line {has}"
        )
    return (
        f"{name}: it does not have the head that {directory.record.name} names: "
        "its end was changed"
    )


def lost_end_text(directory: RunDirectory) -> str:
    """How the journal of an ended run lost its end, in words; empty where it did not.

    Raises:
        RunError: its journal or its record cannot be read.
    """
    if not directory.record.exists():
        return ""
    journal_content = read_journal(directory.journal)
    if why := cut_journal_text(directory, journal_content):
        return why
    if any(isinstance(entry.event, RunEnded) for entry in journal_content.entries):
        return ""
    return (
        f"{directory.record.name} is of a run that ended, and "
        f"{directory.journal.name} has no end"
    )


def refuse_cut_journal(directory: RunDirectory) -> None:
    """Refuse to continue a run that had ended, and whose journal lost its end.

    Raises:
        RunError: it is such a run, or its journal or record cannot be read.
    """
    if why := lost_end_text(directory):
        raise RunError(
            f"{directory.id} is damaged: {why}. It can be read, and not gone on with: "
            f"`mobius-tui report {directory.id}`"
        )


def _added_tables(directory: RunDirectory) -> dict[str, Any]:
    """The tables that people added to an earlier record; renames an unreadable one."""
    try:
        older = read_record(directory)
    except RunError:
        aside = directory.record.with_suffix(f".unread-{time.time_ns()}")
        directory.record.replace(aside)
        return {}
    tables = (ANNOTATIONS_TABLE, ACTION_ITEMS_TABLE, seals.SEALS_TABLE)
    return {name: older[name] for name in tables if name in older}


def replace_file_durably(target: Path, data: bytes) -> None:
    """Replace a file's content, durably, as private as its folder.

    Raises:
        OSError: it could not be written; the file is unchanged.
    """
    new = target.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            os.fchmod(file.fileno(), file_mode(target.parent))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def summarize_run(directory: RunDirectory, *, is_host: bool = False) -> PastRun | None:
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

    Returns and raises as `summarize_run`.
    """
    tail = read_journal(directory.journal)
    began = tail.entries[0].event if tail.entries else None
    if not isinstance(began, RunBegan) or Path(began.file).name != began.file:
        raise RunError(f"{directory.journal.name}: it does not begin with RunBegan")
    runbook = load_run_runbook(directory, began)
    state = fold(runbook, tail.entries)
    if state.ended is None:
        return None
    past = HealthHistory()
    for check in read_probe_results(directory):
        past.add(check)
    plan = Plan(runbook)
    plan.catch_up(state)
    course = track_milestones(plan, tail.entries)
    score = read_record_or_empty(directory).get("score")
    restored = course.as_scored(past, score).seconds_until("restored")
    return past_run.past_run_from_state(directory.id, state, restored)


def read_record_or_empty(directory: RunDirectory) -> Mapping[str, Any]:
    """The record of a run's end; empty where there is none to read."""
    try:
        return read_record(directory)
    except RunError:
        return {}


def outage_record(directory: RunDirectory, *, older: bool = False) -> dict[str, Any]:
    """The outage's milestones for the record, from the first sign to steady health.

    Args:
        directory: the run.
        older: whether to return the keys of records that older versions wrote, which
            had no `since`.

    Raises:
        RunError: the run cannot be read.
    """
    follower = Follower(directory)
    milestones = follower.milestone_tracker.milestones(follower.health_history)
    fired = milestones.outage
    if fired is None:
        return {}
    record: dict[str, Any] = {
        "probe": fired.probe,
        "reason": fired.reason,
        "acknowledged_by": fired.by,
    }
    if older:
        since = fired.fired if fired.rollback is None else fired.rollback
        times = {
            "acknowledged": fired.acknowledged,
            "rollback_began": fired.rollback,
            "first_healthy": follower.health_history.ok_streak_at(
                fired.probe, since=since, count=1
            ),
            "three_healthy": follower.health_history.ok_streak_at(
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
    return record
