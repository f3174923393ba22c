"""Stops attempts and ends runs; finds the processes that an attempt left alive."""

from __future__ import annotations

import asyncio
import contextlib
import os

import psutil

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.attempt_files import read_process_group, read_script_end
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StopAsked
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.keeper.process_table import process_start_ticks
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.runbook import Step

ATTEMPT_MARK = "MOBIUS_TUI_ATTEMPT"
"""The environment variable that every process of a step inherits: `RUN/STEP.N`."""


def attempt_mark(context: RunContext, step: str, number: int) -> str:
    """The value of `ATTEMPT_MARK` for an attempt.

    It begins with the run's key; for a run of an earlier version, which has none, with
    the path of its folder, as that version wrote it.
    """
    began = context.state.began
    key = None if began is None else began.key
    return f"{key or context.directory.path}/{AttemptId(step, number)}"


def find_survivors(directory: AttemptDirectory, mark: str) -> tuple[str, ...]:
    """Living processes of an attempt, as `PID NAME`; blocking.

    They are those of its group, and those that left it and carry the mark or were
    adopted by the keeper, as far as its record can be read. The last entry may be `N
    more`: orphans for which the keeper's record had no room.

    Args:
        directory: the attempt's.
        mark: the value of `ATTEMPT_MARK` in their environment.
    """
    group = read_process_group(directory)
    if group and _is_reused_group(group, directory, mark):
        group = None
    end = None
    with contextlib.suppress(RunError):
        end = read_script_end(directory)
    orphans = end.survivors if end is not None else {}
    names = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            is_its = bool(group) and os.getpgid(process.pid) == group
            if process.pid in orphans:
                is_its = (
                    is_its or process_start_ticks(process.pid) == orphans[process.pid]
                )
            if is_its or process.environ().get(ATTEMPT_MARK) == mark:
                name = " ".join(process.cmdline())[:80] or process.name()
                names.append(f"{process.pid} {name}")
        except (psutil.Error, OSError):
            continue
    if end is not None and end.unnamed_survivors:
        names.append(f"{end.unnamed_survivors} more")
    return tuple(names)


def _is_reused_group(group: int, directory: AttemptDirectory, mark: str) -> bool:
    """Whether the system has given the id of an attempt's process group to another one.

    The leader then lacks the mark, and began after the script's id was written; both
    must hold, since times alone mislead if the clock was set in between. While members
    of the group live, its id is not reused, even if the leader has ended.
    """
    try:
        leader = psutil.Process(group)
        began, env = leader.create_time(), leader.environ()
        written = directory.pid.lstat().st_mtime
    except (psutil.Error, OSError):
        return False
    return env.get(ATTEMPT_MARK) != mark and began > written + 1.0


def running_process_groups(context: RunContext) -> frozenset[int]:
    """The process groups of the steps that run now."""
    groups = {
        read_process_group(context.directory.attempt(step_id, own.last_attempt.number))
        for step_id, own in context.state.steps.items()
        if own.status is Status.RUNNING and own.last_attempt is not None
    }
    return frozenset(group for group in groups if group)


def attempt_survivors(context: RunContext, step: Step) -> tuple[str, ...]:
    """The processes that a step's last attempt left behind, in words."""
    last = context.state.steps[step.id].last_attempt
    if last is None or kind_of(step) != "run":
        return ()
    return find_survivors(
        context.directory.attempt(step.id, last.number),
        attempt_mark(context, step.id, last.number),
    )


STOP_RETRY_INTERVAL = 0.01
"""Seconds between two tries to stop an attempt that is only just starting."""


async def stop_attempt(
    context: RunContext,
    writer: JournalWriter,
    step: Step,
    attempt: int,
    who: str,
    intent: str | None,
) -> Entry:
    """Ask a running attempt to end; the caller holds `writer.turn`."""
    asked = StopAsked(step=step.id, attempt=attempt)
    entry = await writer.write(asked, who, intent)
    context.tasks.create_task(_enforce_stop(context, step, attempt))
    return entry


async def _enforce_stop(context: RunContext, step: Step, attempt: int) -> None:
    """Stop an attempt, as soon as there is something of it to stop."""
    directory = context.directory.attempt(step.id, attempt)
    while context.state.steps[step.id].status is Status.RUNNING:
        if context.step_tasks.cancel(step.id) or request_stop(directory):
            return
        await asyncio.sleep(STOP_RETRY_INTERVAL)


async def abandon_run(context: RunContext, writer: JournalWriter, reason: str) -> None:
    """End a run that no viewer watches any more, and stop what runs of it."""
    async with writer.turn:
        await finish_run(context, writer, Outcome.ABANDONED, reason, "host")


async def finish_run(
    context: RunContext,
    writer: JournalWriter,
    outcome: Outcome,
    reason: str,
    who: str,
    intent: str | None = None,
) -> Entry:
    """End the run, and stop what still runs; the caller holds `writer.turn`.

    The reason on record also names the triggers that stand: the run is over, and what
    they fired for is not.

    Args:
        context: the run's.
        writer: the run's.
        outcome: how it ends.
        reason: in words.
        who: ends it.
        intent: the id of the intent that asked for it.
    """
    for step in context.plan.steps.values():
        own = context.state.steps[step.id]
        if own.status is Status.RUNNING and own.last_attempt is not None:
            await stop_attempt(
                context, writer, step, own.last_attempt.number, who, None
            )
    state = context.state
    took = None
    if state.reopening is not None:
        took = round(state.open_seconds(context.clock.wall()), 3)
    standing = state.watch.standing_text
    if standing and standing not in reason:
        reason = f"{reason}; {standing}" if reason else standing
    health = context.health.at_end() if state.watch.watch_run is None else None
    ended = RunEnded(
        outcome=outcome,
        reason=context.redact(reason),
        seals=True,
        took=took,
        health=None if health is None else context.redact(health),
    )
    return await writer.write(ended, who, intent)
