"""Moments in order, in little room."""

from __future__ import annotations

import tracemalloc
from bisect import bisect_left, bisect_right
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.health_history import TIMES_PER_BLOCK, HealthHistory, PackedTimes
from mobius_tui.health.probe_window import CurrentHealth
from mobius_tui.structs import replace
from tests.growth import cost
from tests.health.checks import numbered, trace

GAPS = st.lists(
    st.one_of(st.integers(0, 5_000_000), st.just(5_000_000_000)), max_size=30
)


def times(moments: list[float], block: int = TIMES_PER_BLOCK) -> PackedTimes:
    made = PackedTimes(block)
    for moment in moments:
        made.append(moment)
    return made


def told(moments: PackedTimes) -> list[float]:
    return [moments[place] for place in range(len(moments))]


@given(GAPS, st.integers(0, 30), st.integers(1, 7))
def test_they_are_what_a_list_would_be(gaps: list[int], cut: int, block: int) -> None:
    now, moments = 1_800_000_000_000_000, []
    for gap in gaps:
        now += gap
        moments.append(now / 1_000_000)
    made = times(moments, block)
    assert told(made) == moments
    assert told(made.copy_of_first(cut)) == moments[:cut]
    for moment in moments:
        for near in (moment - 0.25, moment, moment + 0.25):
            assert made.count_before(near) == bisect_left(moments, near)
            assert made.count_until(near) == bisect_right(moments, near)
    if moments:
        assert made[-1] == moments[-1]
    with pytest.raises(IndexError):
        made[len(moments)]


@pytest.mark.parametrize("block", [1, 2, 3, TIMES_PER_BLOCK])
def test_a_part_goes_on_by_itself(block: int) -> None:
    made = times([1.0, 2.0, 9000.5], block)
    part = made.copy_of_first(2)
    part.append(3.0)
    part.append(4.0)
    made.append(9001.0)
    assert told(part) == [1.0, 2.0, 3.0, 4.0]
    early = made.copy_of_first(2)
    early.append(1.5)
    assert told(early) == [1.0, 2.0, 2.0], "a clock that is put back"
    assert told(made) == [1.0, 2.0, 9000.5, 9001.0]


@pytest.mark.parametrize("block", [1, 2, TIMES_PER_BLOCK])
def test_a_clock_that_is_put_back_does_not_disorder_them(block: int) -> None:
    assert told(times([5.0, 3.0, 4.0, 6.0], block)) == [5.0, 5.0, 5.0, 6.0]


def test_those_of_a_beat_take_little_room() -> None:
    jitter = Random(7)
    moments = [1_800_000_000 + n * 0.05 + jitter.random() / 1000 for n in range(20_480)]
    tracemalloc.start()
    try:
        made = times(moments)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 20_480
    assert held < 3 * 20_480


def past(spelt: str) -> HealthHistory:
    """Checks at 1, 2, 3 …"""
    found = HealthHistory()
    for check in numbered(trace(spelt)):
        found.add(check)
    return found


@pytest.mark.parametrize(
    ("spelt", "condition"),
    [
        ("", "unknown"),
        ("o", "ok"),
        ("of", "failing"),
        ("fo", "ok"),
        ("o--", "ok"),
        ("f--", "failing"),
        ("o---", "unknown"),
        ("-", "unknown"),
        ("---o", "ok"),
    ],
)
def test_the_checks_before_a_moment_decide(spelt: str, condition: str) -> None:
    moment = float(len(spelt))
    assert past(spelt + "f").at("api", moment, within=5) == condition
    if spelt:
        assert past(spelt).at("api", moment + 0.9, within=5) == condition


def test_it_says_what_the_panel_said_then() -> None:
    spelt = "oof-f--o---fo-ofo----oo"
    health, found = CurrentHealth(), HealthHistory()
    for check in numbered(trace(spelt)):
        health.apply(check)
        found.add(check)
        panel = health.window("api").status(check.at).state
        assert found.at("api", check.at, within=5) == panel


def test_nothing_is_known_of_when_nobody_watched() -> None:
    found = past("oo")
    assert found.at("api", 0.5, within=5) == "unknown"
    assert found.at("api", 7.0, within=5) == "ok"
    assert found.at("api", 7.1, within=5) == "unknown"
    assert found.at("other", 1.0, within=5) == "unknown"


def test_healthy_checks_in_a_row_after_a_moment() -> None:
    found = past("ooffoofo-oo")
    assert found.ok_streak_at("api", since=3.0, count=1) == 5.0
    assert found.ok_streak_at("api", since=3.0, count=2) == 6.0
    assert found.ok_streak_at("api", since=0.0, count=1) == 1.0
    assert found.ok_streak_at("api", since=3.0, count=3) == 11.0
    assert found.ok_streak_at("api", since=3.0, count=4) is None
    assert found.ok_streak_at("other", since=0.0, count=1) is None


def test_a_clock_that_is_put_back_disorders_nothing() -> None:
    found = HealthHistory()
    for at, check in zip((10.0, 11.0, 4.0, 12.0), trace("ooff"), strict=True):
        found.add(replace(check, at=at))
    assert found.at("api", 11.0, within=5) == "failing"
    assert found.at("api", 10.5, within=5) == "ok"


def test_a_hundred_thousand_checks_cost_next_to_nothing_to_ask() -> None:
    checks = list(numbered(trace("of" * 50_000)))
    short, long = HealthHistory(), HealthHistory()
    for check in checks:
        long.add(check)
    for check in checks[:100]:
        short.add(check)

    def asked(history: HealthHistory, last: int) -> None:
        for moment in range(10_000):
            history.at("api", moment * last / 10_000, within=5)

    # A thousand times as many are asked in a little more time: it looks for the moment.
    assert cost(lambda _: asked(long, 100_000), lambda _: asked(short, 100)) < 10
