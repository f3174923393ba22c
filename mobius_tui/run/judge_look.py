"""The wish to look first: a step's checks are made, and nothing else of it.

Of an attempt that is unknown nobody knows what it changed. Its checks may: they are
made before anybody runs it again, and what they saw goes on record as a note on it.
"""

from __future__ import annotations

from mobius_tui.errors import RunError, StateError
from mobius_tui.run.checking import Checking
from mobius_tui.run.engine import Engine
from mobius_tui.run.entry import Entry
from mobius_tui.run.events import NoteAdded
from mobius_tui.run.intents import Intent
from mobius_tui.run.starting import step_of
from mobius_tui.run.steps import BAD
from mobius_tui.runbook.model import Step


async def look(engine: Engine, intent: Intent, _who: str) -> Entry | None:
    """`look`: make the checks of a step that went wrong, once each."""
    step = step_of(engine, intent)
    own, name = engine.state.steps[step.id], engine.plan.name(step.id)
    if not step.checks:
        raise RunError(f"{name} has no check; look at its output")
    if own.last is None or own.status not in BAD:
        raise RunError(f"{name} is {own.status}: only what went wrong is looked at so")
    if step.id in engine.checking:
        raise RunError(f"{name} is being looked at already")
    task = engine.tasks.create_task(_look(engine, step, own.last.number, intent.id))
    engine.checking[step.id] = task
    return None


async def _look(engine: Engine, step: Step, number: int, intent: str) -> None:
    try:
        seen = await Checking(engine, step, number).once()
    finally:
        engine.checking.pop(step.id, None)
    event = NoteAdded(text=f"looked first: {seen}", step=step.id)
    try:
        async with engine.turn:
            await engine.write(event, "host", intent)
    except (StateError, RunError) as error:
        # Without a journal there is nobody to tell but the log.
        print(f"step {step.id}: {error}", flush=True)  # noqa: T201
