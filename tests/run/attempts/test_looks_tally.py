"""So many looks in a row must hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.attempts.looks import CheckTally


def told(limit: int | None, consecutive: int, looks: str) -> list[str]:
    """The verdicts on looks written as `+` and `-`."""
    tally = CheckTally(limit, consecutive)
    return [tally.count(look == "+") for look in looks]


def test_one_look() -> None:
    assert told(1, 1, "+") == ["held"]
    assert told(1, 1, "-") == ["failed"]


def test_three_in_a_row_without_attempts_to_spare() -> None:
    assert told(3, 3, "+++") == ["more", "more", "held"]
    assert told(3, 3, "-") == ["failed"]
    assert told(3, 3, "+-") == ["more", "failed"]


def test_a_failure_restarts_the_row() -> None:
    assert told(5, 2, "+-++") == ["more", "more", "more", "held"]


def test_it_fails_as_soon_as_too_few_are_left() -> None:
    assert told(15, 3, "-" * 13) == ["more"] * 12 + ["failed"]


def test_without_a_limit_the_time_ends_it() -> None:
    assert told(None, 2, "-" * 99) == ["more"] * 99
    assert told(None, 2, "-++") == ["more", "more", "held"]
    tally = CheckTally(None, 2)
    assert tally.count(held=True, is_last=True) == "failed"
    assert tally.count(held=True, is_last=True) == "held"


def test_the_row() -> None:
    tally = CheckTally(10, 3)
    rows = []
    for held in (True, True, False, True):
        tally.count(held)
        rows.append(tally.held_in_row)
    assert rows == [1, 2, 0, 1]


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_it_ends_in_time_and_only_when_decided(
    consecutive: int, more: int, data: st.DataObject
) -> None:
    limit = consecutive + more - 1
    tally = CheckTally(limit, consecutive)
    seen: list[bool] = []
    verdict = "more"
    while verdict == "more":
        seen.append(data.draw(st.booleans()))
        verdict = tally.count(seen[-1])
    assert len(seen) <= limit
    in_a_row = seen[-consecutive:] == [True] * consecutive
    assert (verdict == "held") == in_a_row
    # Were all that are left to hold, one that failed would still not get there.
    best = seen + [True] * (limit - len(seen))
    if verdict == "failed":
        assert best[-consecutive:] != [True] * consecutive
