"""Moments in order, in little room."""

from __future__ import annotations

import tracemalloc
from bisect import bisect_left, bisect_right
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.times import BLOCK, Times

GAPS = st.lists(
    st.one_of(st.integers(0, 5_000_000), st.just(5_000_000_000)), max_size=30
)


def times(moments: list[float], block: int = BLOCK) -> Times:
    made = Times(block)
    for moment in moments:
        made.append(moment)
    return made


def told(moments: Times) -> list[float]:
    return [moments[place] for place in range(len(moments))]


@given(GAPS, st.integers(0, 30), st.integers(1, 7))
def test_they_are_what_a_list_would_be(gaps: list[int], cut: int, block: int) -> None:
    now, moments = 1_800_000_000_000_000, []
    for gap in gaps:
        now += gap
        moments.append(now / 1_000_000)
    made = times(moments, block)
    assert told(made) == moments
    assert told(made.first(cut)) == moments[:cut]
    for moment in moments:
        for near in (moment - 0.25, moment, moment + 0.25):
            assert made.before(near) == bisect_left(moments, near)
            assert made.by(near) == bisect_right(moments, near)
    if moments:
        assert made[-1] == moments[-1]
    with pytest.raises(IndexError):
        made[len(moments)]


@pytest.mark.parametrize("block", [1, 2, 3, BLOCK])
def test_a_part_goes_on_by_itself(block: int) -> None:
    made = times([1.0, 2.0, 9000.5], block)
    part = made.first(2)
    part.append(3.0)
    part.append(4.0)
    made.append(9001.0)
    assert told(part) == [1.0, 2.0, 3.0, 4.0]
    early = made.first(2)
    early.append(1.5)
    assert told(early) == [1.0, 2.0, 2.0], "a clock that is put back"
    assert told(made) == [1.0, 2.0, 9000.5, 9001.0]


@pytest.mark.parametrize("block", [1, 2, BLOCK])
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
