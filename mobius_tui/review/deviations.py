"""What of a run's attempts did not go as the runbook has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.review.told import Deviation
from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import BAD, Attempt, Status, StepState


def of_attempts(plan: Plan, state: RunState) -> Iterator[Deviation]:
    """Each attempt that ended badly, and each that was made again.

    A step that passed at last is among them for what came before: who reads only the
    deviations must not take it for one that went well at once.
    """
    for step_id, own in state.steps.items():
        before: Attempt | None = None
        for each in own.attempts:
            name = plan.name(step_id)
            if before is not None:
                yield Deviation(
                    kind="retried",
                    step=step_id,
                    name=name,
                    at=each.started,
                    by=each.by,
                    text=f"attempt {each.number}; the one before it {_ended(before)}",
                )
            if each.status in BAD:
                yield Deviation(
                    kind=each.status.value,  # type: ignore[arg-type]
                    step=step_id,
                    name=name,
                    at=each.ended or each.started,
                    by=each.by,
                    text=_why(own, each),
                )
            before = each


def counted(state: RunState) -> dict[Status | str, int]:
    """How many attempts ended badly, by how, and how many were made `again`.

    Nothing where each bad end is the end of its step: the step's own status says it.
    """
    found: dict[Status | str, int] = {}
    again = bad = standing = 0
    for own in state.steps.values():
        again += max(0, len(own.attempts) - 1)
        standing += own.status in BAD
        for each in own.attempts:
            if each.status in BAD:
                bad += 1
                found[each.status] = found.get(each.status, 0) + 1
    if again:
        found["again"] = again
    return found if again or bad > standing else {}


def _why(own: StepState, attempt: Attempt) -> str:
    """Why an attempt ended badly, which it was, and what became of its step."""
    words = attempt.reason or str(attempt.status)
    if len(own.attempts) > 1:
        words = f"attempt {attempt.number}: {words}"
    return words if own.status is attempt.status else f"{words}; later {own.status}"


def _ended(attempt: Attempt) -> str:
    return "was running" if attempt.status is Status.RUNNING else f"{attempt.status}"
