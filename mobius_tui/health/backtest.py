"""A backtest: when recorded checks would have fired which trigger; its report. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import ProbeResult, decode
from mobius_tui.health.trigger import Fired, Rule, TriggerEvaluator, enabled_rules
from mobius_tui.runbook.model.probes import Figure, Probe, Triggers

TOLD = 3
"""Lines that hold no record of which it is said what is wrong with them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeReplay:
    """What is recorded of one probe, and when it would have fired what."""

    probe: str
    ok: int
    failed: int
    no_data: int
    reports_p95: bool
    """Whether the service reported its P95; else it is that of our own latencies."""
    reports_errors: bool
    """Whether the service reported its error rate."""
    fired: dict[Rule, tuple[Fired, ...]]
    """By each rule that is on, in the order of time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What a backtest found."""

    triggers: Triggers
    """What it was run with."""
    began: float | None
    """Seconds since 1970 of the first check; `None` if there is none."""
    ended: float | None
    """Seconds since 1970 of the last check."""
    probes: tuple[ProbeReplay, ...]
    """In the order in which they first come."""
    left_out: int
    """Lines that hold no record."""
    problems: tuple[str, ...]
    """What is wrong with the first of them, each with its line."""

    @property
    def checks(self) -> int:
        """Checks, of all probes."""
        return sum(each.ok + each.failed + each.no_data for each in self.probes)


def run_backtest(lines: Iterable[bytes], triggers: Triggers) -> Backtest:
    """Run recorded checks through triggers.

    Args:
        lines: those of a `health.jsonl`; one that holds no record is left out.
        triggers: the rules, filled in.
    """
    checks: list[ProbeResult] = []
    problems: list[str] = []
    left_out = 0
    for number, text in enumerate(lines, 1):
        try:
            record = decode(text)
        except RunError as error:
            left_out += 1
            if len(problems) < TOLD:
                problems.append(f"line {number}: {error}")
            continue
        if isinstance(record, ProbeResult):
            checks.append(record)
    return Backtest(
        triggers=triggers,
        began=checks[0].at if checks else None,
        ended=checks[-1].at if checks else None,
        probes=_seen(checks, triggers),
        left_out=left_out,
        problems=tuple(problems),
    )


def _seen(checks: list[ProbeResult], triggers: Triggers) -> tuple[ProbeReplay, ...]:
    probes = _probes(checks)
    watch = TriggerEvaluator(triggers, probes)
    fired: dict[tuple[str, Rule], list[Fired]] = {}
    for check in checks:
        for change in watch.apply(check):
            if isinstance(change, Fired):
                fired.setdefault((change.probe, change.rule), []).append(change)
    counts = Counter((check.probe, check.state) for check in checks)
    return tuple(
        ProbeReplay(
            probe=probe.id,
            ok=counts[probe.id, "ok"],
            failed=counts[probe.id, "failed"],
            no_data=counts[probe.id, "no data"],
            reports_p95=probe.p95 is not None,
            reports_errors=probe.error_rate is not None,
            fired={
                rule: tuple(fired.get((probe.id, rule), ()))
                for rule in enabled_rules(triggers)
            },
        )
        for probe in probes
    )


def _probes(checks: list[ProbeResult]) -> tuple[Probe, ...]:
    """The probes of a record; one reports a figure if any of its checks has it."""
    found: dict[str, Probe] = {}
    for check in checks:
        probe = found.get(check.probe) or Probe(id=check.probe, url="")
        if check.p95_ms is not None and probe.p95 is None:
            probe = replace(probe, p95=Figure(at="", unit="ms"))
        if check.error_rate is not None and probe.error_rate is None:
            probe = replace(probe, error_rate=Figure(at=""))
        found[check.probe] = probe
    return tuple(found.values())


def in_lines(found: Backtest, stops: Sequence[str] = ()) -> Iterator[str]:
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
    limits = {
        rule: _limit(found.triggers, rule) for rule in enabled_rules(found.triggers)
    }
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


def as_json(found: Backtest, stops: Sequence[str] = ()) -> str:
    """The report for programs: the same file and thresholds, the same text.

    Args:
        found: what was found.
        stops: where what a trigger begins would stop, and why.
    """
    thresholds = asdict(found.triggers)
    report = {
        "triggers": {rule: thresholds[rule] for rule in enabled_rules(found.triggers)},
        "checks": found.checks,
        "began": found.began,
        "ended": found.ended,
        "left_out": found.left_out,
        "problems": found.problems,
        "stops": list(stops),
        "probes": [_probe(seen) for seen in found.probes],
    }
    return json.dumps(report, indent=2)


def _probe(seen: ProbeReplay) -> dict[str, object]:
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


def _of(seen: ProbeReplay) -> str:
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
