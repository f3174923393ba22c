"""Events of the watch over health: triggers, arming, the rollback."""

from __future__ import annotations

from typing import Literal, get_args

from mobius_tui.health.health_record import Rule
from mobius_tui.json_border import JsonObject, Number


class WatchBegan(JsonObject, frozen=True, kw_only=True):
    """The run is a `mobius-tui watch`: the host ends it, and nobody works its steps."""

    seconds: Number | None
    """How long it watches; `None` for no end."""
    keep: bool = False
    """Whether it goes on after a trigger has fired."""
    detached: bool = False
    """Whether it goes on without a viewer."""
    log: str = ""
    """The file that gets a line for each check."""


class WatchOver(JsonObject, frozen=True, kw_only=True):
    """The `mobius-tui watch` ended, and the run stays open for a person."""

    reason: str


class WatchArmed(JsonObject, frozen=True, kw_only=True):
    """From here on a trigger that fires begins the rollback."""

    confirmed: bool = False
    """Whether somebody confirmed the rollback as a whole. By typing its word (see
    `rollback_confirmation_word`), or by `--yes`."""


class WatchDisarmed(JsonObject, frozen=True, kw_only=True):
    """From here on a trigger that fires is only reported."""

    reason: str
    step: str | None = None
    """The step whose start disarmed it; `None` where something else did."""


class TriggerFired(JsonObject, frozen=True, kw_only=True):
    """A rule's condition came true."""

    probe: str
    rule: Rule
    reason: str
    seen: Number
    """When the check that decided it began, in seconds since 1970."""
    grace: Number | None = None
    """Seconds of the countdown that begins now; `None` where none does."""


class TriggerCleared(JsonObject, frozen=True, kw_only=True):
    """The condition of a rule that fired no longer holds."""

    probe: str
    rule: Rule


class RollbackHeld(JsonObject, frozen=True, kw_only=True):
    """Somebody held the countdown, which disarms the watch."""

    reason: str = ""


class RollbackDropped(JsonObject, frozen=True, kw_only=True):
    """The rollback had to wait after its countdown, and health recovered meanwhile."""

    reason: str


class RollbackBegan(JsonObject, frozen=True, kw_only=True):
    """The rollback's phase began, and goes on without a person; once in a run."""

    phase: str
    cause: Literal["trigger", "person"]
    reason: str
    probe: str | None = None
    rule: Rule | None = None


class RollbackStopped(JsonObject, frozen=True, kw_only=True):
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
