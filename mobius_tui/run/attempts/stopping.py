"""Stops attempts and ends the run; which processes of a step run."""

from __future__ import annotations

import asyncio

from mobius_tui.run.attempts.attempt_files import read_process_group
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.survivors import attempt_mark, find_survivors
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StopAsked
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


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
        attempt_mark(context.directory, step.id, last.number),
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
    ended = RunEnded(
        outcome=outcome, reason=context.redact(reason), seals=True, took=took
    )
    return await writer.write(ended, who, intent)
