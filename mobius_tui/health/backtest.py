"""What a backtest found, for a person and for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from mobius_tui.health.replay import Replay, Seen
from mobius_tui.health.trigger import Fired, Rule, rules_of
from mobius_tui.runbook.model_health import Triggers


def in_lines(found: Replay, stops: Sequence[str] = ()) -> Iterator[str]:
    """The report for a person; its lines are still to be made fit for a terminal.

    Args:
        found: what was found.
        stops: where what a trigger begins would stop, and why.
    """
    assert found.began is not None
    assert found.ended is not None
    probes = _counted(len(found.probes), "probe")
    span = f"{moment(found.began)} to {moment(found.ended)}"
    yield f"{_counted(found.checks, 'check')} of {probes}, {span}"
    limits = {rule: _limit(found.triggers, rule) for rule in rules_of(found.triggers)}
    width = max(map(len, limits.values()), default=0)
    for seen in found.probes:
        yield ""
        yield _of(seen)
        for rule, fired in seen.fired.items():
            yield f"  {rule:21} {limits[rule]:{width}}  {_often(fired)}"
            if fired:
                yield f"      first {moment(fired[0].at)}: {fired[0].reason}"
    if stops:
        yield ""
        yield "armed from the beginning, the rollback would have waited for a person:"
        yield from (f"  at {words}" for words in stops)
    if found.left_out:
        yield ""
        yield f"left out: {_counted(found.left_out, 'line')} that hold no record"
        for problem in found.problems:
            yield f"  {problem}"


def as_json(found: Replay, stops: Sequence[str] = ()) -> str:
    """The report for programs: the same file and thresholds, the same text.

    Args:
        found: what was found.
        stops: where what a trigger begins would stop, and why.
    """
    thresholds = asdict(found.triggers)
    report = {
        "triggers": {rule: thresholds[rule] for rule in rules_of(found.triggers)},
        "checks": found.checks,
        "began": found.began,
        "ended": found.ended,
        "left_out": found.left_out,
        "problems": found.problems,
        "stops": list(stops),
        "probes": [_probe(seen) for seen in found.probes],
    }
    return json.dumps(report, indent=2)


def _probe(seen: Seen) -> dict[str, object]:
    return {
        "probe": seen.probe,
        "ok": seen.ok,
        "failed": seen.failed,
        "no_data": seen.no_data,
        "reports_p95": seen.reports_p95,
        "reports_error_rate": seen.reports_errors,
        "rules": [
            {
                "rule": rule,
                "fired": len(fired),
                "first": fired[0].at if fired else None,
                "reason": fired[0].reason if fired else None,
                "at": [each.at for each in fired],
            }
            for rule, fired in seen.fired.items()
        ],
    }


def _of(seen: Seen) -> str:
    """A probe, and what its figures are."""
    kinds = {True: "as reported", False: "of its own checks"}
    return (
        f"{seen.probe}: {seen.ok} ok, {seen.failed} failed, {seen.no_data} no data; "
        f"P95 {kinds[seen.reports_p95]}, errors {kinds[seen.reports_errors]}"
    )


def _often(fired: tuple[Fired, ...]) -> str:
    if not fired:
        return "never"
    return "fires once" if len(fired) == 1 else f"fires {len(fired)} times"


def _limit(triggers: Triggers, rule: Rule) -> str:
    """A rule's threshold: `3 in a row`, `below 70 % of at least 5`."""
    share, latency, errors = (
        triggers.success_rate,
        triggers.p95_latency,
        triggers.error_rate,
    )
    if rule == "success_rate" and share:
        return f"below {100 * share.below:.6g} % of at least {share.min_checks}"
    if rule == "p95_latency" and latency:
        return f"above {latency.above}, {latency.for_checks} in a row"
    if rule == "error_rate" and errors:
        return f"above {100 * errors.above:.6g} %, {errors.for_checks} in a row"
    return f"{triggers.consecutive_failures} in a row"


def moment(at: float) -> str:
    """A time in UTC; the bare seconds where no calendar reaches."""
    try:
        when = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
