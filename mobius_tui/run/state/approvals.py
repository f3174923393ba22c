"""The approvals of a run, as its events made them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import StateError
from mobius_tui.run.events.approval_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalEvent,
    ApprovalGiven,
)
from mobius_tui.run.state.step_state import Status, StepState


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """The latest request for a step's approval, and its answers."""

    request: ApprovalAsked
    asked_by: str
    """Who asked."""
    since: float
    """When it was requested, or last approved: seconds since 1970."""
    approvals_given: tuple[ApprovalGiven, ...] = ()
    denial_reason: str = ""
    """Why it was not approved; empty while it may be."""

    @property
    def expires_at(self) -> float:
        """When the request expires, or the approval lapses: seconds since 1970."""
        return self.since + self.request.within

    @property
    def is_complete(self) -> bool:
        """Whether the required number of people have approved."""
        return (
            not self.denial_reason and len(self.approvals_given) >= self.request.count
        )


def validate_approval_event(
    approvals: Mapping[str, Approval],
    steps: Mapping[str, StepState],
    event: ApprovalEvent,
) -> None:
    """Refuse an event that may not follow.

    Raises:
        StateError: it may not.
    """
    name, step = type(event).__name__, steps.get(event.step)
    if step is None:
        raise StateError(f"{name} for a step that the runbook lacks: {event.step!r}")
    if step.status is Status.RUNNING or event.attempt != len(step.attempts) + 1:
        raise StateError(
            f"{name} names attempt {event.attempt} of step {event.step!r}, which is "
            f"{step.status} and has {len(step.attempts)}"
        )
    if isinstance(event, ApprovalAsked):
        return
    own = approvals.get(event.step)
    if own is None or own.denial_reason or own.request.attempt != event.attempt:
        raise StateError(f"{name} for step {event.step!r}, but nobody asked for it")


def apply_approval_event(
    approvals: Mapping[str, Approval], event: ApprovalEvent, *, by: str, at: float
) -> dict[str, Approval]:
    """The approvals after an event.

    Args:
        approvals: as they were, by step.
        event: may follow.
        by: who caused it.
        at: when, in seconds since 1970.
    """
    match event:
        case ApprovalAsked():
            own = Approval(request=event, asked_by=by, since=at)
        case ApprovalGiven():
            old = approvals[event.step]
            own = replace(old, approvals_given=(*old.approvals_given, event), since=at)
        case ApprovalDenied():
            own = replace(approvals[event.step], denial_reason=event.reason)
    return {**approvals, event.step: own}
