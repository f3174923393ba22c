"""Checks for tests, spelt as briefly as a trace: `o` ok, `f` failed, `-` no data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mobius_tui.health.health_record import CheckState, ProbeResult, encode_record
from mobius_tui.health.trigger import Cleared, Fired, Meter, TriggerEvaluator
from mobius_tui.runbook.model.probes import (
    ErrorRate,
    Figure,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from mobius_tui.structs import replace

STATES: dict[str, CheckState] = {"o": "ok", "f": "failed", "-": "no data"}

API = Probe(id="api", url="http://127.0.0.1/health")
REPORTING = Probe(
    id="api",
    url="http://127.0.0.1/health",
    error_rate=Figure(at="/error_rate"),
    p95=Figure(at="/p95", unit="ms"),
)
FAILURES = Triggers(consecutive_failures=3)
SUCCESS = Triggers(success_rate=SuccessRate())
P95 = Triggers(p95_latency=P95Latency())
ERRORS = Triggers(error_rate=ErrorRate())
ALL = Triggers(
    consecutive_failures=3,
    success_rate=SuccessRate(),
    p95_latency=P95Latency(),
    error_rate=ErrorRate(),
)
"""The seed's, all of them."""

AT = 1_700_000_000.0
"""When the first check was made, in seconds since 1970."""


def ok(
    *,
    probe: str = "api",
    ms: float | None = 20.0,
    error_rate: float | None = None,
    p95_ms: float | None = None,
) -> ProbeResult:
    return ProbeResult(
        at=0.0,
        mono=0.0,
        probe=probe,
        state="ok",
        status=200,
        ms=ms,
        error_rate=error_rate,
        p95_ms=p95_ms,
    )


def trace(spelt: str, probe: str = "api") -> list[ProbeResult]:
    """The checks that a word spells."""
    return [
        ok(probe=probe)
        if each == "o"
        else ProbeResult(
            at=0.0, mono=0.0, probe=probe, state=STATES[each], reason="why"
        )
        for each in spelt
    ]


def numbered(checks: Iterable[ProbeResult]) -> Iterator[ProbeResult]:
    """The same checks, begun at 1, 2, 3 …"""
    for at, check in enumerate(checks, 1):
        yield replace(check, at=float(at), mono=float(at))


def told(watch: TriggerEvaluator, checks: Iterable[ProbeResult]) -> list[str]:
    """What a watch says of checks: the ordinal of the check, and what it changed."""
    found = []
    for check in numbered(checks):
        for change in watch.apply(check):
            assert change.at == check.at
            what = "fired" if isinstance(change, Fired) else "cleared"
            assert isinstance(change, Fired | Cleared)
            found.append(f"{check.at:g} {change.probe} {change.rule} {what}")
    return found


def changes(triggers: Triggers, checks: list[ProbeResult], *probes: Probe) -> list[str]:
    return told(TriggerEvaluator(triggers, probes or (API,)), checks)


def the_meter(watch: TriggerEvaluator) -> Meter:
    (meter,) = watch.meters()
    return meter


def unknown(watch: TriggerEvaluator) -> bool:
    """Whether something is unknown; asked of the watch each time."""
    return watch.is_unknown


def after(
    triggers: Triggers, checks: list[ProbeResult], probe: Probe = API
) -> TriggerEvaluator:
    watch = TriggerEvaluator(triggers, (probe,))
    told(watch, checks)
    return watch


def reports(*figures: float | None) -> list[ProbeResult]:
    return [ok(p95_ms=figure) for figure in figures]


def rates(*figures: float | None) -> list[ProbeResult]:
    return [ok(error_rate=figure) for figure in figures]


def answers(*latencies: float) -> list[ProbeResult]:
    return [ok(ms=ms) for ms in latencies]


def lines(checks: list[ProbeResult]) -> list[bytes]:
    """The lines of a health record, the first check at `AT`."""
    return [
        encode_record(replace(check, at=AT + check.at)) for check in numbered(checks)
    ]
