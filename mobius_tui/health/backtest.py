"""Recorded checks, judged by other thresholds: which triggers fire, and when. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct, to_builtins

from mobius_tui.errors import RunError, UsageError
from mobius_tui.health.health_record import ProbeResult, Rule, decode_record
from mobius_tui.health.trigger import Fired, TriggerEvaluator, enabled_rules
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.probes import (
    ErrorRate,
    Figure,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from mobius_tui.structs import replace

DEFAULT_TRIGGERS = Triggers(
    consecutive_failures=3,
    success_rate=SuccessRate(),
    p95_latency=P95Latency(),
    error_rate=ErrorRate(),
)
"""The thresholds of the bundled rollback runbook."""

THRESHOLD_EXAMPLES = {
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
        if rule not in THRESHOLD_EXAMPLES:
            rules = ", ".join(THRESHOLD_EXAMPLES)
            raise UsageError(
                f"--trigger {word}: write RULE=SPEC; the rules are {rules}"
            )
        try:
            triggers = _with_rule(triggers, rule, spec.split("/"))
        except ValueError as error:
            problem = (
                f"--trigger {word}: {error}; write it as in {THRESHOLD_EXAMPLES[rule]}"
            )
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


MAX_PROBLEMS = 3
"""How many of the lines that hold no record are reported with their problem."""


class ProbeReplay(Struct, frozen=True, kw_only=True):
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


class Backtest(Struct, frozen=True, kw_only=True):
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
            record = decode_record(text)
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
        result: of `run_backtest`, with one check at least.
        stops: the steps at which the rollback would have stopped, and why.
    """
    assert result.began is not None
    assert result.ended is not None
    probes = _with_count(len(result.probes), "probe")
    span = f"{utc_in_words(result.began)} to {utc_in_words(result.ended)}"
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
                yield f"      first {utc_in_words(fired[0].at)}: {fired[0].reason}"
    if stops:
        yield ""
        yield "armed from the beginning, the rollback would have waited for a person:"
        yield from (f"  at {words}" for words in stops)
    if result.left_out:
        yield ""
        yield f"left out: {_with_count(result.left_out, 'line')} that hold no record"
        for problem in result.problems:
            yield f"  {problem}"


def backtest_as_json(result: Backtest, stops: Sequence[str] = ()) -> str:
    """The report for programs: the same file and thresholds, the same text.

    Args:
        result: of `run_backtest`.
        stops: the steps at which the rollback would have stopped, and why.
    """
    thresholds = to_builtins(result.triggers)
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


def utc_in_words(at: float) -> str:
    """A time in UTC as text; the plain number of seconds if no date can hold it."""
    try:
        when = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _with_count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
