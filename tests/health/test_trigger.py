"""Each rule at its boundaries, and when a trigger fires, clears and fires anew."""

from __future__ import annotations

import math

import pytest

from mobius_tui.health.record import Check
from mobius_tui.health.trigger import Fired, Meter, Rule, Watch
from mobius_tui.runbook.model import (
    ErrorRate,
    Figure,
    P95Latency,
    Probe,
    SuccessRate,
    Triggers,
)
from tests.health.checks import ok, told, trace

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


def changes(triggers: Triggers, checks: list[Check], *probes: Probe) -> list[str]:
    return told(Watch(triggers, probes or (API,)), checks)


def the_meter(watch: Watch) -> Meter:
    (meter,) = watch.meters()
    return meter


def after(triggers: Triggers, checks: list[Check], probe: Probe = API) -> Watch:
    watch = Watch(triggers, (probe,))
    told(watch, checks)
    return watch


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


@pytest.mark.parametrize("percent", range(1, 100))
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


# ── p95_latency ───────────────────────────────────────────────────────────────────────


def reports(*figures: float | None) -> list[Check]:
    return [ok(p95_ms=figure) for figure in figures]


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
        ([6000] * 4 + [None] * 3 + [6000], None),  # unknown: all begins anew
        ([6000] * 4 + [None] * 3 + [6000] * 5, 12),
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
    failed = Check(at=0, mono=0, probe="api", state="failed", ms=9.0, p95_ms=9000.0)
    assert changes(P95, [failed] * 20, REPORTING) == []
    assert changes(P95, [*reports(*[6000] * 4), failed], REPORTING) == []


def answers(*latencies: float) -> list[Check]:
    return [ok(ms=ms) for ms in latencies]


@pytest.mark.parametrize(
    ("latencies", "fires"),
    [
        ([5000.1] * 4, None),
        ([5000.1] * 5, 5),
        ([5000.0] * 30, None),
        ([6000, 6000, 6000, 6000, 20, 6000, 6000, 6000, 6000], None),
        ([20] * 18 + [6000] * 5, 23),  # of 19 the 95th is the longest
        ([20] * 20 + [6000] * 5, None),  # of 20 it is the longest but one
        ([20] * 20 + [6000] * 6, 26),
    ],
)
def test_our_own_p95(latencies: list[float], fires: int | None) -> None:
    wanted = [f"{fires} api p95_latency fired"] if fires else []
    assert changes(P95, answers(*latencies)) == wanted


def test_our_own_p95_goes_on_over_failures_and_no_data() -> None:
    checks = [*answers(*[6000] * 4), *trace("f-f-"), *answers(6000)]
    assert changes(P95, checks) == ["9 api p95_latency fired"]
    refused = [ok(ms=None)] * 3
    checks = [*answers(*[6000] * 4), *refused, *answers(6000)]
    assert changes(P95, checks) == ["8 api p95_latency fired"]


def test_a_limit_in_milliseconds_is_what_it_says() -> None:
    rule = P95Latency(above="1.001s", for_checks=1)
    assert changes(Triggers(p95_latency=rule), answers(1001.0)) == []
    assert changes(Triggers(p95_latency=rule), answers(1001.001)) != []
    with pytest.raises(ValueError, match="no duration"):
        Watch(Triggers(p95_latency=P95Latency(above="soon")), (API,))


# ── error_rate ────────────────────────────────────────────────────────────────────────


def rates(*figures: float | None) -> list[Check]:
    return [ok(error_rate=figure) for figure in figures]


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
    failed = Check(at=0, mono=0, probe="api", state="failed", error_rate=0.0)
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


# ── which rules and probes count ──────────────────────────────────────────────────────


def test_only_the_rules_that_are_named_are_on() -> None:
    assert changes(Triggers(), trace("f" * 100)) == []
    assert Watch(Triggers(), (API,)).meters() == ()


def test_a_probe_that_is_kept_out_counts_toward_nothing() -> None:
    out = Probe(id="web", url="http://127.0.0.1/", trigger=False)
    watch = Watch(FAILURES, (API, out))
    assert told(watch, trace("f" * 9, "web") + trace("f" * 9, "other")) == []
    assert [meter.probe for meter in watch.meters()] == ["api"]
    assert not watch.is_true("web", "consecutive_failures")


def test_each_probe_has_its_own_counts() -> None:
    web = Probe(id="web", url="http://127.0.0.1/")
    turns = [
        check
        for pair in zip(trace("ffofff"), trace("fofooo", "web"), strict=True)
        for check in pair
    ]
    assert changes(FAILURES, turns, API, web) == ["11 api consecutive_failures fired"]
    watch = Watch(FAILURES, (API, web))
    told(watch, trace("---") + trace("fff", "web"))
    assert watch.is_unknown
    assert watch.is_true("web", "consecutive_failures")
    assert [(m.probe, m.state) for m in watch.meters()] == [
        ("api", "unknown"),
        ("web", "fired"),
    ]


