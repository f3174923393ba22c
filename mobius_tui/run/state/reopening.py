"""A run that had ended and is open again: what it was, and what may follow in it. Pure.

It is open to be undone. What undoes steps may begin, and messages may be told; nothing
else begins, whoever asks: neither a person, `--auto`, a trigger nor a rollback.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mobius_tui.errors import StateError
from mobius_tui.run.events.approval_events import APPROVAL_EVENTS
from mobius_tui.run.events.message_events import MESSAGE_EVENTS
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    Event,
    HealthSealed,
    HostStarted,
    HostStopped,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunEnded,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    CheckTried,
    StepEnded,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reopening:
    """That a run was opened again, and what became of that; of several, the latest."""

    by: str
    at: float
    """When, in seconds since 1970."""
    ended: RunEnded
    """How it had ended just before."""
    ended_at: float
    first_outcome: Outcome
    """How it ended when it ended first."""
    closed_for: float
    """Seconds between ends and the reopenings that followed them, in all."""
    begun: bool = False
    """Whether anything was begun to be undone, or vouched for, since it is open."""
    undone: tuple[str, ...] = ()
    """The steps that were undone since its first end, in that order."""


_OF_ANY_STEP = (
    *(NoteAdded, HostStarted, HostStopped, HealthSealed, PhaseLeft, RunEnded),
    *(CheckTried, StepEnded, StepUnknown, StopAsked),
    *MESSAGE_EVENTS,
)
"""Events that begin nothing, or send a message."""
_OF_STEPS_THAT_MAY_BEGIN = (
    *(StepStarted, StepSkipped, StepPassedOver, StepRestored, StepOverridden),
    *APPROVAL_EVENTS,
)


def validate_event_after_reopening(event: Event, may_begin: AbstractSet[str]) -> None:
    """Refuse what would begin anything else than what a run is open for again.

    Args:
        event: the event.
        may_begin: the ids of the steps that may begin in such a run.

    Raises:
        StateError: it may not follow; names the event and the step.
    """
    name = type(event).__name__
    match event:
        case PhaseEntered():
            fits = bool(event.undoes)
        case VariableSet():
            fits = event.source == "secret" or event.step in may_begin
        case _ if isinstance(event, _OF_STEPS_THAT_MAY_BEGIN):
            fits = event.step in may_begin
        case _:
            fits = isinstance(event, _OF_ANY_STEP)
    if not fits:
        raise StateError(f"{name} in a run that is open again to be undone alone")
