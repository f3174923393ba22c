"""Each rule at its boundaries: which check of a trace it fires on, and which not."""

from __future__ import annotations

import math

import pytest

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.trigger import TriggerEvaluator
from mobius_tui.runbook.model.probes import (
    ErrorRate,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from tests.health.checks import (
    ALL,
    API,
    ERRORS,
    FAILURES,
    P95,
    REPORTING,
    SUCCESS,
    answers,
    changes,
    ok,
    rates,
    reports,
    trace,
)
from tests.table import each_row

# ── consecutive_failures ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spelt", "fires"),
    [
        ("ff", None),
        ("fff", 3),
        ("ffoff", None),
        ("ffofff", 6),
        ("off" * 20, None),
        ("ff-f", 4),
        ("ff--f", 5),
        ("ff---f", None),
        ("ff---fff", 8),
        ("f-f-f", 5),
        ("---fff", 6),
        ("-" * 50, None),
    ],
)
def test_three_failures_in_a_row(spelt: str, fires: int | None) -> None:
    wanted = [f"{fires} api consecutive_failures fired"] if fires else []
    assert changes(FAILURES, trace(spelt)) == wanted


def test_as_many_failures_as_the_runbook_says() -> None:
    assert changes(Triggers(consecutive_failures=1), trace("of")) == [
        "2 api consecutive_failures fired"
    ]
    five = Triggers(consecutive_failures=5)
    assert changes(five, trace("ffff")) == []
    assert changes(five, trace("fffff")) == ["5 api consecutive_failures fired"]


# ── success_rate ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spelt", "fires"),
    [
        ("fofo", None),  # 50 %, but of 4
        ("ffff", None),
        ("fofof", 5),  # 40 % of 5
        ("fofoo", 5),  # 60 % of 5
        ("foooo", None),  # 80 % of 5
        ("ooooooofff", None),  # 70 % of 10, exactly
        ("ooooooofffof", 12),  # 8 of 12, 67 %
        ("fof-o-", None),  # 4 checks with data
        ("fof-o-o", 7),  # the fifth
        ("fof---oo", 8),  # no data takes nothing away from a share
    ],
)
def test_below_seventy_per_cent_of_at_least_five(spelt: str, fires: int | None) -> None:
    wanted = [f"{fires} api success_rate fired"] if fires else []
    assert changes(SUCCESS, trace(spelt))[:1] == wanted


@each_row("percent", range(1, 100))
def test_exactly_the_limit_never_fires_and_one_less_does(percent: int) -> None:
    rule = SuccessRate(below=percent / 100, min_checks=100, window=100)
    triggers = Triggers(success_rate=rule)
    exactly = "o" * percent + "f" * (100 - percent)
    assert changes(triggers, trace(exactly)) == []
    less = "o" * (percent - 1) + "f" * (101 - percent)
    assert changes(triggers, trace(less)) == ["100 api success_rate fired"]


def test_the_success_rate_looks_back_on_its_window_alone() -> None:
    long = "o" * 1000
    assert changes(SUCCESS, trace(long + "f" * 18)) == []  # 42 of 60, exactly 70 %
    assert changes(SUCCESS, trace(long + "f" * 19)) == ["1019 api success_rate fired"]
    nine = Triggers(success_rate=SuccessRate(below=0.9, window=9))
    assert changes(nine, trace(long + "f")) == ["1001 api success_rate fired"]


# ── p95_latency ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("figures", "fires"),
    [
        ([5000.1] * 4, None),
        ([5000.1] * 5, 5),
        ([5000.0] * 20, None),
        ([5000.000000000001] * 20, None),  # what is left of a multiplication
        ([6000] * 4 + [5000] + [6000] * 4, None),
        ([6000] * 4 + [5000] + [6000] * 5, 10),
        ([6000] * 4 + [None, None] + [6000], 7),  # no figure: neither adds nor resets
        ([6000] * 4 + [math.nan, -1.0] + [6000], 7),
        ([6000] * 4 + [math.inf, None] + [6000], 7),
        ([6000] * 4 + [None] * 3 + [6000], None),  # no longer reported: all anew
        ([6000] * 4 + [None] * 3 + [6000] * 5, 12),
        ([6000] * 3 + [None, None, 6000, None, 6000], 8),
        ([None] * 50, None),
    ],
)
def test_the_p95_that_the_service_reports(
    figures: list[float | None], fires: int | None
) -> None:
    wanted = [f"{fires} api p95_latency fired"] if fires else []
    assert changes(P95, reports(*figures), REPORTING) == wanted