def test_several_rules_may_fire_at_one_check() -> None:
    assert changes(ALL, trace("fffff")) == [
        "3 api consecutive_failures fired",
        "5 api success_rate fired",
        "5 api error_rate fired",
    ]


# ── firing, clearing, and firing anew ─────────────────────────────────────────────────


def test_a_trigger_fires_once_and_clears_once() -> None:
    watch = Watch(FAILURES, (API,))
    assert told(watch, trace("f" * 50)) == ["3 api consecutive_failures fired"]
    assert [fired.at for fired in watch.standing] == [3.0]
    assert told(watch, trace("ooo")) == ["1 api consecutive_failures cleared"]
    assert watch.standing == ()


@pytest.mark.parametrize(
    ("between", "again"),
    [
        ("o", False),
        ("oo", False),
        ("ooo", True),
        ("oofoo", False),
        ("oofooo", True),
        ("oo-o", True),
        ("oo--o", True),
        ("oo---o", False),
        ("oo---ooo", True),
    ],
)
def test_it_fires_anew_after_three_ok_checks_in_a_row(
    between: str, *, again: bool
) -> None:
    found = changes(FAILURES, trace("fff" + between + "fff"))
    assert found.count(f"{6 + len(between)} api consecutive_failures fired") == again
    assert sum("fired" in each for each in found) == 1 + again


def test_the_failures_that_are_named_are_the_ok_checks_that_are_wanted() -> None:
    five = Triggers(consecutive_failures=5)
    found = changes(five, trace("fffff" + "oooo" + "fffff"))
    assert sum("fired" in each for each in found) == 1
    found = changes(five, trace("fffff" + "ooooo" + "fffff"))
    assert sum("fired" in each for each in found) == 2


def test_ok_checks_count_toward_firing_anew_only_once_the_condition_is_gone() -> None:
    # 3 of 5 is below 70 %; from 7 of 10 on it is not.
    gone = "fofoo" + "oooo" + "o"
    assert changes(SUCCESS, trace(gone)) == [
        "5 api success_rate fired",
        "7 api success_rate cleared",
    ]
    # 5 of 7 at the seventh: the ninth is the third that is ok with the condition gone.
    early = changes(SUCCESS, trace("fofoo" + "ooo" + "fff"))
    assert sum("fired" in each for each in early) == 1
    late = changes(SUCCESS, trace("fofoo" + "oooo" + "fff"))
    assert sum("fired" in each for each in late) == 2


def test_no_data_clears_nothing_and_rolls_nothing_back() -> None:
    watch = after(FAILURES, trace("fff"))
    assert watch.is_true("api", "consecutive_failures")
    assert told(watch, trace("--")) == []
    assert watch.is_true("api", "consecutive_failures")
    assert not watch.is_unknown
    assert told(watch, trace("-")) == []
    assert not watch.is_true("api", "consecutive_failures")
    assert watch.is_unknown
    assert the_meter(watch).state == "unknown"
    assert the_meter(watch).words == "no data"
    assert len(watch.standing) == 1
    # A failure is no sign that it went away; an ok check is.
    assert told(watch, trace("f")) == []
    assert len(watch.standing) == 1
    assert told(watch, trace("o")) == ["1 api consecutive_failures cleared"]


def test_a_share_is_not_true_while_nothing_is_known() -> None:
    watch = after(SUCCESS, trace("fofof"))
    assert watch.is_true("api", "success_rate")
    told(watch, trace("---"))
    assert not watch.is_true("api", "success_rate")
    told(watch, trace("f"))
    assert watch.is_true("api", "success_rate")


def test_nothing_is_known_before_the_first_check_with_data() -> None:
    watch = Watch(FAILURES, (API,))
    assert watch.is_unknown
    told(watch, trace("-"))
    assert watch.is_unknown
    assert the_meter(watch).state == "unknown"
    told(watch, trace("o"))
    assert not watch.is_unknown
    assert not Watch(FAILURES, ()).is_unknown


# ── epochs ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("triggers", "checks", "probe"),
    [
        (FAILURES, trace("fff"), API),
        (SUCCESS, trace("fofof"), API),
        (P95, answers(*[6000] * 5), API),
        (P95, reports(*[6000] * 5), REPORTING),
        (ERRORS, trace("fffff"), API),
        (ERRORS, rates(*[0.12] * 5), REPORTING),
    ],
)
def test_an_epoch_begins_every_count_anew(
    triggers: Triggers, checks: list[Check], probe: Probe
) -> None:
    for before in range(len(checks)):
        watch = Watch(triggers, (probe,))
        told(watch, checks[:before])
        watch.begin_epoch()
        assert told(watch, checks[:-1]) == []
        assert len(told(watch, checks[-1:])) == 1


def test_an_epoch_begins_the_window_of_our_own_latencies_anew() -> None:
    watch = after(P95, answers(*[20] * 20))
    watch.begin_epoch()
    assert told(watch, answers(*[6000] * 5)) == ["5 api p95_latency fired"]


