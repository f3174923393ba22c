"""Stopping what runs, and ending a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mobius_tui.run.attempt import ask_to_stop
from mobius_tui.run.entry import Entry
from mobius_tui.run.events import Outcome, RunEnded
from mobius_tui.run.step_events import StopAsked
from mobius_tui.run.steps import Status
from mobius_tui.runbook.model import Step

if TYPE_CHECKING:
    from mobius_tui.run.engine import Engine

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
        await finish(engine, "abandoned", reason, "host")


async def finish(
    engine: Engine, outcome: Outcome, reason: str, who: str, intent: str | None = None
) -> Entry:
    """End the run, and whatever still runs; the turn is held."""
    for step in engine.plan.steps.values():
        own = engine.state.steps[step.id]
        if own.status is Status.RUNNING and own.last is not None:
            await stop_attempt(engine, step, own.last.number, who, None)
    ended = RunEnded(outcome=outcome, reason=engine.redact(reason), seals=True)
    return await engine.write(ended, who, intent)
