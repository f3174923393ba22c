"""A backtest: when recorded checks would have fired which trigger. Pure.

All of a record is one epoch: nobody arms it, and no step ends in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mobius_tui.errors import RunError
from mobius_tui.health.record import Check, decode
from mobius_tui.health.trigger import Fired, Rule, Watch, rules_of
from mobius_tui.runbook.model_health import Figure, Probe, Triggers

TOLD = 3
"""Lines that hold no record of which it is said what is wrong with them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
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
class Replay:
    """What a backtest found."""

    triggers: Triggers
    """What it was run with."""
    began: float | None
    """Seconds since 1970 of the first check; `None` if there is none."""
    ended: float | None
    """Seconds since 1970 of the last check."""
    probes: tuple[Seen, ...]
    """In the order in which they first come."""
    left_out: int
    """Lines that hold no record."""
    problems: tuple[str, ...]
    """What is wrong with the first of them, each with its line."""

    @property
    def checks(self) -> int:
        """Checks, of all probes."""
        return sum(each.ok + each.failed + each.no_data for each in self.probes)


def replay(lines: Iterable[bytes], triggers: Triggers) -> Replay:
    """Run recorded checks through triggers.

    Args:
        lines: those of a `health.jsonl`; one that holds no record is left out.
        triggers: the rules, filled in.
    """
    checks: list[Check] = []
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
        if isinstance(record, Check):
            checks.append(record)
    return Replay(
        triggers=triggers,
        began=checks[0].at if checks else None,
        ended=checks[-1].at if checks else None,
        probes=_seen(checks, triggers),
        left_out=left_out,
        problems=tuple(problems),
    )


def _seen(checks: list[Check], triggers: Triggers) -> tuple[Seen, ...]:
    probes = _probes(checks)
    watch = Watch(triggers, probes)
    fired: dict[tuple[str, Rule], list[Fired]] = {}
    for check in checks:
        for change in watch.apply(check):
            if isinstance(change, Fired):
                fired.setdefault((change.probe, change.rule), []).append(change)
    counts = Counter((check.probe, check.state) for check in checks)
    return tuple(
        Seen(
            probe=probe.id,
            ok=counts[probe.id, "ok"],
            failed=counts[probe.id, "failed"],
            no_data=counts[probe.id, "no data"],
            reports_p95=probe.p95 is not None,
            reports_errors=probe.error_rate is not None,
            fired={
                rule: tuple(fired.get((probe.id, rule), ()))
                for rule in rules_of(triggers)
            },
        )
        for probe in probes
    )


def _probes(checks: list[Check]) -> tuple[Probe, ...]:
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