def test_a_failed_check_or_no_data_neither_adds_to_p95_nor_begins_it_anew() -> None:
    slow = reports(*[6000] * 4)
    for between in ("f", "ffff", "-", "--", "f-f-"):
        checks = [*slow, *trace(between)]
        assert changes(P95, checks, REPORTING) == []
        fired = [f"{len(checks) + 1} api p95_latency fired"]
        assert changes(P95, [*checks, *reports(6000)], REPORTING) == fired
    assert changes(P95, [*slow, *trace("---"), *reports(6000)], REPORTING) == []


def test_what_a_failed_check_reports_of_p95_does_not_count() -> None:
    failed = ProbeResult(
        at=0, mono=0, probe="api", state="failed", ms=9.0, p95_ms=9000.0
    )
    assert changes(P95, [failed] * 20, REPORTING) == []
    assert changes(P95, [*reports(*[6000] * 4), failed], REPORTING) == []


@pytest.mark.parametrize(
    ("latencies", "fires"),
    [
        ([5000.1] * 4, None),
        ([5000.1] * 5, 5),
        ([5000.0] * 30, None),
        ([6000, 6000, 6000, 6000, 20, 6000, 6000, 6000, 6000], None),
        ([20] * 20 + [6000] * 4, None),
        ([20] * 20 + [6000] * 5, 25),  # what was quick before hides nothing
        ([20] * 20 + [6000] * 4 + [5000] + [6000] * 5, 30),
    ],
)
def test_our_own_p95(latencies: list[float], fires: int | None) -> None:
    wanted = [f"{fires} api p95_latency fired"] if fires else []
    assert changes(P95, answers(*latencies)) == wanted


def test_our_own_p95_goes_on_over_failures_and_no_data() -> None:
    checks = [*answers(*[6000] * 4), *trace("f-f-"), *answers(6000)]
    assert changes(P95, checks) == ["9 api p95_latency fired"]
    slow = ProbeResult(at=0, mono=0, probe="api", state="failed", ms=9000.0)
    assert changes(P95, [slow] * 20) == []
    refused = [ok(ms=None)] * 3
    checks = [*answers(*[6000] * 4), *refused, *answers(6000)]
    assert changes(P95, checks) == ["8 api p95_latency fired"]


def test_a_limit_in_milliseconds_is_what_it_says() -> None:
    rule = P95Latency(above="1.001s", for_checks=1)
    assert changes(Triggers(p95_latency=rule), answers(1001.0)) == []
    assert changes(Triggers(p95_latency=rule), answers(1001.001)) != []
    with pytest.raises(ValueError, match="no duration"):
        TriggerEvaluator(Triggers(p95_latency=P95Latency(above="soon")), (API,))


# ── error_rate ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("figures", "fires"),
    [
        ([0.0500001] * 4, None),
        ([0.0500001] * 5, 5),
        ([0.05] * 20, None),
        ([0.12] * 4 + [0.05] + [0.12] * 4, None),
        ([0.12] * 4 + [0.0] + [0.12] * 5, 10),
        ([0.12] * 4 + [None, None, 0.12], 7),
        ([0.12] * 4 + [math.nan, 1.01, 0.12], 7),
        ([0.12] * 4 + [-0.01, math.inf, 1.0], 7),
        ([0.12] * 4 + [None] * 3 + [0.12], None),
        ([0.12] * 4 + [None] * 3 + [0.12] * 5, 12),
        ([None] * 50, None),
    ],
)
def test_the_error_rate_that_the_service_reports(
    figures: list[float | None], fires: int | None
) -> None:
    wanted = [f"{fires} api error_rate fired"] if fires else []
    assert changes(ERRORS, rates(*figures), REPORTING) == wanted


def test_a_failed_check_counts_as_above_whatever_it_reports() -> None:
    failed = ProbeResult(at=0, mono=0, probe="api", state="failed", error_rate=0.0)
    fired = ["5 api error_rate fired"]
    assert changes(ERRORS, [*rates(*[0.12] * 4), failed], REPORTING) == fired
    assert changes(ERRORS, trace("fffff"), REPORTING) == fired


@pytest.mark.parametrize(
    ("spelt", "fires"),
    [("ffff", None), ("fffff", 5), ("ffffoffff", None), ("ff-f-f-f", 8)],
)
def test_our_own_error_rate_is_that_of_one_check(spelt: str, fires: int | None) -> None:
    wanted = [f"{fires} api error_rate fired"] if fires else []
    assert changes(ERRORS, trace(spelt)) == wanted
    assert changes(ERRORS, [ok(error_rate=0.9)] * 20) == []


def test_above_all_errors_there_is_nothing() -> None:
    never = Triggers(error_rate=ErrorRate(above=1.0))
    assert changes(never, trace("f" * 20)) == []
    assert changes(never, rates(*[1.0] * 20), REPORTING) == []


# ── figures that the service does not report ──────────────────────────────────────────


