"""The flows of the watch over health: arm, disarm, hold, roll back."""

from __future__ import annotations

from mobius_tui.run.intents import Intent
from mobius_tui.tui.asking import Ask
from mobius_tui.tui.screens.question import Question
from mobius_tui.tui.screens.watch import RollbackDialog
from mobius_tui.tui.view import RunView


async def arm(ask: Ask, view: RunView, _key: str | None) -> Intent | None:
    """Let a trigger begin the rollback, or let it no longer."""
    if view.state.watch.armed:
        words = "A trigger that fires only says so from then on; you can arm it again."
        question = Question("Disarm the watch?", words, verb="Disarm it", tone="warn")
        if not await ask(question):
            return None
        return Intent(wish="disarm")
    said = await ask(RollbackDialog(view, arms=True))
    return None if said is None else Intent(wish="arm", confirm=said)


async def hold(_ask: Ask, _view: RunView, _key: str | None) -> Intent | None:
    """Hold the countdown, at once: there is no time for a question."""
    return Intent(wish="hold")


async def roll_back(ask: Ask, view: RunView, _key: str | None) -> Intent | None:
    """Begin the rollback that a trigger would begin."""
    said = await ask(RollbackDialog(view, arms=False))
    return None if said is None else Intent(wish="rollback", confirm=said)
