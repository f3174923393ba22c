"""Where steps ran, under a chart."""

from __future__ import annotations

import pytest

from mobius_tui.tui.presenters.health_view import StepSpan
from mobius_tui.tui.widgets.health_figures import step_marks

TIMES = [float(at) for at in range(10, 30)]
"""Twenty checks, a second apart."""


def span(
    began: float, ended: float | None, title: str = "Restore", number: str = "3.2"
) -> StepSpan:
    return StepSpan(number=number, title=title, began=began, ended=ended)


@pytest.mark.parametrize(
    ("spans", "row"),
    [
        ([span(9.5, 28.5)], "├── 3.2 Restore ──┤ "),
        ([span(11.5, 19.5)], "  ├ 3.2 ─┤          "),
        ([span(15.5, None)], "      ├─── 3.2 ────▶"),
        ([span(15.1, 16.9)], "      ▲3.2          "),
        ([span(15.1, 18.9)], "      ├─┤3.2        "),
        ([span(27.5, 29.5)], "               3.2├┤"),
        ([span(29.1, 29.2)], "                3.2▲"),
        ([span(1.0, 12.5)], "├─┤3.2              "),
        ([span(1.0, 9.0)], ""),
        ([span(30.0, None)], "                3.2▶"),
        ([], ""),
    ],
)
def test_a_step_is_drawn_where_it_ran(spans: list[StepSpan], row: str) -> None:
    assert "".join(step_marks(TIMES, spans, 20)) == row


def test_several_steps_leave_each_other_alone() -> None:
    spans = [span(10.5, 12.5, number="1.1"), span(14.5, 15.5), span(16.5, None)]
    row = "".join(step_marks(TIMES, spans, 20))
    assert row == " ├┤  ▲ ├─── 3.2 ───▶"


def test_steps_at_the_same_time_keep_the_first_ones_cells() -> None:
    spans = [span(10.0, 20.0, number="1.1", title="A"), span(12.0, 25.0, number="2.1")]
    row = "".join(step_marks(TIMES, spans, 20))
    assert row == "├─ 1.1 A ─┤────┤2.1 "


def test_fewer_checks_than_cells_stand_at_the_right() -> None:
    row = "".join(step_marks([1.0, 2.0, 3.0], [span(2.0, None)], 12))
    assert row == "       3.2├▶"


def test_no_checks_no_marks() -> None:
    assert step_marks([], [span(1.0, None)], 12) == []


def test_a_long_chart_costs_little_for_many_steps() -> None:
    many = [span(float(at), at + 0.5) for at in range(10_000)]
    row = step_marks(TIMES, many, 20)
    assert len(row) == 20
