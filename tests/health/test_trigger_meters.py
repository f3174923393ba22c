"""What triggers say in words, and how their meters stand."""

from __future__ import annotations

import pytest

from mobius_tui.health.health_record import ProbeResult, Rule
from mobius_tui.health.trigger import Fired, TriggerEvaluator
from mobius_tui.runbook.model.probes import Probe, SuccessRate, Triggers
from tests.health.checks import (
    ALL,
    API,
    ERRORS,
    FAILURES,
    P95,
    REPORTING,
    SUCCESS,
    after,
    answers,
    rates,
    reports,
    the_meter,
    trace,
)
from tests.table import each_row


@pytest.mark.parametrize(
    ("triggers", "checks", "probe", "reason"),
    [
        (FAILURES, trace("fff"), API, "3 checks of api failed in a row"),
        (Triggers(consecutive_failures=1), trace("f"), API, "a check of api failed"),
        (
            SUCCESS,
            trace("fofof"),
            API,
            "40 % of the last 5 checks of api were ok, below 70 %",
        ),
        (
            Triggers(success_rate=SuccessRate(below=0.7, min_checks=23)),
            trace("f" * 7 + "o" * 16),
            API,
            "69.6 % of the last 23 checks of api were ok, below 70 %",
        ),
        (
            P95,
            reports(*[6004.0] * 5),
            REPORTING,
            "P95 of api above 5000 ms at 5 checks in a row: 6004 ms",
        ),
        (
            P95,
            answers(*[5000.04] * 5),
            API,
            "P95 of our checks of api above 5000 ms at 5 checks in a row: 5000.04 ms",
        ),
        (
            ERRORS,
            rates(*[0.12] * 5),
            REPORTING,
            "error rate of api above 5 % at 5 checks in a row: 12 %",
        ),
        (
            ERRORS,
            trace("fffff"),
            API,
            (
                "error rate of our checks of api above 5 % at 5 checks in a row; "
                "the last one failed"
            ),
        ),
        (
            ERRORS,
            [*rates(*[0.12] * 4), *trace("f")],
            REPORTING,
            "error rate of api above 5 % at 5 checks in a row; the last one failed",
        ),
    ],
)
def test_a_trigger_says_why_in_words(
    triggers: Triggers, checks: list[ProbeResult], probe: Probe, reason: str
) -> None:
    (fired,) = after(triggers, checks, probe).uncleared
    assert fired.reason == reason


@each_row(
    ("triggers", "checks", "probe", "meter"),
    [
        (FAILURES, "o", API, "calm 0/3 0 of 3 failures"),
        (FAILURES, "f", API, "calm 1/3 1 of 3 failures"),
        (FAILURES, "ff", API, "near 2/3 2 of 3 failures"),
        (FAILURES, "fff", API, "fired 3/3 3 of 3 failures"),
        (FAILURES, "ffff", API, "fired 3/3 3 of 3 failures"),
        (FAILURES, "ff-", API, "near 2/3 2 of 3 failures"),
        (FAILURES, "ff---", API, "unknown 0/3 no data"),
        (FAILURES, "fff---f", API, "standing 1/3 1 of 3 failures"),
        (SUCCESS, "o", API, "calm 0/2 success 100 %, check 1 of 5"),
        (SUCCESS, "oooof", API, "near 1/2 success 80 % ≥ 70 %"),
        (SUCCESS, "fofof", API, "fired 2/2 success 40 % < 70 %"),
        (P95, [*reports(*[6000] * 2)], REPORTING, "calm 2/5 P95 2 of 5"),
        (P95, [*reports(*[6000] * 3)], REPORTING, "near 3/5 P95 3 of 5"),
        (
            P95,
            [*reports(6, None, None, None)],
            REPORTING,
            "calm 0/5 P95 of our checks 0 of 5",
        ),
        (ERRORS, [*rates(*[0.12] * 5)], REPORTING, "fired 5/5 errors 5 of 5"),
        (ERRORS, [*rates(0.0, None, None)], REPORTING, "calm 0/5 errors 0 of 5"),
        (ERRORS, "o", REPORTING, "calm 0/5 errors of our checks 0 of 5"),
        (ERRORS, "fff", API, "near 3/5 errors of our checks 3 of 5"),
        (P95, answers(*[6000] * 2), API, "calm 2/5 P95 of our checks 2 of 5"),
    ],
)
def test_a_meter_says_how_far_it_is(
    triggers: Triggers, checks: str | list[ProbeResult], probe: Probe, meter: str
) -> None:
    taken = trace(checks) if isinstance(checks, str) else checks
    found = the_meter(after(triggers, taken, probe))
    assert f"{found.state} {found.count}/{found.of} {found.words}" == meter


def test_what_fired_is_told_as_it_stands() -> None:
    watch = TriggerEvaluator(ALL, (API,))
    events = [each for check in trace("fffff") for each in watch.apply(check)]
    assert tuple(events) == watch.uncleared
    assert all(isinstance(each, Fired) for each in events)
    rules: tuple[Rule, ...] = ("consecutive_failures", "success_rate", "error_rate")
    assert tuple(each.rule for each in watch.uncleared) == rules
