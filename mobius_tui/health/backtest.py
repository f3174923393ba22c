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

MAX_PROBLEMS = 3
"""How many of the lines that hold no record are reported with their problem."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeReplay:
    """The recorded checks of one probe, and which triggers they would have fired."""

    probe: str
    ok: int
    failed: int
    no_data: int
    reports_p95: bool
    """Whether the service reported its P95; else it is measured."""
    reports_errors: bool
    """Whether the service reported its error rate."""
    fired: dict[Rule, tuple[Fired, ...]]
    """By enabled rule, each in the order of time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """The result of a backtest."""

    triggers: Triggers
    """The thresholds that it was run with."""
    began: float | None
    """Seconds since 1970 of the first check; `None` if there is none."""
    ended: float | None
    """Seconds since 1970 of the last check."""
    probes: tuple[ProbeReplay, ...]
    """In the order of their first check."""
    left_out: int
    """Lines that hold no record."""
    problems: tuple[str, ...]
    """The problems of the first `MAX_PROBLEMS` of them, each with its line."""

    @property
    def checks(self) -> int:
        """How many checks there are, of all probes."""
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
            if len(problems) < MAX_PROBLEMS:
                problems.append(f"line {number}: {error}")
            continue
        if isinstance(record, ProbeResult):
            checks.append(record)
    return Backtest(
        triggers=triggers,
        began=checks[0].at if checks else None,
        ended=checks[-1].at if checks else None,
        probes=_replay(checks, triggers),
        left_out=left_out,
        problems=tuple(problems),
    )


def _replay(checks: list[ProbeResult], triggers: Triggers) -> tuple[ProbeReplay, ...]:
    probes = _probes(checks)
    evaluator = TriggerEvaluator(triggers, probes)
    fired: dict[tuple[str, Rule], list[Fired]] = {}
    for check in checks:
        for change in evaluator.apply(check):
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


def backtest_lines(result: Backtest, stops: Sequence[str] = ()) -> Iterator[str]:
    """The report for a person. Its lines must still be sanitized for a terminal.

    Args:
        result: of `run_backtest`.
        stops: the steps at which the rollback would have stopped, and why.
    """
    assert result.began is not None
    assert result.ended is not None
    probes = _with_count(len(result.probes), "probe")
    span = f"{moment(result.began)} to {moment(result.ended)}"
    yield f"{_with_count(result.checks, 'check')} of {probes}, {span}"
    limits = {
        rule: _limit(result.triggers, rule) for rule in enabled_rules(result.triggers)
    }
    width = max(map(len, limits.values()), default=0)
    for replay in result.probes:
        yield ""
        yield _probe_headline(replay)
        for rule, fired in replay.fired.items():
            yield f"  {rule:21} {limits[rule]:{width}}  {_times_fired(fired)}"
            if fired:
                yield f"      first {moment(fired[0].at)}: {fired[0].reason}"
    if stops:
        yield ""
        yield "armed from the beginning, the rollback would have waited for a person:"
        yield from (f"  at {words}" for words in stops)
    if result.left_out:
        yield ""
        yield f"left out: {_with_count(result.left_out, 'line')} that hold no record"
        for problem in result.problems:
            yield f"  {problem}"


def as_json(result: Backtest, stops: Sequence[str] = ()) -> str:
    """The report for programs: the same file and thresholds, the same text.

    Args:
        result: of `run_backtest`.
        stops: the steps at which the rollback would have stopped, and why.
    """
    thresholds = asdict(result.triggers)
    report = {
        "triggers": {rule: thresholds[rule] for rule in enabled_rules(result.triggers)},
        "checks": result.checks,
        "began": result.began,
        "ended": result.ended,
        "left_out": result.left_out,
        "problems": result.problems,
        "stops": list(stops),
        "probes": [_probe_json(replay) for replay in result.probes],
    }
    return json.dumps(report, indent=2)


def _probe_json(replay: ProbeReplay) -> dict[str, object]:
    return {
        "probe": replay.probe,
        "ok": replay.ok,
        "failed": replay.failed,
        "no_data": replay.no_data,
        "reports_p95": replay.reports_p95,
        "reports_error_rate": replay.reports_errors,
        "rules": [
            {
                "rule": rule,
                "fired": len(fired),
                "first": fired[0].at if fired else None,
                "reason": fired[0].reason if fired else None,
                "at": [each.at for each in fired],
            }
            for rule, fired in replay.fired.items()
        ],
    }


def _probe_headline(replay: ProbeReplay) -> str:
    """The counts of a probe, and where its figures come from."""
    kinds = {True: "as reported", False: "of its own checks"}
    return (
        f"{replay.probe}: {replay.ok} ok, {replay.failed} failed, "
        f"{replay.no_data} no data; "
        f"P95 {kinds[replay.reports_p95]}, errors {kinds[replay.reports_errors]}"
    )


def _times_fired(fired: tuple[Fired, ...]) -> str:
    if not fired:
        return "never"
    return "fires once" if len(fired) == 1 else f"fires {len(fired)} times"


def _limit(triggers: Triggers, rule: Rule) -> str:
    """A rule's threshold as text: `3 in a row`, `below 70 % of at least 5`."""
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
    """A time in UTC as text; the plain number of seconds if no date can hold it."""
    try:
        when = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _with_count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
