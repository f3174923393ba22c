"""Makes the checks of a step: of its guard (`when`) before it, its own after it.

Nothing is journaled before a guard's result: if the host dies meanwhile, nothing has
run, and the next start of the step makes the checks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.looks import (
    CheckDecision,
    MadeLook,
    kept_log_marks,
    look_context,
    look_until_decided,
)
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.value_sources import obtain_secrets
from mobius_tui.run.checks.context import CheckContext, CheckResult
from mobius_tui.run.checks.log_marks import LogMark
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.run.events.step_events import CheckTried, Result, StepPassedOver
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.variables import check_env
from mobius_tui.run.state.step_state import UNBEGUN_STATUSES, Status
from mobius_tui.runbook.model.check_kinds import Check
from mobius_tui.runbook.model.check_kinds import kind_of as kind_of_check
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import is_for_each_host
from mobius_tui.structs import replace


class StepChecks:
    """The checks of one attempt."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        step: Step,
        number: int,
        logs: Mapping[str, LogMark] = MappingProxyType({}),
    ) -> None:
        """Prepare; `run` makes the checks.

        Args:
            context: the run's.
            writer: of its journal.
            step: whose checks they are.
            number: of the attempt.
            logs: where its logs ended when it began; without them, what its directory
                says of it.
        """
        self._context = context
        self._writer = writer
        self._step = step
        self._number = number
        self._directory = context.directory.attempt(step.id, number)
        self._logs = logs

    async def run(self) -> tuple[Result, str]:
        """Make the checks in order, until one fails.

        Returns:
            The result, and the reason in words.
        """
        context, step = self._context, self._step
        if self._stop_asked():
            return Status.STOPPED, "stopped before its checks"
        lacking = await obtain_secrets(context, context.plan.variables_read[step.id])
        if lacking:
            return Status.FAILED, lacking
        words = ""
        for index, check in enumerate(step.checks):
            if step.rollout is not None and is_for_each_host(check):
                continue  # made for each host as it ends
            looking = self._decide(index, check)
            task = await context.step_tasks.run(step.id, looking)
            if task.cancelled():
                return (
                    Status.STOPPED,
                    f"stopped during its {kind_of_check(check)} check",
                )
            decision = task.result()
            if not decision.held:
                return Status.FAILED, decision.words
            words = decision.words
        return Status.PASSED, words

    async def run_once(self) -> str:
        """Make each check once, whatever the attempt's result; the results in words."""
        read = self._context.plan.variables_read[self._step.id]
        if lacking := await obtain_secrets(self._context, read):
            return lacking
        seen = []
        for check in self._step.checks:
            result = await self._run_check(check)
            verdict = "holds" if result.held else "does not hold"
            seen.append(f"{kind_of_check(check)} check {verdict}: {result.detail}")
        return "; ".join(seen)

    async def look(self) -> CheckResult:
        """Make each check once, until one does not hold; the last of the results."""
        read = self._context.plan.variables_read[self._step.id]
        if lacking := await obtain_secrets(self._context, read):
            return CheckResult(held=False, detail=lacking, could_not_look=True)
        seen = CheckResult(held=True, detail="")
        for check in self._step.checks:
            seen = await self._run_check(check)
            detail = f"{kind_of_check(check)} check: {seen.detail}"
            seen = replace(seen, detail=detail)
            if not seen.held:
                break
        return seen

    def _stop_asked(self) -> bool:
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and last.stop_asked

    async def _decide(self, index: int, check: Check) -> CheckDecision:
        """Make a check until it is decided, and journal each look."""

        async def keep(made: MadeLook) -> None:
            event = CheckTried(
                step=self._step.id,
                attempt=self._number,
                check=index,
                look=made.number,
                held=made.result.held,
                detail=made.result.detail,
                ms=made.ms,
                row=made.row,
            )
            await self._writer.write_in_turn(event)

        return await look_until_decided(
            check,
            self._context.values(self._step),
            partial(self._run_check, check),
            keep,
        )

    async def _run_check(self, check: Check) -> CheckResult:
        """Make a check once; what prevents it counts as a failure."""
        try:
            context = self._check_context()
        except MobiusError as error:
            detail = self._context.redact(str(error))
            return CheckResult(held=False, detail=detail, could_not_look=True)
        return await run_check(check, context)

    def _check_context(self) -> CheckContext:
        context = self._context
        values = context.values(self._step)
        env = check_env(self._step, context.plan.runbook, values)
        return look_context(
            context,
            values,
            {**context.env, **env},
            self._directory.output,
            self._logs or kept_log_marks(self._directory),
        )


class GuardLookNeededError(Exception):
    """A step's guard must be looked at first; that takes time, so without the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


class GuardLook(Struct, frozen=True, kw_only=True):
    """The result of one look at a guard."""

    holds: bool | None
    """`None` if it could not be looked at; true also if the step has moved on."""
    words: str


def require_guard_look(context: RunContext, step: Step) -> None:
    """Let a step begin for the first time only where its guard was seen to hold.

    Raises:
        GuardLookNeededError: its guard was not looked at yet.
    """
    is_first = context.state.steps[step.id].status in _STATUSES_BEFORE_GUARD_LOOK
    if step.when_checks and is_first and step.id not in context.steps_with_held_guard:
        raise GuardLookNeededError(step)


_STATUSES_BEFORE_GUARD_LOOK = UNBEGUN_STATUSES | {Status.NOT_APPLICABLE}


async def look_at_guard(
    context: RunContext,
    writer: JournalWriter,
    step: Step,
    who: str,
    intent: str | None = None,
) -> GuardLook:
    """Look once at a guard, and journal where its step does not apply.

    It may take long, so the caller must not hold `writer.turn`. Where the guard holds,
    the step is in `context.steps_with_held_guard`, and may begin until it is taken out
    of there.

    Args:
        context: the run's.
        writer: of its journal.
        step: whose guard it is.
        who: who begins the step.
        intent: the id of the intent that asked for it.
    """
    number = len(context.state.steps[step.id].attempts) + 1
    guarded = replace(step, checks=step.when_checks)
    seen = await StepChecks(context, writer, guarded, number).look()
    if seen.could_not_look:
        words = f"{context.plan.name(step.id)} was not begun: it is not known whether"
        return GuardLook(holds=None, words=f"{words} it applies: {seen.detail}")
    if seen.held:
        context.steps_with_held_guard.add(step.id)
        return GuardLook(holds=True, words=seen.detail)
    event = StepPassedOver(step=step.id, reason=seen.detail, looked=True)
    async with writer.turn:
        state = context.state
        if (
            state.ended is not None
            or state.steps[step.id].status not in _STATUSES_BEFORE_GUARD_LOOK
        ):
            # It has moved on, and what is asked for is judged by that.
            return GuardLook(holds=True, words="")
        await writer.write(event, who, intent)
    words = f"{context.plan.name(step.id)} does not apply: {seen.detail}"
    return GuardLook(holds=False, words=words)