def test_a_pointer_that_finds_nothing_is_as_good_as_none() -> None:
    """The service answers `{"status":"ok"}` alone."""
    for spelt in ("ooo", "fffffooooo", "ffffof", "off" * 9):
        own = changes(ERRORS, trace(spelt))
        assert changes(ERRORS, trace(spelt), REPORTING) == own
    slow = [6000.0] * 5
    for latencies in ([20.0] * 9, slow, [*slow, 20.0], [*slow[:4], 20.0, *slow[:4]]):
        own = changes(P95, answers(*latencies))
        assert changes(P95, answers(*latencies), REPORTING) == own


@pytest.mark.parametrize("probe", [API, REPORTING], ids=["no pointer", "a pointer"])
def test_what_our_own_checks_told_clears_at_the_first_good_one(probe: Probe) -> None:
    both = Triggers(p95_latency=P95Latency(), error_rate=ErrorRate())
    checks = [*trace("o" * 30 + "f" * 50 + "o"), *answers(*[6000] * 30, 20)]
    assert changes(both, checks, probe) == [
        "35 api error_rate fired",
        "81 api error_rate cleared",
        "86 api p95_latency fired",
        "112 api p95_latency cleared",
    ]


def test_what_the_service_reports_wins() -> None:
    slow_reported_quick = [ok(ms=6000, p95_ms=20.0)] * 20
    assert changes(P95, slow_reported_quick, REPORTING) == []
    quick_reported_slow = [ok(ms=20, p95_ms=6000.0)] * 20
    assert changes(P95, quick_reported_slow, REPORTING) == ["5 api p95_latency fired"]


def test_three_answers_without_a_figure_and_our_own_checks_tell_it() -> None:
    """An outage that a service reported is over though the release before does not."""
    checks = [*rates(*[0.12] * 9), *rates(None, None)]
    assert changes(ERRORS, checks, REPORTING) == ["5 api error_rate fired"]
    cleared = changes(ERRORS, [*checks, *rates(None)], REPORTING)
    assert cleared[1:] == ["12 api error_rate cleared"]
    slow = [*reports(*[6000] * 9), *answers(20, 20)]
    assert changes(P95, slow, REPORTING) == ["5 api p95_latency fired"]
    cleared = changes(P95, [*slow, *answers(20)], REPORTING)
    assert cleared[1:] == ["12 api p95_latency cleared"]
    still = changes(P95, [*slow[:9], *answers(*[6000] * 9)], REPORTING)
    assert still == ["5 api p95_latency fired"]


# ── no false rollback ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("probe", [API, REPORTING], ids=["own", "reported"])
@pytest.mark.parametrize(
    "checks",
    [
        trace(("o" * 9 + "f") * 100),  # every tenth check bad
        trace(("f" + "o" * 9) * 100),
        (trace("o" * 9) + answers(6000) + trace("o" * 9) + answers(6000)) * 100,
        (trace("o" * 18) + answers(6000, 6000)) * 100,  # two slow answers in twenty
        trace("o" * 20 + "-" * 9 + "o" * 20),  # 43 s at 5 s: a partition that heals
        trace("o" * 20 + "ff" + "-" * 9 + "ff" + "o" * 20),
        trace("o" * 20 + "-" * 12 + "o" * 20),  # a monitor that slept for a minute
        trace("-" * 1000),
        reports(*[6000, 6000, 6000, 6000, 5000] * 100),
        rates(*[0.9, 0.9, 0.9, 0.9, 0.05] * 100),
    ],
    ids=range(10),
)
def test_what_heals_by_itself_never_fires(
    checks: list[ProbeResult], probe: Probe
) -> None:
    assert changes(ALL, checks, probe) == []


@pytest.mark.parametrize(
    ("bad", "probe", "wanted"),
    [
        (trace("f" * 99), API, ["43 api consecutive_failures fired"]),
        # The 19th failure of the last 60 checks: two of each three fail.
        (trace("fof" * 33), API, ["68 api success_rate fired"]),
        (answers(*[6000] * 99), API, ["45 api p95_latency fired"]),
        # Two answers are waited for in vain before our own checks tell it.
        (answers(*[6000] * 99), REPORTING, ["47 api p95_latency fired"]),
        (reports(*[6000] * 99), REPORTING, ["45 api p95_latency fired"]),
        (rates(*[0.12] * 99), REPORTING, ["45 api error_rate fired"]),
    ],
)
def test_an_outage_fires_on_the_very_check_that_the_rule_names(
    bad: list[ProbeResult], probe: Probe, wanted: list[str]
) -> None:
    calm = [ok(ms=20, error_rate=0.0, p95_ms=20.0)] * 40
    assert changes(ALL, calm + bad, probe)[: len(wanted)] == wanted
