"""A run that had ended and is open again: what it was, and what may follow in it. Pure.

It is open only to be undone. Steps that undo others may begin, and messages may be
sent; nothing else begins, whether a person, `--auto`, a trigger or a rollback asks for
it.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from msgspec import Struct

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    PhaseEntered,
    RunEnded,
    VariableSet,
)


class Reopening(Struct, frozen=True, kw_only=True):
    """The latest reopening of a run, and what has happened since."""

    by: str
    at: float
    """When, in seconds since 1970."""
    ended: RunEnded
    """How it had ended just before."""
    ended_at: float
    first_outcome: Outcome
    """How it ended when it ended first."""
    closed_for: float
    """Total seconds for which the run was closed before it was reopened, over all its
    reopenings."""
    begun: bool = False
    """Whether an undo was begun or vouched for since this reopening."""
    undone: tuple[str, ...] = ()
    """The steps that were undone since its first end, in that order."""


def validate_event_after_reopening(event: Event, may_begin: AbstractSet[str]) -> None:
    """Refuse an event that would begin a step which the reopened run is not open for.

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
        case _ if event.when_reopened == "on steps":
            fits = getattr(event, "step", "") in may_begin
        case _:
            fits = event.when_reopened == "always"
    if not fits:
        raise StateError(f"{name} in a run that is open again to be undone alone")
