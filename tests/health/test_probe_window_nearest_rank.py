"""Percentiles by the nearest rank."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.probe_window import nearest_rank


@given(st.lists(st.floats(0, 1e6), max_size=50).map(sorted), st.integers(0, 100))
def test_so_many_percent_of_all_are_no_greater(
    ordered: list[float], percent: int
) -> None:
    found = nearest_rank(ordered, percent)
    if not ordered:
        assert found is None
        return
    assert found in ordered
    wanted = math.ceil(Fraction(percent * len(ordered), 100))
    assert sum(each <= found for each in ordered) >= wanted
    assert sum(each < found for each in ordered) < max(wanted, 1)


def test_of_fewer_than_twenty_the_95th_is_the_longest() -> None:
    assert nearest_rank([float(n) for n in range(1, 20)], 95) == 19
    assert nearest_rank([float(n) for n in range(1, 21)], 95) == 19
    assert nearest_rank([1.0, 2.0], 50) == 1
