"""Frames that are hard work come less often."""

from __future__ import annotations

from time import monotonic

from mobius_tui.tui.output.output_pane import (
    MAX_INTERVAL,
    POURING_FACTOR,
    REPAINT_REST_FACTOR,
    RepaintPace,
)


def frame(pace: RepaintPace, seconds: float) -> None:
    pace.begin()
    until = monotonic() + seconds
    while monotonic() < until:
        pass
    pace.end()


def test_the_first_frame_need_not_wait() -> None:
    assert RepaintPace(20).wait() <= 0


def test_frames_leave_time_for_keys() -> None:
    pace = RepaintPace(20)
    frame(pace, 0.05)
    assert (1 + REPAINT_REST_FACTOR) * 0.05 <= pace.interval <= MAX_INTERVAL


def test_a_frame_comes_even_where_all_is_slow() -> None:
    pace = RepaintPace(20)
    frame(pace, 0.2)
    assert pace.interval == MAX_INTERVAL


def test_frames_come_no_more_often_than_asked_for() -> None:
    pace = RepaintPace(2)
    frame(pace, 0.0)
    assert pace.interval == MAX_INTERVAL == 1 / 2


def test_what_pours_by_is_drawn_less_often_than_what_can_be_read() -> None:
    pace = RepaintPace(20)
    pace.is_pouring = True
    frame(pace, 0.0)
    assert pace.interval == POURING_FACTOR / 20
    pace.is_pouring = False
    frame(pace, 0.0)
    assert pace.interval == 1 / 20
