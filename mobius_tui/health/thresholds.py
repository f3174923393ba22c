"""The default thresholds of the trigger rules, and those of a command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mobius_tui.errors import UsageError
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.probes import ErrorRate, P95Latency, SuccessRate, Triggers

DEFAULT_TRIGGERS = Triggers(
    consecutive_failures=3,
    success_rate=SuccessRate(),
    p95_latency=P95Latency(),
    error_rate=ErrorRate(),
)
"""The thresholds of the bundled rollback runbook."""

FORMS = {
    "consecutive_failures": "consecutive_failures=4",
    "success_rate": "success_rate=0.8/10 (below 80 % of at least 10 checks)",
    "p95_latency": "p95_latency=3s/5 (above 3 s at 5 checks in a row)",
    "error_rate": "error_rate=0.1/5 (above 10 % at 5 checks in a row)",
}
"""An example of `--trigger` for each rule, by its name."""

_MAX_CHECKS = 10_000
"""The largest count or window, as in a runbook."""


def with_thresholds(triggers: Triggers, words: Iterable[str]) -> Triggers:
    """Triggers with some thresholds replaced.

    Args:
        triggers: the thresholds to begin with.
        words: each `RULE=SPEC`, such as `success_rate=0.8/10`; the last one of a
            rule counts.

    Raises:
        UsageError: a word is no such specification.
    """
    for word in words:
        rule, _, spec = word.partition("=")
        if rule not in FORMS:
            rules = ", ".join(FORMS)
            raise UsageError(
                f"--trigger {word}: write RULE=SPEC; the rules are {rules}"
            )
        try:
            triggers = _with_rule(triggers, rule, spec.split("/"))
        except ValueError as error:
            problem = f"--trigger {word}: {error}; write it as in {FORMS[rule]}"
            raise UsageError(problem) from error
    return triggers


def _with_rule(triggers: Triggers, rule: str, parts: list[str]) -> Triggers:
    """Triggers with one rule replaced; parts that are not given stay as they are."""
    max_parts = {"consecutive_failures": 1, "error_rate": 2}.get(rule, 3)
    if len(parts) > max_parts:
        raise ValueError(f"of its {len(parts)} parts {max_parts} would mean something")
    if rule == "consecutive_failures":
        return replace(triggers, consecutive_failures=_count(parts[0]))
    counts = [_count(part) for part in parts[1:]]
    if rule == "success_rate":
        return replace(triggers, success_rate=_success(triggers, parts[0], counts))
    if rule == "p95_latency":
        return replace(triggers, p95_latency=_latency(triggers, parts[0], counts))
    errors = replace(triggers.error_rate or ErrorRate(), above=_fraction(parts[0]))
    if counts:
        errors = replace(errors, for_checks=counts[0])
    return replace(triggers, error_rate=errors)


def _success(triggers: Triggers, below: str, counts: list[int]) -> SuccessRate:
    """The rule `success_rate`; without a window, the current one or `min_checks`."""
    current = triggers.success_rate or SuccessRate()
    min_checks = counts[0] if counts else current.min_checks
    window = counts[1] if len(counts) > 1 else max(current.window, min_checks)
    if min_checks > window:
        raise ValueError(f"of the last {window} checks there are never {min_checks}")
    return SuccessRate(below=_fraction(below), min_checks=min_checks, window=window)


def _latency(triggers: Triggers, above: str, counts: list[int]) -> P95Latency:
    current = triggers.p95_latency or P95Latency()
    return P95Latency(
        above=_above(above),
        for_checks=counts[0] if counts else current.for_checks,
        window=counts[1] if len(counts) > 1 else current.window,
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ValueError(f"{text!r} is no count of checks")
    if not 1 <= int(text) <= _MAX_CHECKS:
        raise ValueError(f"a count of checks is from 1 to {_MAX_CHECKS}")
    return int(text)


def _fraction(text: str) -> float:
    if not re.fullmatch(r"\d{0,9}\.?\d{1,18}", text, re.ASCII) or float(text) > 1:
        raise ValueError(f"{text!r} is no fraction from 0 to 1")
    return float(text)


def _above(text: str) -> str:
    """A valid duration, as it was written."""
    bounded_duration(text, "above")
    return text
