"""Charts and meters: their shape, their marks, and nothing by rounding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.sanitize import cells
from mobius_tui.tui.presenters.charts import (
    FAILED_GLYPH,
    GROWING_BLOCKS,
    LIMIT_GLYPH,
    OUTAGE_GLYPH,
    RISING_BLOCKS,
    ChartCell,
    chart_rows,
    chart_top_value,
    meter,
)

values = st.one_of(st.none(), st.floats(), st.floats(0, 10_000))
samples = st.lists(
    st.tuples(values, st.sampled_from(["ok", "slow", "bad", "none"])), max_size=50
)
limits = st.one_of(st.none(), st.floats(allow_nan=False), st.floats(0.1, 9999))


def drawn(rows: list[list[ChartCell]]) -> list[str]:
    return ["".join(character for character, _ in row) for row in rows]


def roles(rows: list[list[ChartCell]]) -> list[list[str]]:
    return [[role for _, role in row] for row in rows]


@settings(deadline=None)
@given(samples, st.integers(1, 60), st.integers(1, 6), limits)
def test_a_chart_has_the_size_that_was_asked_for(
    pairs: list[tuple[float | None, str]], width: int, height: int, limit: float | None
) -> None:
    latencies = [value for value, _ in pairs]
    states = [state for _, state in pairs]
    rows = chart_rows(latencies, states, width=width, height=height, limit=limit)
    assert [len(row) for row in rows] == [width] * height
    assert {character for row in rows for character, _ in row} <= {
        *RISING_BLOCKS,
        FAILED_GLYPH,
        OUTAGE_GLYPH,
        LIMIT_GLYPH,
    }
    assert [cells(text) for text in drawn(rows)] == [width] * height


@settings(deadline=None)
@given(samples, st.integers(1, 60), st.integers(1, 6), limits)
def test_every_failed_check_in_sight_is_marked_and_no_other(
    pairs: list[tuple[float | None, str]], width: int, height: int, limit: float | None
) -> None:
    latencies = [value for value, _ in pairs]
    states = [state for _, state in pairs]
    rows = chart_rows(latencies, states, width=width, height=height, limit=limit)
    newest = states[-width:]
    marks = [character in (FAILED_GLYPH, OUTAGE_GLYPH) for character in drawn(rows)[-1]]
    padding = [False] * (width - len(newest))
    assert marks == padding + [state == "bad" for state in newest]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 5))
def test_higher_values_have_higher_columns(latencies: list[float], height: int) -> None:
    states = ["ok"] * len(latencies)
    rows = chart_rows(
        latencies, states, width=len(latencies), height=height, limit=None
    )
    heights = [
        sum(RISING_BLOCKS.index(text[place]) for text in drawn(rows))
        for place in range(len(latencies))
    ]
    assert min(heights) >= 1
    assert max(heights) == height * 8 or max(latencies) == 0
    ordered = sorted(zip(latencies, heights, strict=True))
    assert [high for _, high in ordered] == sorted(heights)


def test_a_sparkline() -> None:
    rows = chart_rows(
        [0, 25, 50, None, 100, 7, 7],
        ["ok", "ok", "slow", "none", "ok", "bad", "ok"],
        width=9,
        height=1,
        limit=60,
    )
    assert drawn(rows) == ["  ▁▂▄ █✖▁"]
    assert roles(rows) == [
        ["none", "none", "ok", "ok", "slow", "none", "slow", "bad", "ok"]
    ]


def test_the_limit_is_drawn_behind_the_columns() -> None:
    latencies = [10, 20, 40, 80, 80, 20]
    rows = chart_rows(latencies, ["ok"] * 6, width=6, height=4, limit=50)
    assert drawn(rows) == ["   ██ ", "┄┄┄██┄", "  ███ ", "▄█████"]
    assert roles(rows)[1] == ["limit", "limit", "limit", "slow", "slow", "limit"]


def test_a_limit_just_above_the_values_is_in_sight_and_a_far_one_is_not() -> None:
    near = chart_rows([50, 60], ["ok", "ok"], width=2, height=4, limit=100)
    assert drawn(near)[0] == "┄┄"
    far = chart_rows([50, 60], ["ok", "ok"], width=2, height=4, limit=1000)
    assert LIMIT_GLYPH not in "".join(drawn(far))
    assert chart_top_value([50, 60], 100) == 100
    assert chart_top_value([50, 60], 1000) == 60
    assert chart_top_value([None, float("nan")], None) == 1


def test_a_long_outage_is_a_calm_line_that_begins_with_a_mark() -> None:
    states = ["ok", *["bad"] * 4, "ok", "bad"]
    rows = chart_rows([50.0] * 7, states, width=7, height=2, limit=None)
    assert drawn(rows) == ["█    █ ", "█✖───█✖"]


def test_a_failed_check_has_no_column_whatever_its_latency() -> None:
    rows = chart_rows([50, 50], ["ok", "bad"], width=2, height=2, limit=None)
    assert drawn(rows) == ["█ ", "█✖"]
    assert roles(rows) == [["ok", "none"], ["ok", "bad"]]


def test_only_the_newest_are_shown_and_only_they_set_the_scale() -> None:
    rows = chart_rows([9000, 1, 2], ["ok"] * 3, width=2, height=1, limit=None)
    assert drawn(rows) == ["▄█"]


def test_states_must_be_as_many_as_values() -> None:
    with pytest.raises(ValueError, match="shorter"):
        chart_rows([1, 2], ["ok"], width=2, height=1, limit=None)


@settings(deadline=None)
@given(values, st.floats(allow_nan=False), st.integers(-1, 30))
def test_a_meter_has_its_width(value: float | None, limit: float, width: int) -> None:
    bar = meter(value, limit, width)
    assert len(bar) == max(0, width)
    assert set(bar) <= set(GROWING_BLOCKS)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(1e-3, 1e6), st.integers(1, 30))
def test_full_and_empty_are_never_rounded(
    value: float, limit: float, width: int
) -> None:
    bar = meter(value, limit, width)
    assert (bar == "█" * width) == (value >= limit)
    assert (bar == "░" * width) == (value == 0)


@pytest.mark.parametrize(
    ("value", "limit", "bar"),
    [
        (2, 3, "██░"),
        (1, 6, "▌░░"),
        (0, 3, "░░░"),
        (None, 3, "░░░"),
        (3, 3, "███"),
        (99, 3, "███"),
        (2.999, 3, "██▉"),
        (0.001, 3, "▏░░"),
    ],
)
def test_meters(value: float | None, limit: float, bar: str) -> None:
    assert meter(value, limit, 3) == bar
