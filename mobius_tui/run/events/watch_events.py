"""Events of the watch over health: triggers, arming, the rollback."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

from mobius_tui.health.health_record import Rule
from mobius_tui.json_border import Number
from mobius_tui.run.events.event import Event, MomentKind, MomentTone, Telling
from mobius_tui.runbook.text.units import duration_in_words


class WatchBegan(Event, frozen=True, kw_only=True):
    """The run is a `mobius-tui watch`: the host ends it, and nobody works its steps."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    seconds: Number | None
    """How long it watches; `None` for no end."""
    keep: bool = False
    """Whether it goes on after a trigger has fired."""
    detached: bool = False
    """Whether it goes on without a viewer."""
    log: str = ""
    """The file that gets a line for each check."""

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        if self.seconds is None:
            return "watching until somebody ends it"
        return f"watching for {duration_in_words(self.seconds)}"


class WatchOver(Event, frozen=True, kw_only=True):
    """The `mobius-tui watch` ended, and the run stays open for a person."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    reason: str

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"the watch is over, the run stays open: {self.reason}"


class WatchArmed(Event, frozen=True, kw_only=True):
    """From here on a trigger that fires begins the rollback."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "◆"
    confirmed: bool = False
    """Whether somebody confirmed the rollback as a whole. By typing its word (see
    `rollback_confirmation_word`), or by `--yes`."""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        return f"armed: a trigger begins the rollback by itself, by {run.by}"


class WatchDisarmed(Event, frozen=True, kw_only=True):
    """From here on a trigger that fires is only reported."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "○"
    reason: str
    step: str | None = None
    """The step whose start disarmed it; `None` where something else did."""

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"disarmed: {self.reason}"


class TriggerFired(Event, frozen=True, kw_only=True):
    """A rule's condition came true."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "✖"
    moment_tone: ClassVar[MomentTone] = "bad"
    probe: str
    rule: Rule
    reason: str
    seen: Number
    """When the check that decided it began, in seconds since 1970."""
    grace: Number | None = None
    """Seconds of the countdown that begins now; `None` where none does."""

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        text = f"trigger fired: {self.reason}"
        if self.grace is None:
            return text
        return f"{text}; the rollback begins in {duration_in_words(self.grace)}"


class TriggerCleared(Event, frozen=True, kw_only=True):
    """The condition of a rule that fired no longer holds."""

    may_follow_end: ClassVar[bool] = True
    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "✔"
    probe: str
    rule: Rule

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"trigger cleared: {self.rule.replace('_', ' ')} of {self.probe}"


class RollbackHeld(Event, frozen=True, kw_only=True):
    """Somebody held the countdown, which disarms the watch."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "■"
    reason: str = ""

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        why = f": {self.reason}" if self.reason else ""
        return f"held: the countdown ended, by {run.by}{why}; disarmed"


class RollbackDropped(Event, frozen=True, kw_only=True):
    """The rollback had to wait after its countdown, and health recovered meanwhile."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    reason: str

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"the rollback is not begun: {self.reason}"


class RollbackBegan(Event, frozen=True, kw_only=True):
    """The rollback's phase began, and goes on without a person; once in a run."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "▶"
    moment_tone: ClassVar[MomentTone] = "bad"
    phase: str
    cause: Literal["trigger", "person"]
    reason: str
    probe: str | None = None
    rule: Rule | None = None

    def sentence(self, run: Telling) -> str:
        """What it says in a line."""
        who = "a trigger" if self.cause == "trigger" else run.by
        return f"rollback begins: {run.phase(self.phase)}, by {who}: {self.reason}"


class RollbackStopped(Event, frozen=True, kw_only=True):
    """The rollback needs a person to go on."""

    moment_kind: ClassVar[MomentKind] = "triggers"
    moment_mark: ClassVar[str] = "■"
    reason: str

    def sentence(self, _run: Telling) -> str:
        """What it says in a line."""
        return f"the rollback wants a person: {self.reason}"


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
