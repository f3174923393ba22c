"""What checks amount to, against a plain reading of the same list."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.health_record import CheckState, MachineSample, ProbeResult
from mobius_tui.health.probe_window import CHART_CHECKS, CurrentHealth, ProbeWindow

STATES: tuple[CheckState, ...] = ("ok", "failed", "no data")


def make(
    at: float,
    state: CheckState,
    ms: float | None = None,
    reason: str = "",
    probe: str = "api",
) -> ProbeResult:
    return ProbeResult(at=at, mono=at, probe=probe, state=state, ms=ms, reason=reason)


def folded(*states: CheckState) -> ProbeWindow:
    window = ProbeWindow()
    for at, state in enumerate(states):
        window.apply(make(float(at), state, reason="why"))
    return window


@st.composite
def histories(draw: st.DrawFn) -> list[ProbeResult]:
    found = draw(
        st.lists(
            st.tuples(
                st.sampled_from(STATES),
                st.none() | st.integers(0, 50).map(float),
            ),
            max_size=80,
        )
    )
    return [
        make(float(at), state, None if state == "no data" else ms)
        for at, (state, ms) in enumerate(found)
    ]


def rank(values: list[float], percent: int) -> float | None:
    """Nearest rank, by its definition."""
    ordered = sorted(values)
    for value in ordered:
        if sum(other <= value for other in ordered) * 100 >= percent * len(ordered):
            return value
    return None


def failures(checks: list[ProbeResult]) -> list[ProbeResult]:
    """The last failures in a row, read from the end."""
    row: list[ProbeResult] = []
    blind = 0
    for check in reversed(checks):
        blind = blind + 1 if check.state == "no data" else 0
        if check.state == "ok" or blind == 3:
            break
        if check.state == "failed":
            row.insert(0, check)
    return row


@given(histories(), st.integers(1, 30), st.integers(1, 30))
def test_a_window_is_what_a_plain_reading_says(
    checks: list[ProbeResult], size: int, latencies: int
) -> None:
    window = ProbeWindow(size=size, latencies=latencies)
    for check in checks:
        window.apply(check)
    counted = [check for check in checks if check.state != "no data"]
    recent = [check.state == "ok" for check in counted[-size:]]
    answered = [check.ms for check in counted if check.ms is not None][-latencies:]
    row = failures(checks)
    oks = [check.at for check in checks if check.state == "ok"]
    rate = window.success_rate
    assert (rate is None) == (not recent)
    assert rate is None or math.isclose(rate, sum(recent) / len(recent))
    for percent in (50, 95, 99):
        assert window.percentile(percent) == rank(answered, percent)
    assert window.consecutive_failures == len(row)
    assert window.failing_since == (row[0].at if row else None)
    assert window.last_ok == (oks[-1] if oks else None)
    assert window.ok + window.failed + window.no_data == len(checks)
    assert [point.at for point in window.points] == [
        c.at for c in checks[-CHART_CHECKS:]
    ]


def test_nothing_seen_is_unknown() -> None:
    assert folded().status(0).state == "unknown"
    assert folded().status(0).words == "not looked yet"


def test_no_data_alone_is_unknown() -> None:
    assert folded("no data").status(0).state == "unknown"


def test_ok() -> None:
    assert folded("failed", "ok").status(9).state == "ok"


def test_failing_says_for_how_long() -> None:
    status = folded("ok", "failed", "failed").status(131)
    assert (status.state, status.words) == ("failing", "failing for 2:10")


def test_a_clock_that_went_back_is_no_negative_time() -> None:
    assert folded("failed").status(-100).words == "failing for 0:00"


def test_two_without_data_change_nothing_and_the_third_everything() -> None:
    assert folded("failed", "no data", "no data").status(9).state == "failing"
    assert folded("ok", "no data").status(9).words == "ok, but no data now: why"
    blind = folded("failed", "failed", "no data", "no data", "no data")
    assert blind.status(9).words == "no data: why"
    assert blind.status(9).state == "unknown"
    assert blind.consecutive_failures == 0


def test_after_blindness_failures_count_anew() -> None:
    window = folded("failed", "failed", "no data", "no data", "no data", "failed")
    assert window.consecutive_failures == 1
    assert window.failing_since == 5.0


def test_the_chart_keeps_the_newest() -> None:
    window = folded(*STATES[:1] * (CHART_CHECKS + 5))
    assert len(window.points) == CHART_CHECKS
    assert window.points[-1].at == CHART_CHECKS + 4


def test_of_fewer_than_twenty_the_95th_is_the_longest() -> None:
    window = ProbeWindow()
    for ms in range(1, 20):
        window.apply(make(0.0, "ok", float(ms)))
    assert (window.percentile(50), window.percentile(95)) == (10.0, 19.0)


def test_health_keeps_probes_apart_and_the_last_sample() -> None:
    health = CurrentHealth()
    health.apply(make(1.0, "ok", probe="b"))
    health.apply(make(2.0, "failed", probe="a"))
    health.apply(MachineSample(at=3.0, mono=3.0, cpu=5.0))
    assert list(health.windows) == ["b", "a"]
    assert health.window("a").failed == 1
    assert health.window("never").last is None
    assert health.sample is not None
    assert health.last_at == 3.0
