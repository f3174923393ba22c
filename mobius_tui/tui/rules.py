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
        found.append(f"P95 was above {limit} at {checks} checks in a row")
    if rules.error_rate is not None:
        errors, checks = rules.error_rate.above, rules.error_rate.for_checks
        found.append(f"more than {errors:.0%} errors at {checks} checks in a row")
    return tuple(found)
