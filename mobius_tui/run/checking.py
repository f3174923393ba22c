"""Making a step's checks, each as often as it wants, until it is decided."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import MobiusError
from mobius_tui.run import attempt as attempts
from mobius_tui.run.checks.context import Context, Sight
from mobius_tui.run.checks.look import look
from mobius_tui.run.checks.tally import Tally
from mobius_tui.run.living import groups
from mobius_tui.run.step_events import CheckTried, Result
from mobius_tui.run.variables import check_env
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_check import Check
from mobius_tui.runbook.model_check import kind_of as kind_of_check

if TYPE_CHECKING:
    from mobius_tui.run.engine import Engine


class Checking:
    """The checks of one attempt."""

    def __init__(self, engine: Engine, step: Step, number: int) -> None:
        self._engine = engine
        self._step = step
        self._number = number
        self._directory = engine.directory.attempt(step.id, number)

    async def make(self) -> tuple[Result, str]:
        """Make them in order, until one does not hold; returns what that means."""
        engine, step = self._engine, self._step
        if self._stop_asked():
            return "stopped", "stopped before its checks"
        words = ""
        for index, check in enumerate(step.checks):
            kind = kind_of_check(check)
            try:
                pause = seconds(engine.values().fill(check.repeat.every), "every")
            except (MobiusError, ValueError) as error:
                return "failed", f"{kind} check: `every`: {error}"
            task = await engine.stoppable(step, self._looks(index, check, pause))
            if task.cancelled():
                return "stopped", f"stopped during its {kind} check"
            task.result()
            looks = engine.state.steps[step.id].attempts[-1].looks
            last = next(seen for seen in reversed(looks) if seen.check == index)
            if not (last.held and last.row >= check.repeat.consecutive):
                return "failed", f"{kind} check: {last.detail}"
            words = f"{kind} check: {last.detail}"
        return "passed", words

    async def once(self) -> str:
        """Look once by each, whatever the attempt came to; what was seen, in words."""
        seen = []
        for check in self._step.checks:
            sight = await self._look(check)
            verdict = "holds" if sight.held else "does not hold"
            seen.append(f"{kind_of_check(check)} check {verdict}: {sight.detail}")
        return "; ".join(seen)

    def _stop_asked(self) -> bool:
        last = self._engine.state.steps[self._step.id].last
        return last is not None and last.stop_asked

    async def _looks(self, index: int, check: Check, pause: float) -> None:
        """Look until it is decided, with so many seconds between two looks."""
        engine = self._engine
        tally = Tally(check.repeat.limit, check.repeat.consecutive)
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            number += 1
            began = loop.time()
            sight = await self._look(check)
            verdict = tally.saw(sight.held)
            event = CheckTried(
                step=self._step.id,
                attempt=self._number,
                check=index,
                look=number,
                held=sight.held,
                detail=sight.detail,
                ms=round((loop.time() - began) * 1000, 1),
                row=tally.row,
            )
            await engine.record(event)
            if verdict != "more":
                return
            await asyncio.sleep(pause)

    async def _look(self, check: Check) -> Sight:
        """Look once; what keeps it from looking is a look that did not hold."""
        try:
            context = self._context()
        except MobiusError as error:
            return Sight(held=False, detail=str(error))
        sight = await look(check, context)
        return replace(sight, detail=self._engine.redact(sight.detail))

    def _context(self) -> Context:
        engine = self._engine
        began = engine.state.began
        assert began is not None
        values = engine.values()
        env = {
            **engine.env,
            **check_env(self._step, engine.plan.runbook, values),
        }
        return Context(
            workdir=Path(began.workdir),
            env=env,
            output=self._directory.output if self._directory.output.exists() else None,
            fill=values.fill,
            groups=groups(engine),
            own=frozenset({os.getpid()}),
            shell=attempts.BASH,
        )