def test_what_stands_is_judged_anew_after_an_epoch() -> None:
    watch = after(FAILURES, trace("fff"))
    watch.begin_epoch()
    assert not watch.is_true("api", "consecutive_failures")
    assert the_meter(watch).state == "fired"
    assert told(watch, trace("ff")) == []
    assert len(watch.standing) == 1
    assert not watch.is_true("api", "consecutive_failures")
    assert told(watch, trace("f")) == []  # it fired once
    assert watch.is_true("api", "consecutive_failures")
    watch.begin_epoch()
    assert told(watch, trace("o")) == ["1 api consecutive_failures cleared"]


def test_what_went_away_may_fire_at_once_in_a_new_epoch() -> None:
    watch = after(FAILURES, trace("fffo"))
    assert told(watch, trace("fff")) == []
    watch = after(FAILURES, trace("fffo"))
    watch.begin_epoch()
    assert told(watch, trace("fff")) == ["3 api consecutive_failures fired"]


def test_an_epoch_does_not_make_a_blind_watch_see() -> None:
    watch = after(FAILURES, trace("o---"))
    watch.begin_epoch()
    assert watch.is_unknown


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
def test_what_heals_by_itself_never_fires(checks: list[Check], probe: Probe) -> None:
    assert changes(ALL, checks, probe) == []


@pytest.mark.parametrize(
    ("bad", "probe", "wanted"),
    [
        (trace("f" * 99), API, ["43 api consecutive_failures fired"]),
        # The 19th failure of the last 60 checks: two of each three fail.
        (trace("fof" * 33), API, ["68 api success_rate fired"]),
        (answers(*[6000] * 99), API, ["46 api p95_latency fired"]),
        (reports(*[6000] * 99), REPORTING, ["45 api p95_latency fired"]),
        (rates(*[0.12] * 99), REPORTING, ["45 api error_rate fired"]),
    ],
)
def test_an_outage_fires_on_the_very_check_that_the_rule_names(
    bad: list[Check], probe: Probe, wanted: list[str]
) -> None:
    calm = [ok(ms=20, error_rate=0.0, p95_ms=20.0)] * 40
    assert changes(ALL, calm + bad, probe)[: len(wanted)] == wanted


# ── words and meters ──────────────────────────────────────────────────────────────────


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
            "P95 of api above 5000 ms at 5 checks in a row: 5000.04 ms",
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
            "error rate of api above 5 % at 5 checks in a row, "
            "the last of which failed",
        ),
    ],
)
def test_a_trigger_says_why_in_words(
    triggers: Triggers, checks: list[Check], probe: Probe, reason: str
) -> None:
    (fired,) = after(triggers, checks, probe).standing
    assert fired.reason == reason


@pytest.mark.parametrize(
    ("triggers", "checks", "probe", "meter"),
    [
        (FAILURES, "o", API, "calm 0/3 0 of 3 failures"),
        (FAILURES, "f", API, "calm 1/3 1 of 3 failures"),
        (FAILURES, "ff", API, "near 2/3 2 of 3 failures"),
        (FAILURES, "fff", API, "fired 3/3 3 of 3 failures"),
        (FAILURES, "ffff", API, "fired 3/3 3 of 3 failures"),
        (FAILURES, "ff-", API, "near 2/3 2 of 3 failures"),
        (FAILURES, "ff---", API, "unknown 0/3 no data"),
        (FAILURES, "fff---f", API, "fired 1/3 1 of 3 failures"),
        (SUCCESS, "o", API, "calm 0/2 success 100 %, check 1 of 5"),
        (SUCCESS, "oooof", API, "near 1/2 success 80 % ≥ 70 %"),
        (SUCCESS, "fofof", API, "fired 2/2 success 40 % < 70 %"),
        (P95, [*reports(*[6000] * 2)], REPORTING, "calm 2/5 P95 2 of 5"),
        (P95, [*reports(*[6000] * 3)], REPORTING, "near 3/5 P95 3 of 5"),
        (
            P95,
            [*reports(6, None, None, None)],
            REPORTING,
            "unknown 0/5 P95 not reported",
        ),
        (ERRORS, [*rates(*[0.12] * 5)], REPORTING, "fired 5/5 errors 5 of 5"),
        (ERRORS, [*rates(None, None)], REPORTING, "calm 0/5 errors 0 of 5"),
        (ERRORS, "ooo", REPORTING, "unknown 0/5 errors not reported"),
    ],
)
def test_a_meter_says_how_far_it_is(
    triggers: Triggers, checks: str | list[Check], probe: Probe, meter: str
) -> None:
    taken = trace(checks) if isinstance(checks, str) else checks
    found = the_meter(after(triggers, taken, probe))
    assert f"{found.state} {found.count}/{found.of} {found.words}" == meter


def test_what_fired_is_told_as_it_stands() -> None:
    watch = Watch(ALL, (API,))
    events = [each for check in trace("fffff") for each in watch.apply(check)]
    assert tuple(events) == watch.standing
    assert all(isinstance(each, Fired) for each in events)
    rules: tuple[Rule, ...] = ("consecutive_failures", "success_rate", "error_rate")
    assert tuple(each.rule for each in watch.standing) == rules
