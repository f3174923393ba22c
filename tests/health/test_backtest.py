"""When recorded checks would have fired which trigger, and how that is told."""

from __future__ import annotations

import json

from mobius_tui.health.backtest import (
    DEFAULT_TRIGGERS,
    Backtest,
    backtest_as_json,
    backtest_lines,
    run_backtest,
    utc_in_words,
    with_thresholds,
)
from mobius_tui.health.health_record import (
    MachineSample,
    ProbeResult,
    Rule,
    encode_record,
)
from tests.health.checks import AT, answers, lines, rates, reports, trace


def found(checks: list[ProbeResult], *words: str) -> Backtest:
    return run_backtest(lines(checks), with_thresholds(DEFAULT_TRIGGERS, words))


def when(seen: Backtest, probe: str, rule: Rule) -> list[float]:
    """The ordinals of the checks at which a trigger fired."""
    (one,) = (each for each in seen.probes if each.probe == probe)
    return [fired.at - AT for fired in one.fired[rule]]


def test_first_and_how_often_by_rule_and_probe() -> None:
    seen = found(trace("fffooofff") + trace("ofof", "web") + trace("f"))
    assert when(seen, "api", "consecutive_failures") == [3, 9]
    assert when(seen, "api", "success_rate") == [5]
    assert when(seen, "api", "p95_latency") == []
    assert when(seen, "web", "consecutive_failures") == []
    assert [(s.ok, s.failed, s.no_data) for s in seen.probes] == [(3, 7, 0), (2, 2, 0)]
    assert (seen.checks, seen.began, seen.ended) == (14, AT + 1, AT + 14)


def test_other_thresholds_find_something_else() -> None:
    checks = trace("fff" + "o" * 9 + "ffff")
    assert when(found(checks), "api", "consecutive_failures") == [3, 15]
    four = found(checks, "consecutive_failures=4")
    assert when(four, "api", "consecutive_failures") == [16]
    assert when(found(checks, "success_rate=0.5/8"), "api", "success_rate") == []
    assert when(found(checks, "error_rate=0/3"), "api", "error_rate") == [3, 15]


def test_which_figures_are_reported_is_in_the_records() -> None:
    told = found(rates(None, 0.12, 0.12, 0.12, 0.12, 0.12) + reports(9, 9))
    (seen,) = told.probes
    assert (seen.reports_p95, seen.reports_errors) == (True, True)
    assert when(told, "api", "error_rate") == [6]
    own = found(answers(*[6000] * 5))
    (seen,) = own.probes
    assert (seen.reports_p95, seen.reports_errors) == (False, False)
    assert when(own, "api", "p95_latency") == [5]
    assert when(found(answers(*[6000] * 4) + reports(20)), "api", "p95_latency") == []


def test_a_line_that_holds_no_record_is_counted_and_told() -> None:
    good = lines(trace("fff"))
    wrong = [b"{", b"\n", b"\xff\n", b"[" * 90_000, b'{"kind":"check"}\n', good[0][:20]]
    sample = encode_record(MachineSample(at=1.0, mono=1.0, cpu=9.0))
    seen = run_backtest([good[0], *wrong, sample, *good[1:]], DEFAULT_TRIGGERS)
    assert (seen.checks, seen.left_out) == (3, 6)
    assert when(seen, "api", "consecutive_failures") == [3]
    assert [each.split(":")[0] for each in seen.problems] == [
        "line 2",
        "line 3",
        "line 4",
    ]
    told = list(backtest_lines(seen))
    assert "left out: 6 lines that hold no record" in told
    assert told[-1].startswith("  line 4: a line of health.jsonl is no JSON: ")


def test_the_report_for_a_person() -> None:
    seen = found(trace("fffoooooooofff") + rates(0.12))
    below = "40 % of the last 5 checks of api were ok, below 70 %"
    assert list(backtest_lines(seen)) == [
        "15 checks of 1 probe, 2023-11-14 22:13:21 UTC to 2023-11-14 22:13:35 UTC",
        "",
        "api: 9 ok, 6 failed, 0 no data; P95 of its own checks, errors as reported",
        "  consecutive_failures  3 in a row                fires 2 times",
        "      first 2023-11-14 22:13:23 UTC: 3 checks of api failed in a row",
        "  success_rate          below 70 % of at least 5  fires once",
        f"      first 2023-11-14 22:13:25 UTC: {below}",
        "  p95_latency           above 5s, 5 in a row      never",
        "  error_rate            above 5 %, 5 in a row     never",
    ]


def test_the_report_for_programs() -> None:
    checks = trace("fffooofff")
    text = backtest_as_json(found(checks, "success_rate=0.5/9"))
    assert text == backtest_as_json(found(checks, "success_rate=0.5/9"))
    report = json.loads(text)
    assert report["triggers"]["consecutive_failures"] == 3
    assert report["triggers"]["success_rate"] == {
        "below": 0.5,
        "min_checks": 9,
        "window": 60,
    }
    assert set(report["triggers"]) == {
        "consecutive_failures",
        "success_rate",
        "p95_latency",
        "error_rate",
    }
    (probe,) = report["probes"]
    assert probe["rules"][0] == {
        "rule": "consecutive_failures",
        "fired": 2,
        "first": AT + 3,
        "reason": "3 checks of api failed in a row",
        "at": [AT + 3, AT + 9],
    }
    assert probe["rules"][2]["first"] is None


def test_a_time_that_no_calendar_reaches_is_told_in_seconds() -> None:
    assert utc_in_words(1e300) == "1e+300 s"
    assert utc_in_words(-1e15) == "-1e+15 s"


def test_a_hundred_thousand_checks() -> None:
    """Ten failures in each thousand, in turn of two probes."""
    spelt = ("o" * 500 + "f" * 10 + "o" * 490) * 50
    both = [
        check
        for pair in zip(trace(spelt), trace(spelt, "web"), strict=True)
        for check in pair
    ]
    seen = found(both)
    assert seen.checks == 100_000
    for probe, offset in (("api", -1), ("web", 0)):
        third = [2 * (1000 * n + 503) + offset for n in range(50)]
        assert when(seen, probe, "consecutive_failures") == third
        fifth = [2 * (1000 * n + 505) + offset for n in range(50)]
        assert when(seen, probe, "error_rate") == fifth
        assert when(seen, probe, "success_rate") == []
