"""A table is tried to its end, and each row that fails is named."""

from __future__ import annotations

import pytest

from tests.table import each_row


def test_each_row_that_fails_is_named_and_the_others_are_tried() -> None:
    tried = []

    @each_row(("number", "square"), [(1, 1), (2, 5), (3, 9), (4, 17)])
    def squares(number: int, square: int, power: int) -> None:
        tried.append(number)
        assert number**power == square

    with pytest.raises(ExceptionGroup, match="2 of 4 rows") as failed:
        squares(power=2)
    assert tried == [1, 2, 3, 4]
    notes = [each.__notes__ for each in failed.value.exceptions]
    assert notes == [["in the row (2, 5)"], ["in the row (4, 17)"]]


def test_a_table_that_is_made_late_may_not_be_empty() -> None:
    @each_row("word", list)
    def nothing(word: str) -> None:
        raise AssertionError(word)

    with pytest.raises(AssertionError, match="without rows"):
        nothing()


@each_row("letter", "ab")
@each_row("word", ("a", "b"))
def test_tables_are_tried_with_each_other_and_with_fixtures(
    letter: str, word: str, request: pytest.FixtureRequest
) -> None:
    assert letter + word in ("aa", "ab", "ba", "bb")
    assert request.node.name == request.function.__name__
