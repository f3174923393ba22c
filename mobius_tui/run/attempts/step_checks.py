"""Makes a step's checks, each as often as its `repeat` says, until it is decided."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import running_process_groups
from mobius_tui.run.checks.context import CheckContext, CheckResult
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.run.events.step_events import CheckTried, Result
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.planning.variables import check_env
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.check_kinds import Check
from mobius_tui.runbook.model.check_kinds import kind_of as kind_of_check
from mobius_tui.runbook.model.runbook import Step

TallyVerdict = Literal["more", "held", "failed"]


class CheckTally:
    """The tries of one check so far."""

    def __init__(self, limit: int, consecutive: int) -> None:
        """Begin with no try.

        Args:
            limit: tries at most.
            consecutive: tries in a row that must hold.
        """
        self._tries_left = limit
        self._consecutive = consecutive
        self._held_in_row = 0

    @property
    def held_in_row(self) -> int:
        """How many tries in a row have held by now."""
        return self._held_in_row

    def count(self, held: bool) -> TallyVerdict:
        """Count a try.

        Args:
            held: whether the check held.

        Returns:
            `more` while it is undecided. It has failed as soon as the tries that are
            left are too few.
        """
        self._tries_left -= 1
        self._held_in_row = self._held_in_row + 1 if held else 0
        if self._held_in_row >= self._consecutive:
            return "held"
        return (
            "failed"
            if self._tries_left < self._consecutive - self._held_in_row
            else "more"
        )


class StepChecks:
    """The checks of one attempt."""

    def __init__(
        self, context: RunContext, writer: JournalWriter, step: Step, number: int
    ) -> None:
        self._context = context
        self._writer = writer
        self._step = step
        self._number = number
        self._directory = context.directory.attempt(step.id, number)

    async def run(self) -> tuple[Result, str]:
        """Make the checks in order, until one fails.

        Returns:
            The result, and the reason in words.
        """
        context, step = self._context, self._step
        if self._stop_asked():
            return Status.STOPPED, "stopped before its checks"
        words = ""
        for index, check in enumerate(step.checks):
            kind = kind_of_check(check)
            try:
                pause = context.values(step).seconds(check.repeat.every, "every")
            except MobiusError as error:
                return Status.FAILED, f"{kind} check: `every`: {error}"
            task = await context.step_tasks.run(
                step.id, self._run_until_decided(index, check, pause)
            )
            if task.cancelled():
                return Status.STOPPED, f"stopped during its {kind} check"
            task.result()
            looks = context.state.steps[step.id].attempts[-1].check_tries
            last = next(seen for seen in reversed(looks) if seen.check == index)
            if not (last.held and last.held_in_row >= check.repeat.consecutive):
                return Status.FAILED, f"{kind} check: {last.detail}"
            words = f"{kind} check: {last.detail}"
        return Status.PASSED, words

    async def run_once(self) -> str:
        """Make each check once, whatever the attempt came to; the results, in words."""
        seen = []
        for check in self._step.checks:
            result = await self._run_check(check)
            verdict = "holds" if result.held else "does not hold"
            seen.append(f"{kind_of_check(check)} check {verdict}: {result.detail}")
        return "; ".join(seen)

    def _stop_asked(self) -> bool:
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and last.stop_asked

    async def _run_until_decided(self, index: int, check: Check, pause: float) -> None:
        """Make a check until it is decided.

        Args:
            index: of the check in its step.
            check: the check.
            pause: seconds between two tries.
        """
        writer = self._writer
        tally = CheckTally(check.repeat.limit, check.repeat.consecutive)
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            number += 1
            began = loop.time()
            result = await self._run_check(check)
            verdict = tally.count(result.held)
            event = CheckTried(
                step=self._step.id,
                attempt=self._number,
                check=index,
                look=number,
                held=result.held,
                detail=result.detail,
                ms=round((loop.time() - began) * 1000, 1),
                row=tally.held_in_row,
            )
            await writer.write_in_turn(event)
            if verdict != "more":
                return
            await asyncio.sleep(pause)

    async def _run_check(self, check: Check) -> CheckResult:
        """Make a check once; what prevents it counts as a failure."""
        try:
            context = self._check_context()
        except MobiusError as error:
            return CheckResult(held=False, detail=str(error))
        result = await run_check(check, context)
        return replace(result, detail=self._context.redact(result.detail))

    def _check_context(self) -> CheckContext:
        context = self._context
        began = context.state.began
        assert began is not None
        values = context.values(self._step)
        env = {
            **context.env,
            **check_env(self._step, context.plan.runbook, values),
        }
        return CheckContext(
            workdir=Path(began.workdir),
            env=env,
            output=self._directory.output if self._directory.output.exists() else None,
            fill=values.fill,
            step_groups=running_process_groups(context),
            own_pids=frozenset({os.getpid()}),
            shell=launcher.BASH,
        )
