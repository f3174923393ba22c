"""Triggers: which rules of a runbook the checks of its probes have met. Pure.

The host and every viewer apply the same checks with this code; times come from the
checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from msgspec import Struct

from mobius_tui.health.health_record import ProbeResult, Rule
from mobius_tui.health.probe_window import UNKNOWN_AFTER
from mobius_tui.health.trigger_conditions import (
    Condition,
    ConsecutiveFailures,
    ErrorRateTooHigh,
    P95TooHigh,
    SuccessRateTooLow,
)
from mobius_tui.runbook.model.probes import Probe, Triggers

MeterState = Literal["calm", "near", "fired", "standing", "unknown"]

_DEFAULT_OKS_WANTED = 3
"""Checks in a row that must be ok before a trigger may fire again, if there is no rule
`consecutive_failures`; if there is one, its count applies."""


class TriggerKey(Struct, frozen=True):
    """One rule of the trigger, over one probe."""

    probe: str
    rule: str

    def __str__(self) -> str:
        return f"trigger {self.probe} {self.rule}"


class Fired(Struct, frozen=True, kw_only=True):
    """A trigger fired."""

    at: float
    """When the check began that made it fire, in seconds since 1970."""
    probe: str
    rule: Rule
    reason: str
    """Why it fired."""


class Cleared(Struct, frozen=True, kw_only=True):
    """A trigger that had fired is cleared: its condition no longer holds."""

    at: float
    """When the check began that showed it, in seconds since 1970."""
    probe: str
    rule: Rule


class Meter(Struct, frozen=True, kw_only=True):
    """How far a trigger is from firing."""

    probe: str
    rule: Rule
    count: int
    of: int
    """The count at which it fires."""
    state: MeterState
    """`near` from half of `of` on; `fired` while its condition holds; `standing` if it
    fired, is not cleared, and its counts were restarted, so that it is unknown whether
    its condition still holds."""
    words: str


def enabled_rules(triggers: Triggers) -> tuple[Rule, ...]:
    """The rules that a runbook names."""
    rules: tuple[Rule, ...] = get_args(Rule)
    return tuple(rule for rule in rules if getattr(triggers, rule) is not None)


class TriggerEvaluator:
    """The triggers of all probes that have `trigger = true`."""

    def __init__(self, triggers: Triggers, probes: Iterable[Probe]) -> None:
        """Begin the first epoch, with no checks.

        Args:
            triggers: the rules, filled in; only those that are named apply.
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
        """Add the next check, and return what it changed."""
        probe = self._probes.get(check.probe)
        return probe.apply(check) if probe is not None else ()

    def begin_epoch(self) -> None:
        """Restart all counts, so that earlier checks fire no trigger.

        An epoch begins with the run, when it is armed, and after each step that changed
        something.

        A trigger that has fired stays so until later checks show that its condition no
        longer holds, and does not fire again before that; `condition_holds` judges by
        the later checks alone. A trigger that has not fired may fire at once.
        """
        for probe in self._probes.values():
            for trigger in probe.triggers.values():
                trigger.begin_epoch()

    def meters(self) -> tuple[Meter, ...]:
        """The meter of each trigger, by probe and rule in the order of the runbook."""
        return tuple(
            trigger.meter(is_unknown=probe.is_unknown)
            for probe in self._probes.values()
            for trigger in probe.triggers.values()
        )

    @property
    def uncleared(self) -> tuple[Fired, ...]:
        """The triggers that fired and are not cleared, by probe and rule."""
        return tuple(
            trigger.uncleared
            for probe in self._probes.values()
            for trigger in probe.triggers.values()
            if trigger.uncleared is not None
        )

    def condition_holds(self, probe: str, rule: Rule) -> bool:
        """Whether a condition holds now; False while that is unknown."""
        triggers_of_probe = self._probes.get(probe)
        if (
            triggers_of_probe is None
            or triggers_of_probe.is_unknown
            or rule not in triggers_of_probe.triggers
        ):
            return False
        return triggers_of_probe.triggers[rule].condition.holds is True

    @property
    def is_unknown(self) -> bool:
        """Whether the state of any probe is unknown now.

        It is before the first check with data, and after three in a row without.
        """
        return any(probe.is_unknown for probe in self._probes.values())


