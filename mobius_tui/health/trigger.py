"""Triggers: which of a runbook's rules the checks of its probes have met. Pure.

The host and every viewer fold the same checks with this code; times come with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.probe_window import BLIND_ROW
from mobius_tui.health.trigger_conditions import (
    Condition,
    ConsecutiveFailures,
    ErrorRateTooHigh,
    P95TooHigh,
    SuccessRateTooLow,
)
from mobius_tui.runbook.model.probes import Probe, Triggers

Rule = Literal["consecutive_failures", "success_rate", "p95_latency", "error_rate"]
Nearness = Literal["calm", "near", "fired", "standing", "unknown"]

_OKS = 3
"""Checks in a row that have to be ok before a trigger may fire again, where the rule
`consecutive_failures` does not say how many make a difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fired:
    """A trigger fired."""

    at: float
    """Seconds since 1970 at which the check began that made it fire."""
    probe: str
    rule: Rule
    reason: str
    """Why, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleared:
    """The condition of a trigger that had fired went away."""

    at: float
    """Seconds since 1970 at which the check began that showed it."""
    probe: str
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Meter:
    """How far a trigger is from firing."""

    probe: str
    rule: Rule
    count: int
    of: int
    """The count at which it fires."""
    state: Nearness
    """`near` from half of the way; `fired` while its condition holds; `standing` where
    it fired, and whether it still holds is not known: it is being counted anew."""
    words: str


def enabled_rules(triggers: Triggers) -> tuple[Rule, ...]:
    """The rules that are on."""
    rules: tuple[Rule, ...] = get_args(Rule)
    return tuple(rule for rule in rules if getattr(triggers, rule) is not None)


class TriggerEvaluator:
    """All triggers of all probes that count."""

    def __init__(self, triggers: Triggers, probes: Iterable[Probe]) -> None:
        """Begin the first epoch, with nothing known.

        Args:
            triggers: the rules, filled in; only those that are named are on.
            probes: those with `trigger = false` are left out.

        Raises:
            ValueError: `p95_latency.above` is no duration.
        """
        self._probes = {
            probe.id: _ProbeTriggers(triggers, probe)
            for probe in probes
            if probe.trigger
        }

    def apply(self, check: ProbeResult) -> tuple[Fired | Cleared, ...]:
        """Take in the next check, and say what it changed."""
        probe = self._probes.get(check.probe)
        return probe.apply(check) if probe is not None else ()

    def begin_epoch(self) -> None:
        """Begin every count anew: at arming, and when a step that changed things ended.

        What stands goes on standing until checks from now on show that it went away:
        whether its condition still holds is judged anew, by `is_true`, and it does not
        fire once more. A trigger that does not stand may fire at once.
        """
        for probe in self._probes.values():
            for trigger in probe.triggers.values():
                trigger.begin_epoch()

    def meters(self) -> tuple[Meter, ...]:
        """How far each trigger is, by probe and rule in the order of the runbook."""
        return tuple(
            trigger.meter(blind=probe.is_blind)
            for probe in self._probes.values()
            for trigger in probe.triggers.values()
        )

    @property
    def standing(self) -> tuple[Fired, ...]:
        """What fired and has not been seen to go away, by probe and rule."""
        return tuple(
            trigger.standing
            for probe in self._probes.values()
            for trigger in probe.triggers.values()
            if trigger.standing is not None
        )

    def is_true(self, probe: str, rule: Rule) -> bool:
        """Whether a condition holds now; never while that is unknown."""
        watched = self._probes.get(probe)
        if watched is None or watched.is_blind or rule not in watched.triggers:
            return False
        return watched.triggers[rule].condition.holds is True

    @property
    def is_unknown(self) -> bool:
        """Whether there is a probe of which nothing is known now.

        Before its first check with data, and after three in a row without.
        """
        return any(probe.is_blind for probe in self._probes.values())


class _ProbeTriggers:
    """The triggers of one probe, and whether anything is known of it."""

    def __init__(self, triggers: Triggers, probe: Probe) -> None:
        oks = triggers.consecutive_failures or _OKS
        self.triggers = {
            rule: _Trigger(probe.id, rule, condition, oks)
            for rule, condition in _conditions(triggers, probe)
        }
        self._looked = False
        self._blind_row = 0

    @property
    def is_blind(self) -> bool:
        return not self._looked or self._blind_row >= BLIND_ROW

    def apply(self, check: ProbeResult) -> tuple[Fired | Cleared, ...]:
        if check.state == "no data":
            self._blind_row += 1
            if self._blind_row == BLIND_ROW:
                for trigger in self.triggers.values():
                    trigger.break_row()
            return ()
        self._looked = True
        self._blind_row = 0
        changes = [trigger.apply(check) for trigger in self.triggers.values()]
        return tuple(change for change in changes if change is not None)


def _conditions(triggers: Triggers, probe: Probe) -> Iterator[tuple[Rule, Condition]]:
    """The conditions that are named, for one probe."""
    if triggers.consecutive_failures is not None:
        yield (
            "consecutive_failures",
            ConsecutiveFailures(triggers.consecutive_failures),
        )
    if triggers.success_rate is not None:
        yield "success_rate", SuccessRateTooLow(triggers.success_rate)
    if triggers.p95_latency is not None:
        reported = probe.p95 is not None
        yield "p95_latency", P95TooHigh(triggers.p95_latency, reported=reported)
    if triggers.error_rate is not None:
        reported = probe.error_rate is not None
        yield "error_rate", ErrorRateTooHigh(triggers.error_rate, reported=reported)


class _Trigger:
    """One rule of one probe: it fires once, until the service has been well again."""

    def __init__(
        self, probe: str, rule: Rule, condition: Condition, oks_wanted: int
    ) -> None:
        self.condition = condition
        self.standing: Fired | None = None
        self._probe = probe
        self._rule = rule
        self._oks_wanted = oks_wanted
        self._oks = 0
        self._may_fire = True

    def apply(self, check: ProbeResult) -> Fired | Cleared | None:
        """Take in a check that has data."""
        condition = self.condition
        condition.take(check)
        if condition.holds:
            self._oks = 0
            return self._fire(check.at) if self._may_fire else None
        gone = condition.holds is False
        self._oks = self._oks + 1 if gone and check.state == "ok" else 0
        if self._oks >= self._oks_wanted:
            self._may_fire = True
        if not gone or self.standing is None:
            return None
        self.standing = None
        return Cleared(at=check.at, probe=self._probe, rule=self._rule)

    def _fire(self, at: float) -> Fired:
        self._may_fire = False
        self.standing = Fired(
            at=at,
            probe=self._probe,
            rule=self._rule,
            reason=self.condition.why(self._probe),
        )
        return self.standing

    def break_row(self) -> None:
        self._oks = 0
        self.condition.break_row()

    def begin_epoch(self) -> None:
        self._may_fire = self.standing is None
        self.condition.begin_epoch()

    def meter(self, *, blind: bool) -> Meter:
        progress = self.condition.progress()
        words = progress.words
        state: Nearness
        if blind:
            state, words = "unknown", "no data"
        elif self.condition.holds:
            state = "fired"
        elif self.standing is not None:
            state = "standing"
        else:
            state = "near" if 2 * progress.count >= progress.of else "calm"
        return Meter(
            probe=self._probe,
            rule=self._rule,
            count=progress.count,
            of=progress.of,
            state=state,
            words=words,
        )
