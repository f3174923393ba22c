"""Journals events that no person asks for: ends of phases, rows, expired approvals."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import stop_attempt
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.events.step_events import ApprovalDenied, RowsAdded, StepPassedOver
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.approval_rules import drill_approves
from mobius_tui.run.planning.plan import is_live_output
from mobius_tui.run.planning.proposal import rows_known_before_start, steps_passed_over
from mobius_tui.run.planning.rollback import is_watch_run_only
from mobius_tui.run.planning.run_outcome import aside_outcome, end_of_aside
from mobius_tui.run.planning.step_status import StepStatus, step_statuses
from mobius_tui.run.state.added_steps import is_row_closed_by_parent
from mobius_tui.run.state.step_state import (
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.runbook.model.runtime_steps import row_ids
from mobius_tui.runbook.text.units import duration_in_words


async def journal_consequences(context: RunContext, writer: JournalWriter) -> None:
    """Acquire `writer.turn`, then journal every consequence of the current state.

    Raises:
        StateError: an event is not valid in the current state.
        RunError: it could not be made durable.
    """
    async with writer.turn:
        if context.state.ended is None and writer.failure is None:
            await apply_consequences(context, writer)


async def apply_consequences(context: RunContext, writer: JournalWriter) -> None:
    """Journal every consequence of the current state; the caller holds `writer.turn`.

    Raises:
        StateError: an event is not valid in the current state.
        RunError: it could not be made durable.
    """
    await _enter_begun_rollback(context, writer)
    statuses = await _record_passed_over(context, writer)
    while (done := aside_outcome(context.plan, context.state)) is not None:
        await _leave_aside(context, writer, *done)
        statuses = await _record_passed_over(context, writer)
    await _stop_live_outputs(context, writer, statuses)
    await _add_known_rows(context, writer, statuses)


async def _add_known_rows(
    context: RunContext, writer: JournalWriter, statuses: Mapping[str, StepStatus]
) -> None:
    """Add the rows of `for_each` steps in the current phase whose items are known."""
    if (
        is_watch_run_only(context.plan, context.state)
        and not context.state.aside_frames
    ):
        return  # nobody works its main line
    found = [*rows_known_before_start(context.plan, context.state, statuses)]
    for step, items in found:
        if not any(holds_secret(item, context.secrets.values()) for item in items):
            rows = row_ids(step.id, len(items))
            added = RowsAdded(step=step.id, rows=rows, items=items)
            await writer.write(added, "host")


async def _enter_begun_rollback(context: RunContext, writer: JournalWriter) -> None:
    """Enter the rollback's phase, if an earlier host died before it could.

    Entering makes its steps pending again, so it waits until none of them runs.
    """
    begun, steps = context.state.watch.rollback, context.state.steps
    if begun is None or begun.phase in context.state.entered_phases:
        return
    if context.state.is_reopened:
        return
    own = context.plan.runbook.phase(begun.phase).steps
    if any(steps[step.id].status is Status.RUNNING for step in own):
        return
    entered = PhaseEntered(phase=begun.phase, reason=begun.reason)
    await writer.write(entered, "host")


async def _record_passed_over(
    context: RunContext, writer: JournalWriter
) -> Mapping[str, StepStatus]:
    """Record the steps that the run passed over, with the values that decided it.

    Returns:
        The status of every step, which that does not change.
    """
    plan, state = context.plan, context.state
    statuses = step_statuses(plan, state)
    if is_watch_run_only(plan, state) and not state.aside_frames:
        return statuses  # nobody works its main line
    for step in steps_passed_over(plan, state, statuses):
        reason = statuses[step.id].reason
        if state.passed_over.get(step.id) != reason:
            await writer.write(StepPassedOver(step=step.id, reason=reason), "host")
    return statuses


async def _leave_aside(
    context: RunContext, writer: JournalWriter, phase_id: str, passed: bool
) -> None:
    event = end_of_aside(context.plan, context.state, phase_id, passed=passed)
    phase = context.plan.runbook.phase(phase_id)
    await writer.write(event, "host")
    if phase.next is not None and phase.next in context.state.aside_steps:
        entered = PhaseEntered(phase=phase.next, reason=f"after {phase.title}")
        await writer.write(entered, "host")


async def _stop_live_outputs(
    context: RunContext, writer: JournalWriter, statuses: Mapping[str, StepStatus]
) -> None:
    """Stop live outputs in phases whose other steps are all done.

    A step that failed is not done: somebody may look for the reason in a log. On the
    main line, live outputs without other steps go on until they are stopped.
    """
    going = STATUSES_NEEDING_DECISION | UNBEGUN_STATUSES
    going |= {Status.WAITING, Status.RUNNING}
    for phase in context.plan.runbook.phases:
        if not phase.aside and all(map(is_live_output, phase.steps)):
            continue
        others = [
            step
            for step in phase.steps
            if not is_live_output(step)
            and not is_row_closed_by_parent(context.state, step.id)
        ]
        if any(statuses[s.id].status in going for s in others):
            continue
        for step in phase.steps:
            last = context.state.steps[step.id].last_attempt
            running = context.state.steps[step.id].status is Status.RUNNING
            if running and last is not None and not last.stop_asked:
                await stop_attempt(context, writer, step, last.number, "host", None)


EXPIRY_INTERVAL = 1.0
"""Seconds between two looks for late approvals; these are refused even before one."""


async def expire_approvals_regularly(
    context: RunContext, writer: JournalWriter
) -> None:
    """Expire approvals, for as long as the host lives."""
    while True:
        await asyncio.sleep(EXPIRY_INTERVAL)
        if context.state.approvals and not drill_approves(context.state):
            await expire_late_approvals(context, writer)


async def expire_late_approvals(context: RunContext, writer: JournalWriter) -> None:
    """Expire approvals that were not given or used in time."""
    async with writer.turn:
        if context.state.ended is not None or writer.failure is not None:
            return
        for step_id, own in context.state.approvals.items():
            step = context.state.steps[step_id]
            used = own.request.attempt != len(step.attempts) + 1
            if own.denial_reason or used or step.status is Status.RUNNING:
                continue
            if context.clock.wall() <= own.expires_at:
                continue
            within = duration_in_words(own.request.within)
            words = f"begun in {within}" if own.is_complete else f"approved in {within}"
            reason = f"not {words}"
            attempt = own.request.attempt
            await writer.write(
                ApprovalDenied(step=step_id, attempt=attempt, reason=reason), "host"
            )
