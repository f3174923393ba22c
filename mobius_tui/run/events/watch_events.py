"""Events of the watch over health: triggers, arming, the rollback."""

from __future__ import annotations

from typing import Literal, get_args

from mobius_tui.dataclass import dataclass
from mobius_tui.health.health_record import Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchBegan:
    """The run is a `mobius-tui watch`: the host ends it, and nobody works its steps."""

    seconds: float | None
    """How long it watches; `None` for no end."""
    keep: bool = False
    """Whether it goes on after a trigger has fired."""
    detached: bool = False
    """Whether it goes on without a viewer."""
    log: str = ""
    """The file that gets a line for each check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchOver:
    """The `mobius-tui watch` ended, and the run stays open for a person."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchArmed:
    """From here on a trigger that fires begins the rollback."""

    confirmed: bool = False
    """Whether somebody confirmed the rollback as a whole. By typing its word (see
    `rollback_confirmation_word`), or by `--yes`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchDisarmed:
    """From here on a trigger that fires is only reported."""

    reason: str
    step: str | None = None
    """The step whose start disarmed it; `None` where something else did."""


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
    """The condition of a rule that fired no longer holds."""

    probe: str
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackHeld:
    """Somebody held the countdown, which disarms the watch."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackDropped:
    """The rollback had to wait after its countdown, and health recovered meanwhile."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackBegan:
    """The rollback's phase began, and goes on without a person; once in a run."""

    phase: str
    cause: Literal["trigger", "person"]
    reason: str
    probe: str | None = None
    rule: Rule | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackStopped:
    """The rollback needs a person to go on."""

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
WATCH_EVENTS: tuple[type[WatchEvent], ...] = get_args(WatchEvent)
