"""Moments in order, in little room."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.times import Times

GAPS = st.lists(
    st.one_of(st.integers(0, 5_000_000), st.just(5_000_000_000)), max_size=30
)


def times(moments: list[float]) -> Times:
    made = Times()
    for moment in moments:
        made.append(moment)
    return made


def told(moments: Times) -> list[float]:
    return [moments[place] for place in range(len(moments))]


@given(GAPS, st.integers(0, 30))
def test_they_are_what_a_list_would_be(gaps: list[int], cut: int) -> None:
    now, moments = 1_800_000_000_000_000, []
    for gap in gaps:
        now += gap
        moments.append(now / 1_000_000)
    made = times(moments)
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


def test_a_part_goes_on_by_itself() -> None:
    made = times([1.0, 2.0, 9000.5])
    part = made.first(2)
    part.append(3.0)
    made.append(9001.0)
    assert told(part) == [1.0, 2.0, 3.0]
    assert told(made) == [1.0, 2.0, 9000.5, 9001.0]


def test_a_clock_that_is_put_back_does_not_disorder_them() -> None:
    assert told(times([5.0, 3.0, 6.0])) == [5.0, 5.0, 6.0]
