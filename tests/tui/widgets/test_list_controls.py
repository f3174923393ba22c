"""Where a list of rows stands."""

from __future__ import annotations

import random

import pytest

from mobius_tui.tui.widgets.list_controls import top_showing_row


def test_the_place_is_in_sight_with_a_row_around_it_wherever_one_comes_from() -> None:
    random.seed(7)
    for _ in range(5000):
        count, height = random.randint(1, 60), random.randint(3, 40)
        place, top = random.randrange(count), random.randint(-5, 70)
        found = top_showing_row(top, place=place, height=height, count=count)
        assert 0 <= found <= max(0, count - height)
        for near in (max(0, place - 1), place, min(count - 1, place + 1)):
            assert found <= near < found + height


@pytest.mark.parametrize("step", [1, -1])
def test_row_by_row_it_goes_on_by_much_and_seldom(step: int) -> None:
    count, height = 1000, 36
    places = range(count) if step > 0 else range(count - 1, -1, -1)
    top, moves = 0 if step > 0 else count, 0
    top = top_showing_row(top, place=places[0], height=height, count=count)
    for place in places:
        before, top = top, top_showing_row(top, place=place, height=height, count=count)
        moves += top != before
    assert moves < count / (height * 0.6)


def test_what_is_in_sight_stays_where_it_is() -> None:
    for place in range(11, 39):
        assert top_showing_row(10, place=place, height=30, count=100) == 10
