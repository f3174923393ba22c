"""Time denies an approval that nobody gave, or that nobody used."""

from __future__ import annotations

import asyncio

from mobius_tui.run.approval_events import ApprovalDenied
from mobius_tui.run.approvals import answers_itself
from mobius_tui.run.engine import Engine
from mobius_tui.run.steps import Status
from mobius_tui.runbook.units import in_words

LOOK = 1.0
"""Seconds between two looks at the clock; an approval is refused late all the same."""


async def run(engine: Engine) -> None:
    """Deny what is late, as long as the host lives."""
    while True:
        await asyncio.sleep(LOOK)
        if engine.state.approvals and not answers_itself(engine.state):
            await deny_late(engine)


async def deny_late(engine: Engine) -> None:
    """Deny what is late now."""
    async with engine.turn:
        if engine.state.ended is not None or engine.broken is not None:
            return
        for step_id, own in engine.state.approvals.items():
            step = engine.state.steps[step_id]
            used = own.asked.attempt != len(step.attempts) + 1
            if own.denied or used or step.status is Status.RUNNING:
                continue
            if engine.clock.wall() <= own.until:
                continue
            within = in_words(own.asked.within)
            words = f"begun in {within}" if own.complete else f"approved in {within}"
            reason = f"not {words}"
            attempt = own.asked.attempt
            await engine.write(
                ApprovalDenied(step=step_id, attempt=attempt, reason=reason), "host"
            )
