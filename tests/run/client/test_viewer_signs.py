"""Signs of life: asked for where none comes, missed where none follows."""

from __future__ import annotations

from mobius_tui.run.client.viewer import (
    LIVENESS_REQUEST_INTERVAL,
    MIN_VIEWER_SUSPENSION,
    SILENCE_LIMIT,
    HostLiveness,
)


def looks(signs: HostLiveness, since: float, until: float) -> list[float]:
    """Look four times a second; when it was to be asked."""
    steps = range(int(since * 4), int(until * 4) + 1)
    return [step / 4 for step in steps if signs.check(step / 4)]


def test_a_sign_is_asked_for_once_and_then_missed() -> None:
    signs = HostLiveness(0.0)
    assert looks(signs, 0, SILENCE_LIMIT - 0.25) == [LIVENESS_REQUEST_INTERVAL]
    assert signs.silence == 0
    assert looks(signs, SILENCE_LIMIT, SILENCE_LIMIT + 3) == []
    assert signs.silence == SILENCE_LIMIT + 3


def test_what_is_heard_ends_the_silence_and_is_asked_for_anew() -> None:
    signs = HostLiveness(0.0)
    looks(signs, 0, 8)
    assert signs.silence == 8
    signs.note_sign(8.0)
    assert looks(signs, 8, 11) == [8 + LIVENESS_REQUEST_INTERVAL]
    assert signs.silence == 0


def test_a_viewer_that_stood_still_itself_misses_nothing() -> None:
    signs = HostLiveness(0.0)
    looks(signs, 0, 5)
    assert not signs.check(3600.0)
    assert signs.silence == 0
    assert looks(signs, 3600.25, 3610) == [3600 + LIVENESS_REQUEST_INTERVAL]
    assert signs.silence == 10


def test_slow_looks_are_no_standstill() -> None:
    signs = HostLiveness(0.0)
    for step in range(20):
        signs.check(step * MIN_VIEWER_SUSPENSION)
    assert signs.silence == 19 * MIN_VIEWER_SUSPENSION
