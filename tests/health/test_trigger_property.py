"""Random checks through the rules, and through a plain reading of the same list."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.health.health_record import CheckState, ProbeResult, Rule
from mobius_tui.health.trigger import Fired, TriggerEvaluator
from mobius_tui.runbook.model.probes import (
    ErrorRate,
    Figure,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from mobius_tui.structs import replace
from tests.health import reference

NAMES = ("api", "web", "kept-out")
RULES: tuple[Rule, ...] = (
    "consecutive_failures",
    "success_rate",
    "p95_latency",
    "error_rate",
)
LATENCIES = (None, 0.0, 90.0, 100.0, 100.5, 900.0)
RATES = (None, 0.0, 0.05, 0.0501, 0.3, 1.0, 1.01, -0.1, math.nan, math.inf)
STATES: tuple[CheckState, ...] = ("ok", "failed", "no data")


@st.composite
def rules(draw: st.DrawFn) -> Triggers:
    """Short rules, so that short lists reach them; some of them off."""
    least = draw(st.integers(1, 6))
    success = SuccessRate(
        below=draw(st.sampled_from((0.0, 0.3, 0.5, 0.7, 1.0))),
        min_checks=least,
        window=draw(st.integers(least, 10)),
    )
    latency = P95Latency(
        above="100ms",
        for_checks=draw(st.integers(1, 4)),
        window=draw(st.integers(1, 25)),
    )
    errors = ErrorRate(
        above=draw(st.sampled_from((0.0, 0.05, 1.0))),
        for_checks=draw(st.integers(1, 4)),
    )
    return Triggers(
        consecutive_failures=draw(st.none() | st.integers(1, 4)),
        success_rate=draw(st.sampled_from((success, success, success, None))),
        p95_latency=draw(st.sampled_from((latency, latency, latency, None))),
        error_rate=draw(st.sampled_from((errors, errors, errors, None))),
    )


@st.composite
def probes(draw: st.DrawFn) -> tuple[Probe, ...]:
    return tuple(
        Probe(
            id=name,
            url="http://127.0.0.1/",
            trigger=name != "kept-out",
            p95=draw(st.sampled_from((None, Figure(at="/p95", unit="ms")))),
            error_rate=draw(st.sampled_from((None, Figure(at="/errors")))),
        )
        for name in NAMES
    )


GOOD = ProbeResult(
    at=0, mono=0, probe="", state="ok", ms=90.0, error_rate=0.0, p95_ms=90.0
)
BAD = replace(GOOD, state="failed")
SLOW = replace(GOOD, ms=900.0, p95_ms=900.0, error_rate=0.3)
SILENT = replace(GOOD, ms=None, p95_ms=None, error_rate=None)
BLIND = ProbeResult(at=0, mono=0, probe="", state="no data")


@st.composite
def odd(draw: st.DrawFn) -> ProbeResult:
    """Any state with any figures."""
    return replace(
        GOOD,
        state=draw(st.sampled_from(STATES)),
        ms=draw(st.sampled_from(LATENCIES)),
        error_rate=draw(st.sampled_from(RATES)),
        p95_ms=draw(st.sampled_from((*LATENCIES, -1.0, math.nan, math.inf))),
    )


@st.composite
def stretches(draw: st.DrawFn) -> list[ProbeResult | str]:
    """Several moments alike, as outages are; or an epoch."""
    if draw(st.integers(0, 11)) == 0:
        return [reference.EPOCH]
    usual = st.sampled_from((GOOD, GOOD, BAD, SLOW, SILENT, BLIND))
    check = draw(st.one_of(usual, usual, odd()))
    probe = draw(st.sampled_from(("api", "api", "api", "api", "web", "kept-out")))
    return [replace(check, probe=probe)] * draw(st.sampled_from((1, 1, 2, 3, 4)))


FEW, MANY = (
    st.lists(stretches(), max_size=6),
    st.lists(stretches(), min_size=12, max_size=22),
)
HISTORIES = st.one_of(FEW, MANY, MANY).map(
    lambda parts: [each for part in parts for each in part]
)
CASES = st.tuples(rules(), probes(), HISTORIES)


def of(name: str, moments: list[ProbeResult | str]) -> list[ProbeResult | str]:
    """What one probe has been through."""
    return [m for m in moments if isinstance(m, str) or m.probe == name]


def named(triggers: Triggers) -> list[Rule]:
    return [rule for rule in RULES if getattr(triggers, rule) is not None]


def read(
    triggers: Triggers, probes: tuple[Probe, ...], moments: list[ProbeResult | str]
) -> list[tuple[float, str, str, str]]:
    """What the plain reading tells: when, of which probe and rule, and what."""
    found = []
    for probe in probes:
        past = of(probe.id, moments)
        for rule in named(triggers) if probe.trigger else ():
            for each, what in zip(
                past, reference.story(rule, triggers, probe, past), strict=True
            ):
                if what:
                    assert isinstance(each, ProbeResult)
                    found.append((each.at, probe.id, rule, what))
    return sorted(found)


def numbered(moments: list[ProbeResult | str]) -> list[ProbeResult | str]:
    return [
        replace(each, at=float(at)) if isinstance(each, ProbeResult) else each
        for at, each in enumerate(moments)
    ]


@settings(max_examples=120, deadline=None)
@given(CASES)
def test_the_rules_are_what_a_plain_reading_says(
    case: tuple[Triggers, tuple[Probe, ...], list[ProbeResult | str]],
) -> None:
    triggers, probes, moments = case
    moments = numbered(moments)
    watch = TriggerEvaluator(triggers, probes)
    found = []
    for index, each in enumerate(moments):
        if isinstance(each, str):
            watch.begin_epoch()
            continue
        for change in watch.apply(each):
            what = "fired" if isinstance(change, Fired) else "cleared"
            found.append((change.at, change.probe, change.rule, what))
        same_now(watch, triggers, probes, moments[: index + 1])
    assert sorted(found) == read(triggers, probes, moments)
    balance = Counter(what for *_, what in found)
    assert len(watch.uncleared) == balance["fired"] - balance["cleared"]


def same_now(
    watch: TriggerEvaluator,
    triggers: Triggers,
    probes: tuple[Probe, ...],
    moments: list[ProbeResult | str],
) -> None:
    """Of the probe that was just checked, what holds now is what is read."""
    last = moments[-1]
    assert isinstance(last, ProbeResult)
    past = of(last.probe, moments)
    looked = any(reference.counts(each) for each in past)
    blind = not looked or reference.blind_before(past, len(past) - 1) >= 3
    probe = next(probe for probe in probes if probe.id == last.probe)
    for rule in RULES:
        wanted = probe.trigger and rule in named(triggers) and not blind
        wanted = wanted and reference.holds(rule, triggers, probe, past) is True
        assert watch.condition_holds(probe.id, rule) == wanted
    if blind and probe.trigger:
        assert watch.is_unknown
