"""The triggers of a runbook, in words."""

from __future__ import annotations

from mobius_tui.tui.view import RunView


def rules_in_words(view: RunView) -> tuple[str, ...]:
    """When a trigger fires, one rule a line; empty where the runbook names none."""
    health = view.runbook.health
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
        told = {i: seen.p95 for i, seen in view.reports.items()}
        limits = f"was above {limit} at {checks} checks in a row"
        found.append(_whose("P95{} " + limits, named, told))
    if rules.error_rate is not None:
        errors, checks = rules.error_rate.above, rules.error_rate.for_checks
        named = {p.id: p.error_rate is not None for p in health.probes if p.trigger}
        told = {i: seen.error_rate for i, seen in view.reports.items()}
        limits = f"at {checks} checks in a row"
        found.append(_whose(f"more than {errors:.0%} errors{{}} {limits}", named, told))
    return tuple(found)


def _whose(words: str, named: dict[str, bool], told: dict[str, bool]) -> str:
    """A rule, and whether our own checks tell the figure that it is about.

    Args:
        words: the rule, with a place for whose figure it is.
        named: whether the runbook says where the service reports it, by probe.
        told: whether it does, by probe that was looked at.
    """
    own = [not told.get(probe, False) for probe in named]
    sure = all(probe in told or not named[probe] for probe in named)
    if own and all(own) and sure:
        return words.format(" of our checks")
    hint = " (of our checks where none is reported)" if any(own) else ""
    return words.format("") + hint
