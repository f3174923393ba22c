"""What is journaled of the watch over health: triggers, arming, the rollback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mobius_tui.health.trigger import Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchBegan:
    """The run is a watch: nobody works the main line, and the host ends it."""

    seconds: float | None
    """How long it watches; `None` for no end."""
    keep: bool = False
    """Whether it goes on after a trigger has fired."""
    detached: bool = False
    """Whether it goes on when whoever began it is gone."""
    log: str = ""
    """The file that gets a line for each check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchOver:
    """The watch is over, and the run stays open for a person."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchArmed:
    """From here on a trigger that fires begins the rollback by itself."""

    confirmed: bool = False
    """Whether the environment's name was typed, which its `destroy` steps want."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchDisarmed:
    """A trigger that fires only says so from here on."""

    reason: str
    step: str | None = None
    """The step that somebody started, where that is why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriggerFired:
    """A rule's condition came true."""

    probe: str
    rule: Rule
    reason: str
    seen: float
    """When the check that decided it began, in seconds since 1970."""
    grace: float | None = None
    """Seconds of the countdown that begins now; `None` where none does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriggerCleared:
    """The condition of a rule that fired is gone."""

    probe: str
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackHeld:
    """Somebody held the countdown; the watch is disarmed by it."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackDropped:
    """The rollback had to wait at the end of its countdown, and then all was well."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackBegan:
    """The phase that triggers name begins, and goes on by itself; once in a run."""

    phase: str
    cause: Literal["trigger", "person"]
    reason: str
    probe: str | None = None
    rule: Rule | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackStopped:
    """The rollback does not go on by itself: it wants a person."""

    reason: str


WatchEvent = (
    WatchBegan
    | WatchOver
    | WatchArmed
    | WatchDisarmed
    | TriggerFired
    | TriggerCleared
    | RollbackHeld
    | RollbackDropped
    | RollbackBegan
    | RollbackStopped
)
WATCH_EVENTS: tuple[type[WatchEvent], ...] = (
    WatchBegan,
    WatchOver,
    WatchArmed,
    WatchDisarmed,
    TriggerFired,
    TriggerCleared,
    RollbackHeld,
    RollbackDropped,
    RollbackBegan,
    RollbackStopped,
)
