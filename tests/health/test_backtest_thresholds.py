"""Thresholds as a command line spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import UsageError
from mobius_tui.health.backtest import (
    DEFAULT_TRIGGERS,
    THRESHOLD_EXAMPLES,
    with_thresholds,
)
from mobius_tui.health.trigger import TriggerEvaluator
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.probes import ErrorRate, P95Latency, SuccessRate, Triggers
from mobius_tui.structs import replace
from tests.health.checks import API
from tests.table import each_row


def test_the_seed_is_what_the_bundled_runbook_says() -> None:
    health = load(find_runbook("mobius-rollback")).health
    assert health is not None
    assert (
        replace(health.trigger, then=None, grace=DEFAULT_TRIGGERS.grace)
        == DEFAULT_TRIGGERS
    )


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("consecutive_failures=4", Triggers(consecutive_failures=4)),
        ("success_rate=0.8", Triggers(success_rate=SuccessRate(below=0.8))),
        (
            "success_rate=.8/10",
            Triggers(success_rate=SuccessRate(below=0.8, min_checks=10)),
        ),
        (
            "success_rate=1/100",
            Triggers(success_rate=SuccessRate(below=1, min_checks=100, window=100)),
        ),
        (
            "success_rate=0.8/10/20",
            Triggers(success_rate=SuccessRate(below=0.8, min_checks=10, window=20)),
        ),
        ("p95_latency=3s", Triggers(p95_latency=P95Latency(above="3s"))),
        (
            "p95_latency=1m500ms/2/30",
            Triggers(p95_latency=P95Latency(above="1m500ms", for_checks=2, window=30)),
        ),
        ("error_rate=0", Triggers(error_rate=ErrorRate(above=0))),
        (
            "error_rate=0.1/6",
            Triggers(error_rate=ErrorRate(above=0.1, for_checks=6)),
        ),
    ],
)
def test_a_threshold_as_it_is_spelt(word: str, wanted: Triggers) -> None:
    assert with_thresholds(Triggers(), [word]) == wanted


def test_what_is_not_said_stays_as_it_was() -> None:
    words = ["error_rate=0.2/7", "success_rate=0.5/6/7", "p95_latency=1s/2/3"]
    words += ["error_rate=0.3", "success_rate=0.4", "p95_latency=2s"]
    assert with_thresholds(DEFAULT_TRIGGERS, words) == Triggers(
        consecutive_failures=3,
        success_rate=SuccessRate(below=0.4, min_checks=6, window=7),
        p95_latency=P95Latency(above="2s", for_checks=2, window=3),
        error_rate=ErrorRate(above=0.3, for_checks=7),
    )


@each_row(
    ("word", "words"),
    [
        ("", "the rules are consecutive_failures, success_rate"),
        ("failures=3", "the rules are"),
        ("consecutive_failures", "'' is no count of checks"),
        ("consecutive_failures=0", "from 1 to 10000"),
        ("consecutive_failures=10001", "from 1 to 10000"),
        ("consecutive_failures=-3", "no count"),
        ("consecutive_failures=3/4", "of its 2 parts 1 would"),
        ("consecutive_failures=٣", "no count"),
        ("success_rate=70%", "no fraction"),
        ("success_rate=1.01/5", "no fraction"),
        ("success_rate=nan", "no fraction"),
        ("success_rate=0.7/", "no count"),
        ("success_rate=0.7/9/8", "of the last 8 checks there are never 9"),
        ("success_rate=0.7/5/9/9", "of its 4 parts 3 would"),
        ("p95_latency=5000", "no duration"),
        ("p95_latency=0s", "too short: `above` is from 1ms to 24h"),
        ("p95_latency=9999999h", "too long"),
        ("p95_latency=" + "9" * 5000 + "s", "too long"),
        ("error_rate=5%/5", "no fraction"),
        ("error_rate=0.05/5/5", "of its 3 parts 2 would"),
    ],
)
def test_a_threshold_that_is_none_says_how_to_write_it(word: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_thresholds(DEFAULT_TRIGGERS, [word])
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"--trigger {word}: ")
    rule = word.partition("=")[0]
    assert THRESHOLD_EXAMPLES.get(rule, "write RULE=SPEC") in str(caught.value)


@given(
    st.sampled_from(sorted(THRESHOLD_EXAMPLES)),
    st.text(alphabet="0123456789./smh=-e", max_size=9),
)
def test_whatever_is_spelt_is_thresholds_or_an_error(rule: str, spec: str) -> None:
    try:
        triggers = with_thresholds(DEFAULT_TRIGGERS, [f"{rule}={spec}"])
    except UsageError:
        return
    assert len(TriggerEvaluator(triggers, (API,)).meters()) == 4
