"""Makes the checks of a step's guard (`when`), just before the step first begins.

Nothing is journaled before their result: if the host dies meanwhile, nothing has run,
and the next start of the step makes the checks again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.step_checks import StepChecks
from mobius_tui.run.events.step_events import StepPassedOver
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


class LookWantedError(Exception):
    """A step's guard must be looked at first; that takes time, so without the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardLook:
    """The result of one look at a guard."""

    holds: bool | None
    """`None` if it could not be looked at."""
    words: str


def require_look(context: RunContext, step: Step) -> None:
    """Let a step begin for the first time only where its guard was seen to hold.

    Raises:
        LookWantedError: its guard was not looked at yet.
    """
    is_first = context.state.steps[step.id].status in _BEFORE
    if step.when_checks and is_first and step.id not in context.seen_guards:
        raise LookWantedError(step)


_BEFORE = (Status.PENDING, Status.NOT_APPLICABLE)


async def look_at_guard(
    context: RunContext,
    writer: JournalWriter,
    step: Step,
    who: str,
    intent: str | None = None,
) -> GuardLook:
    """Look once, and journal that a step does not apply where its guard does not hold.

    It may take long, so the caller must not hold `writer.turn`. Where the guard holds,
    the step is in `context.seen_guards`, and may begin until it is taken out of there.

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
    if seen.is_local:
        words = f"{context.plan.name(step.id)} was not begun: it is not known whether"
        return GuardLook(holds=None, words=f"{words} it applies: {seen.detail}")
    if seen.held:
        context.seen_guards.add(step.id)
        return GuardLook(holds=True, words=seen.detail)
    event = StepPassedOver(step=step.id, reason=seen.detail, looked=True)
    async with writer.turn:
        state = context.state
        if state.ended is not None or state.steps[step.id].status not in _BEFORE:
            # It has moved on, and what is asked for is judged by that.
            return GuardLook(holds=True, words="")
        await writer.write(event, who, intent)
    words = f"{context.plan.name(step.id)} does not apply: {seen.detail}"
    return GuardLook(holds=False, words=words)