class _ProbeTriggers:
    """The triggers of one probe, and whether its state is unknown."""

    def __init__(self, triggers: Triggers, probe: Probe) -> None:
        oks_wanted = triggers.consecutive_failures or _DEFAULT_OKS_WANTED
        self.triggers = {
            rule: _Trigger(probe.id, rule, condition, oks_wanted)
            for rule, condition in _conditions(triggers, probe)
        }
        self._has_data = False
        self._no_data_streak = 0

    @property
    def is_unknown(self) -> bool:
        return not self._has_data or self._no_data_streak >= UNKNOWN_AFTER

    def apply(self, check: ProbeResult) -> tuple[Fired | Cleared, ...]:
        if check.state == "no data":
            self._no_data_streak += 1
            if self._no_data_streak == UNKNOWN_AFTER:
                for trigger in self.triggers.values():
                    trigger.reset_streaks()
            return ()
        self._has_data = True
        self._no_data_streak = 0
        changes = [trigger.apply(check) for trigger in self.triggers.values()]
        return tuple(change for change in changes if change is not None)


def _conditions(triggers: Triggers, probe: Probe) -> Iterator[tuple[Rule, Condition]]:
    """The conditions of the rules that are named, for one probe."""
    if triggers.consecutive_failures is not None:
        yield (
            "consecutive_failures",
            ConsecutiveFailures(triggers.consecutive_failures),
        )
    if triggers.success_rate is not None:
        yield "success_rate", SuccessRateTooLow(triggers.success_rate)
    if triggers.p95_latency is not None and not probe.hosts:
        reported = probe.p95 is not None
        yield "p95_latency", P95TooHigh(triggers.p95_latency, reported=reported)
    if triggers.error_rate is not None:
        reported = probe.error_rate is not None
        yield "error_rate", ErrorRateTooHigh(triggers.error_rate, reported=reported)


class _Trigger:
    """One rule of one probe: once it fired, it fires again only after a recovery."""

    def __init__(
        self, probe: str, rule: Rule, condition: Condition, oks_wanted: int
    ) -> None:
        self.condition = condition
        self.uncleared: Fired | None = None
        self._probe = probe
        self._rule = rule
        self._oks_wanted = oks_wanted
        self._ok_streak = 0
        self._may_fire = True

    def apply(self, check: ProbeResult) -> Fired | Cleared | None:
        """Add a check that has data."""
        condition = self.condition
        condition.add(check)
        if condition.holds:
            self._ok_streak = 0
            return self._fire(check.at) if self._may_fire else None
        is_over = condition.holds is False
        self._ok_streak = self._ok_streak + 1 if is_over and check.state == "ok" else 0
        if self._ok_streak >= self._oks_wanted:
            self._may_fire = True
        if not is_over or self.uncleared is None:
            return None
        self.uncleared = None
        return Cleared(at=check.at, probe=self._probe, rule=self._rule)

    def _fire(self, at: float) -> Fired:
        self._may_fire = False
        self.uncleared = Fired(
            at=at,
            probe=self._probe,
            rule=self._rule,
            reason=self.condition.why(self._probe),
        )
        return self.uncleared

    def reset_streaks(self) -> None:
        self._ok_streak = 0
        self.condition.reset_streaks()

    def begin_epoch(self) -> None:
        self._may_fire = self.uncleared is None
        self.condition.begin_epoch()

    def meter(self, *, is_unknown: bool) -> Meter:
        progress = self.condition.progress()
        words = progress.words
        state: MeterState
        if is_unknown:
            state, words = "unknown", "no data"
        elif self.condition.holds:
            state = "fired"
        elif self.uncleared is not None:
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
