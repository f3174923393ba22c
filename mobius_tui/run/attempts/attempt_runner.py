"""Starts attempts, carries each through in a task of its own, and retries them."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from mobius_tui.errors import MobiusError, RunError, StateError
from mobius_tui.run.attempts.called_file_digests import changed_files_text
from mobius_tui.run.attempts.disk_space import DiskSpaceWaiters
from mobius_tui.run.attempts.execution import AttemptExecution
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.value_sources import obtain_secrets, record_secrets
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HOST_AUTHOR
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.approval_rules import drill_approves, is_retry_approved
from mobius_tui.run.planning.plan import (
    are_in_one_group,
    step_blocking_start,
)
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, will_retry
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.runbook import Step

BUSY_INTERVAL = 0.1
"""Seconds between two looks whether there is room for another attempt."""
DEFAULT_RETRY_PAUSE = 5.0
"""Seconds before an attempt is made again where `retry.every` is no duration."""


class AttemptRunner:
    """Starts and retries the attempts of a run's steps."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        disk_waiters: DiskSpaceWaiters,
        after_attempt: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare; `start` begins an attempt.

        Args:
            context: the run's.
            writer: the run's.
            disk_waiters: records which attempts wait for space on the disk.
            after_attempt: called when an attempt has ended, before it is made again.
        """
        self._context = context
        self._writer = writer
        self._disk_waiters = disk_waiters
        self._after_attempt = after_attempt
        self.resumed_steps: set[str] = set()
        """The ids of steps whose attempt an earlier host started."""

    async def start(
        self, step: Step, attempt: int, who: str, intent_id: str | None = None
    ) -> Entry:
        """Begin an attempt that is permitted; the caller holds `writer.turn`.

        Args:
            step: the step.
            attempt: its number, from 1.
            who: who starts it.
            intent_id: the id of the intent that asked for it.
        """
        await record_secrets(self._context, self._writer, step)
        event = StepStarted(
            step=step.id,
            attempt=attempt,
            reads=self._context.plan.variables_read[step.id],
        )
        entry = await self._writer.write(event, who, intent_id)
        self.execute_in_task(step, attempt)
        return entry

    def execute_in_task(
        self, step: Step, attempt: int, *, resumed: bool = False
    ) -> None:
        """Carry an attempt through whose start is journaled, in a task of its own.

        Args:
            step: the step.
            attempt: its number.
            resumed: whether an earlier host started it.
        """
        if resumed:
            self.resumed_steps.add(step.id)
        self._context.tasks.create_task(
            self._execute(step, attempt, resumed),
            name=f"attempt {AttemptId(step.id, attempt)}",
        )

    async def _execute(self, step: Step, attempt: int, resumed: bool) -> None:
        execution = AttemptExecution(
            self._context, self._writer, self._disk_waiters, step, attempt
        )
        try:
            await (execution.resume() if resumed else execution.begin())
        except (StateError, RunError) as error:
            # Without a journal there is nobody to tell but the log.
            print(f"step {step.id}: {error}", flush=True)  # noqa: T201
            return
        except Exception as error:  # noqa: BLE001 - no task may die in silence
            traceback.print_exc()
            await execution.fail(
                f"this program failed: {type(error).__name__}: {error}"
            )
        try:
            await self._after_attempt()
            await self.retry(step)
        except (StateError, RunError) as error:
            print(f"step {step.id}: {error}", flush=True)  # noqa: T201

    async def retry(self, step: Step) -> None:
        """Start a failed step again after its pause, where its `retry` says so."""
        state = self._context.state
        own = state.steps[step.id]
        if step.retry is None or not self._retries_by_itself(step):
            return
        tried = len(own.attempts)
        try:
            every = self._context.values().fill(step.retry.every)
            pause = bounded_duration(every, "every")
        except (MobiusError, ValueError) as error:
            print(f"step {step.id}: retry.every: {error}", flush=True)  # noqa: T201
            pause = DEFAULT_RETRY_PAUSE
        await asyncio.sleep(pause)
        if not await self._context.wait_until_settled():
            return
        read = self._context.plan.variables_read[step.id]
        while lacking := await obtain_secrets(self._context, read):
            print(f"step {step.id} is not retried: {lacking}", flush=True)  # noqa: T201
            await asyncio.sleep(max(pause, DEFAULT_RETRY_PAUSE))
            if state.ended is not None or len(state.steps[step.id].attempts) != tried:
                return
        while True:
            if not await self._retry_unless_busy(step, tried):
                return
            await asyncio.sleep(BUSY_INTERVAL)

    def _retries_by_itself(self, step: Step) -> bool:
        """Whether another attempt follows.

        None does once the run is only undone, or once a decision is against the step.
        """
        plan, state = self._context.plan, self._context.state
        if not will_retry(step.retry, state.steps[step.id]):
            return False
        is_over = state.is_reopened and step.id not in state.steps_allowed_when_reopened
        return not is_over and not step_statuses(plan, state)[step.id].is_guard_false

    async def _retry_unless_busy(self, step: Step, tried: int) -> bool:
        """Make another attempt unless a person did; returns whether to try again later.

        Others of its group may have begun during the pause, and end by themselves. What
        a person began meanwhile is not waited for: they have moved on.
        """
        plan, state = self._context.plan, self._context.state
        async with self._writer.turn:
            own = state.steps[step.id]
            is_same = (
                len(own.attempts) == tried and own.status in STATUSES_NEEDING_DECISION
            )
            is_over = state.ended is not None or not self._retries_by_itself(step)
            if not is_same or is_over or self._writer.failure:
                return False
            busy = step_blocking_start(plan, state, step)
            if busy is not None:
                return are_in_one_group(plan, step, busy)
            if self._may_retry(step) and not await self._lacks_approval(step):
                await self.start(step, tried + 1, HOST_AUTHOR)
            return False

    async def _lacks_approval(self, step: Step) -> bool:
        """Whether a file that a step's approval is for has changed since; it is said.

        Another attempt wants an approval of its own then.
        """
        approval = self._context.state.approvals.get(step.id)
        if approval is None or drill_approves(self._context.state):
            return False
        files = approval.request.files
        if words := await changed_files_text(self._context, step, files):
            print(f"step {step.id} is not retried: {words}", flush=True)  # noqa: T201
        return bool(words)

    def _may_retry(self, step: Step) -> bool:
        plan, state = self._context.plan, self._context.state
        return not self._context.missing_secrets(step) and is_retry_approved(
            plan, state, step
        )
