"""When a trigger fires, clears and fires anew; epochs; several probes."""

from __future__ import annotations

import pytest

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.trigger import TriggerEvaluator
from mobius_tui.runbook.model.probes import ErrorRate, P95Latency, Probe, Triggers
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
    changes,
    rates,
    reports,
    the_meter,
    told,
    trace,
    unknown,
)

# ── which rules and probes count ──────────────────────────────────────────────────────


def test_only_the_rules_that_are_named_are_on() -> None:
    assert changes(Triggers(), trace("f" * 100)) == []
    assert TriggerEvaluator(Triggers(), (API,)).meters() == ()


def test_a_probe_that_is_kept_out_counts_toward_nothing() -> None:
    out = Probe(id="web", url="http://127.0.0.1/", trigger=False)
    watch = TriggerEvaluator(FAILURES, (API, out))
    assert told(watch, trace("f" * 9, "web") + trace("f" * 9, "other")) == []
    assert [meter.probe for meter in watch.meters()] == ["api"]
    assert not watch.condition_holds("web", "consecutive_failures")


def test_each_probe_has_its_own_counts() -> None:
    web = Probe(id="web", url="http://127.0.0.1/")
    turns = [
        check
        for pair in zip(trace("ffofff"), trace("fofooo", "web"), strict=True)
        for check in pair
    ]
    assert changes(FAILURES, turns, API, web) == ["11 api consecutive_failures fired"]
    watch = TriggerEvaluator(FAILURES, (API, web))
    told(watch, trace("---") + trace("fff", "web"))
    assert unknown(watch)
    assert watch.condition_holds("web", "consecutive_failures")
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
    watch = TriggerEvaluator(FAILURES, (API,))
    assert told(watch, trace("f" * 50)) == ["3 api consecutive_failures fired"]
    assert [fired.at for fired in watch.uncleared] == [3.0]
    assert told(watch, trace("ooo")) == ["1 api consecutive_failures cleared"]
    assert watch.uncleared == ()


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


def test_ok_checks_before_it_fired_do_not_count_toward_firing_anew() -> None:
    one = Triggers(error_rate=ErrorRate(for_checks=1))
    assert changes(one, trace("oofof")) == [
        "3 api error_rate fired",
        "4 api error_rate cleared",
    ]


def test_ok_checks_do_not_count_while_the_condition_is_undecided() -> None:
    watch = after(SUCCESS, trace("fofof"))
    watch.begin_epoch()
    assert told(watch, trace("ooo" + "ff")) == []
    assert watch.condition_holds("api", "success_rate")


def test_no_data_clears_nothing_and_rolls_nothing_back() -> None:
    watch = after(FAILURES, trace("fff"))
    assert watch.condition_holds("api", "consecutive_failures")
    assert told(watch, trace("--")) == []
    assert watch.condition_holds("api", "consecutive_failures")
    assert not unknown(watch)
    assert told(watch, trace("-")) == []
    assert not watch.condition_holds("api", "consecutive_failures")
    assert unknown(watch)
    assert the_meter(watch).state == "unknown"
    assert the_meter(watch).words == "no data"
    assert len(watch.uncleared) == 1
    # A failure is no sign that it went away; an ok check is.
    assert told(watch, trace("f")) == []
    assert len(watch.uncleared) == 1
    assert told(watch, trace("o")) == ["1 api consecutive_failures cleared"]


def test_a_share_is_not_true_while_nothing_is_known() -> None:
    watch = after(SUCCESS, trace("fofof"))
    assert watch.condition_holds("api", "success_rate")
    told(watch, trace("---"))
    assert not watch.condition_holds("api", "success_rate")
    told(watch, trace("f"))
    assert watch.condition_holds("api", "success_rate")


def test_nothing_is_known_before_the_first_check_with_data() -> None:
    watch = TriggerEvaluator(FAILURES, (API,))
    assert unknown(watch)
    told(watch, trace("-"))
    assert unknown(watch)
    assert the_meter(watch).state == "unknown"
    told(watch, trace("o"))
    assert not unknown(watch)
    assert not unknown(TriggerEvaluator(FAILURES, ()))


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
    triggers: Triggers, checks: list[ProbeResult], probe: Probe
) -> None:
    for before in range(len(checks)):
        watch = TriggerEvaluator(triggers, (probe,))
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
    assert not watch.condition_holds("api", "consecutive_failures")
    assert the_meter(watch).state == "standing"
    assert told(watch, trace("ff")) == []
    assert len(watch.uncleared) == 1
    assert not watch.condition_holds("api", "consecutive_failures")
    assert told(watch, trace("f")) == []  # it fired once
    assert watch.condition_holds("api", "consecutive_failures")
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
    assert unknown(watch)


def test_a_look_at_hosts_has_no_latency_that_could_be_too_high() -> None:
    rules = Triggers(p95_latency=P95Latency(), consecutive_failures=2)
    watch = TriggerEvaluator(rules, (Probe(id="api", hosts="web"),))
    assert [meter.rule for meter in watch.meters()] == ["consecutive_failures"]
