"""The trigger rules of a run, and what they cannot detect. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.health.probe_window import ProbeWindow
from mobius_tui.health.trigger import Cleared, Fired, TriggerEvaluator
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.run_events import PhaseLeft
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.events.watch_events import WatchArmed
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.probes import Health, Probe, is_loopback
from mobius_tui.runbook.text.units import parse_duration
from mobius_tui.structs import replace


class RunTriggerRules:
    """The trigger rules, made once the variables in them have values."""

    def __init__(self, plan: Plan, state: RunState) -> None:
        self._plan = plan
        self._state = state
        self.evaluator: TriggerEvaluator | None = None
        """`None` before the first check, without `[health]`, and with a `problem`."""
        self.problem = ""
        """Why there are none though the runbook names some: they are made at the next
        check where that is possible."""

    def apply_probe_result(
        self, record: ProbeResult | MachineSample
    ) -> tuple[Fired | Cleared, ...]:
        """Evaluate the rules for a probe's result; returns what fired or cleared."""
        if not isinstance(record, ProbeResult):
            return ()
        if self.evaluator is None:
            self._fill_rules()
        return self.evaluator.apply(record) if self.evaluator is not None else ()

    def copy(self, plan: Plan, state: RunState) -> RunTriggerRules:
        """An independent copy.

        Args:
            plan: the run's, a copy too.
            state: likewise.
        """
        new = RunTriggerRules(plan, state)
        new.evaluator, new.problem = deepcopy(self.evaluator), self.problem
        return new

    def _fill_rules(self) -> None:
        health = self._plan.runbook.health
        if health is None:
            return
        triggers = health.trigger
        try:
            if triggers.p95_latency is not None:
                now, name_of = self._state.last_entry_at, self._plan.name
                values = Values(self._state, now=now, name_of=name_of)
                above = values.fill(triggers.p95_latency.above)
                slow = replace(triggers.p95_latency, above=above)
                triggers = replace(triggers, p95_latency=slow)
            self.evaluator = TriggerEvaluator(triggers, health.probes)
            self.problem = ""
        except (MobiusError, ValueError) as error:
            self.problem = f"health.trigger.p95_latency.above: {error}"

    def apply_event(self, event: Event) -> None:
        """Reset the counters of all rules if this event starts a new epoch."""
        if self.evaluator is not None and self.begins_epoch(event):
            self.evaluator.begin_epoch()

    def begins_epoch(self, event: Event) -> bool:
        """Whether the rules count from zero after an event."""
        if isinstance(event, WatchArmed):
            return True
        if isinstance(event, PhaseLeft):
            begun = self._state.watch.rollback
            return begun is not None and event.phase == begun.phase
        if isinstance(event, StepEnded | StepUnknown):
            return effect_of(self._plan.steps[event.step]) != "read"
        return False


class ReportedFigures(Struct, frozen=True):
    """Which figures a service's own answers report, beside what the probe measures."""

    p95: bool
    error_rate: bool


def reported_figures(windows: Mapping[str, ProbeWindow]) -> dict[str, ReportedFigures]:
    """The figures that each probe's service reports; without probes not yet asked.

    Args:
        windows: by probe.
    """
    return {
        probe: ReportedFigures(
            seen.p95.value is not None, seen.error_rate.value is not None
        )
        for probe, seen in windows.items()
        if seen.last is not None
    }


def trigger_caveats(
    health: Health | None,
    fill: Callable[[str], str],
    reported: Mapping[str, ReportedFigures],
) -> tuple[str, ...]:
    """What an armed trigger may miss or misjudge, in sentences.

    Args:
        health: what the runbook watches.
        fill: puts values in place of `${}`, as far as they are known.
        reported: the figures that the services report.
    """
    if health is None:
        return ()
    counted = [probe for probe in health.probes if probe.trigger]
    caveats = [*_p95_caveats(health, counted, fill, reported)]
    far = [p.id for p in counted if not is_loopback(fill(p.asked_url))]
    if far and not health.witness:
        names = " and ".join(far)
        caveats.append(
            f"no `witness` is named: a dead network looks like a dead service ({names})"
        )
    return tuple(caveats)


def _p95_caveats(
    health: Health,
    counted: list[Probe],
    fill: Callable[[str], str],
    known: Mapping[str, ReportedFigures],
) -> Iterator[str]:
    """The probes whose timeout ends each answer before it reaches the limit of P95."""
    rule = health.trigger.p95_latency
    above = _seconds(fill(rule.above)) if rule is not None else None
    if rule is None or above is None:
        return
    for probe in counted:
        timeout = None if probe.hosts else _seconds(fill(probe.timeout))
        seen = known.get(probe.id)
        if timeout is None or timeout > above or (seen is not None and seen.p95):
            continue
        cut = f"its `timeout` of {fill(probe.timeout)} ends each answer before that"
        if probe.p95 is not None and seen is None:
            limits = "can fire only if the service reports its P95"
        else:
            limits = "can't fire: the service reports no P95"
        limit = f"P95 of {probe.id} above {fill(rule.above)}"
        yield f"{limit} {limits}, and {cut}"


def _seconds(text: str) -> float | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def trigger_rules_in_words(
    health: Health | None, reported: Mapping[str, ReportedFigures]
) -> tuple[str, ...]:
    """When a trigger fires, one rule a line; empty where the runbook names none.

    Args:
        health: what the runbook watches.
        reported: the figures that the services report, by probe that was looked at.
    """
    if health is None:
        return ()
    rules = health.trigger
    found = []
    if rules.consecutive_failures is not None:
        found.append(f"{rules.consecutive_failures} checks in a row failed")
    if rules.success_rate is not None:
        rate, least = rules.success_rate.below, rules.success_rate.min_checks
        found.append(f"fewer than {rate:.0%} of at least {least} checks were ok")
    if rules.p95_latency is not None:
        limit, checks = rules.p95_latency.above, rules.p95_latency.for_checks
        named = {p.id: p.p95 is not None for p in health.probes if p.trigger}
        by_probe = {i: each.p95 for i, each in reported.items()}
        limits = f"was above {limit} at {checks} checks in a row"
        found.append(_rule_text("P95{} " + limits, named, by_probe))
    if rules.error_rate is not None:
        errors, checks = rules.error_rate.above, rules.error_rate.for_checks
        named = {p.id: p.error_rate is not None for p in health.probes if p.trigger}
        by_probe = {i: each.error_rate for i, each in reported.items()}
        limits = f"at {checks} checks in a row"
        found.append(
            _rule_text(f"more than {errors:.0%} errors{{}} {limits}", named, by_probe)
        )
    return tuple(found)


def _rule_text(words: str, named: dict[str, bool], reported: dict[str, bool]) -> str:
    """A rule, and whether our own checks provide its figure.

    Args:
        words: the rule, with a place for whose figure it is.
        named: whether the runbook says where the service reports it, by probe.
        reported: whether it does, by probe that was looked at.
    """
    own = [not reported.get(probe, False) for probe in named]
    sure = all(probe in reported or not named[probe] for probe in named)
    if own and all(own) and sure:
        return words.format(" of our checks")
    hint = " (of our checks where none is reported)" if any(own) else ""
    return words.format("") + hint
