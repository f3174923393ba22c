"""Makes the checks of a step: of its guard (`when`) before it, its own after it.

Nothing is journaled before a guard's result: if the host dies meanwhile, nothing has
run, and the next start of the step makes the checks again.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import running_process_groups
from mobius_tui.run.attempts.value_sources import obtain_secrets
from mobius_tui.run.checks.blocking_io import StopRequested, run_in_thread
from mobius_tui.run.checks.context import CheckContext, CheckResult
from mobius_tui.run.checks.log_marks import LogMark, decode_marks, mark_log
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.run.events.step_events import CheckTried, Result, StepPassedOver
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.variables import check_env
from mobius_tui.run.state.step_state import UNBEGUN_STATUSES, Status
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.runbook.model.check_kinds import Check, LogCheck
from mobius_tui.runbook.model.check_kinds import kind_of as kind_of_check
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import is_for_each_host
from mobius_tui.runbook.text.units import duration_in_words

LOG_MARK_TIMEOUT = 5.0
"""Seconds that finding the end of a log may take: a network disk may hang."""
MAX_LOG_MARKS_BYTES = 1 << 20
"""Bytes of a file of marks that are read."""
TallyVerdict = Literal["more", "held", "failed"]


class CheckTally:
    """The tries of one check so far."""

    def __init__(self, limit: int | None, consecutive: int) -> None:
        """Begin with no try.

        Args:
            limit: tries at most; `None` for any number.
            consecutive: tries in a row that must hold.
        """
        self._tries_left = limit
        self._consecutive = consecutive
        self._held_in_row = 0

    @property
    def held_in_row(self) -> int:
        """How many tries in a row have held by now."""
        return self._held_in_row

    def count(self, held: bool, *, is_last: bool = False) -> TallyVerdict:
        """Count a try.

        Args:
            held: whether the check held.
            is_last: whether there is no time for another.

        Returns:
            `more` while it is undecided. It has failed as soon as the tries that are
            left are too few.
        """
        self._held_in_row = self._held_in_row + 1 if held else 0
        if self._held_in_row >= self._consecutive:
            return "held"
        if self._tries_left is not None:
            self._tries_left -= 1
            is_last |= self._tries_left < self._consecutive - self._held_in_row
        return "failed" if is_last else "more"


def late_look_prefix(time_limit: float) -> str:
    """The prefix of a detail where a check did not hold by its deadline.

    Args:
        time_limit: seconds until the deadline.
    """
    return f"not within {duration_in_words(time_limit)}: "


def _mark_log(path: Path, _: StopRequested) -> LogMark:
    return mark_log(path)


async def mark_logs_of(step: Step, context: RunContext) -> Mapping[str, LogMark]:
    """Remember where the logs end that a step's checks look at.

    A log that cannot be read now has no mark, which its check then says.
    """
    began = context.state.began
    assert began is not None
    marks: dict[str, LogMark] = {}
    for check in step.checks:
        if isinstance(check, LogCheck):
            with suppress(MobiusError, OSError, TimeoutError):
                name = context.values(step).fill(check.file)
                path = Path(began.workdir) / name
                async with asyncio.timeout(LOG_MARK_TIMEOUT):
                    marks[name] = await run_in_thread(partial(_mark_log, path))
    return marks


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
            kind = kind_of_check(check)
            try:
                times = self._times(check)
            except MobiusError as error:
                return Status.FAILED, f"{kind} check: {error}"
            task = await context.step_tasks.run(
                step.id, self._run_until_decided(index, check, *times)
            )
            if task.cancelled():
                return Status.STOPPED, f"stopped during its {kind} check"
            late = task.result()
            looks = context.state.steps[step.id].attempts[-1].check_tries
            last = next(seen for seen in reversed(looks) if seen.check == index)
            if not (last.held and last.held_in_row >= check.repeat.consecutive):
                return Status.FAILED, f"{kind} check: {late}{last.detail}"
            words = f"{kind} check: {last.detail}"
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

    def _times(self, check: Check) -> tuple[float, float | None]:
        """The pause between two tries, and how long tries are made, in seconds.

        Raises:
            MobiusError: a duration is invalid or out of its limits.
        """
        values, repeat = self._context.values(self._step), check.repeat
        key = "every"
        try:
            pause, deadline = values.seconds(repeat.every, key), None
            if repeat.deadline is not None:
                key = "for"
                deadline = values.seconds(repeat.deadline, key)
        except MobiusError as error:
            raise MobiusError(f"`{key}`: {error}") from error
        return pause, deadline

    async def _run_until_decided(
        self, index: int, check: Check, pause: float, time_limit: float | None
    ) -> str:
        """Make a check until it is decided.

        The last try is made at the deadline. After a takeover of the run, the new host
        counts tries from 0.

        Args:
            index: of the check in its step.
            check: the check.
            pause: seconds between two tries.
            time_limit: seconds from the first try to the deadline, if it has one.

        Returns:
            The prefix of the last try's detail: `late_look_prefix` if that was made at
            the deadline, else empty.
        """
        writer = self._writer
        tally = CheckTally(check.repeat.limit, check.repeat.consecutive)
        loop = asyncio.get_running_loop()
        deadline = math.inf if time_limit is None else loop.time() + time_limit
        number = 0
        while True:
            number += 1
            began = loop.time()
            result = await self._run_check(check)
            is_late = began >= deadline
            verdict = tally.count(result.held, is_last=is_late)
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
                if time_limit is None or not is_late:
                    return ""
                return late_look_prefix(time_limit)
            await asyncio.sleep(min(pause, max(0.0, deadline - loop.time())))

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
            logs=self._logs or self._kept_logs(),
            fill=values.fill,
            step_groups=running_process_groups(context),
            own_pids=frozenset({os.getpid()}),
            shell=launcher.BASH,
            redact=context.redact,
        )

    def _kept_logs(self) -> Mapping[str, LogMark]:
        """Where its logs ended when it began, as its directory says."""
        with (
            suppress(OSError, MobiusError),
            open_regular(self._directory.log_marks) as file,
        ):
            return decode_marks(file.read(MAX_LOG_MARKS_BYTES))
        return {}


class GuardLookNeededError(Exception):
    """A step's guard must be looked at first; that takes time, so without the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardLook:
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
