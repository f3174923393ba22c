"""What runs of a step, stopping it, and ending a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mobius_tui.run.attempts.attempt_files import mark_of, read_pid, survivors
from mobius_tui.run.attempts.launcher import ask_to_stop
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Outcome, RunEnded
from mobius_tui.run.events.step_events import StopAsked
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step

if TYPE_CHECKING:
    from mobius_tui.run.host.engine import Engine


def running_process_groups(engine: Engine) -> frozenset[int]:
    """The process groups of the steps that run now."""
    found = {
        read_pid(engine.directory.attempt(step_id, own.last.number))
        for step_id, own in engine.state.steps.items()
        if own.status is Status.RUNNING and own.last is not None
    }
    return frozenset(group for group in found if group)


def living_of_attempt(engine: Engine, step: Step) -> tuple[str, ...]:
    """What still lives of a step's last attempt."""
    last = engine.state.steps[step.id].last
    if last is None or kind_of(step) != "run":
        return ()
    return survivors(
        engine.directory.attempt(step.id, last.number),
        mark_of(engine.directory, step.id, last.number),
    )


SOON = 0.01
"""Seconds between two tries to stop what is only just starting."""


async def stop_attempt(
    engine: Engine, step: Step, attempt: int, who: str, intent: str | None
) -> Entry:
    """Ask a running attempt to end; the turn is held."""
    asked = StopAsked(step=step.id, attempt=attempt)
    entry = await engine.write(asked, who, intent)
    engine.tasks.create_task(_press(engine, step, attempt))
    return entry


async def _press(engine: Engine, step: Step, attempt: int) -> None:
    """See to it that a stop arrives, at a keeper that is only just starting too."""
    directory = engine.directory.attempt(step.id, attempt)
    while engine.state.steps[step.id].status is Status.RUNNING:
        checks = engine.checking.get(step.id)
        if checks is not None:
            checks.cancel()
        if checks is not None or ask_to_stop(directory):
            return
        await asyncio.sleep(SOON)


async def abandon(engine: Engine, reason: str) -> None:
    """End the run for want of anyone; what runs is stopped."""
    async with engine.turn:
        await finish_run(engine, "abandoned", reason, "host")


async def finish_run(
    engine: Engine, outcome: Outcome, reason: str, who: str, intent: str | None = None
) -> Entry:
    """End the run, and whatever still runs; the turn is held."""
    for step in engine.plan.steps.values():
        own = engine.state.steps[step.id]
        if own.status is Status.RUNNING and own.last is not None:
            await stop_attempt(engine, step, own.last.number, who, None)
    ended = RunEnded(outcome=outcome, reason=engine.redact(reason), seals=True)
    return await engine.write(ended, who, intent)
