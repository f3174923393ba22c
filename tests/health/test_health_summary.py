"""What all the checks of a watch amount to."""

from __future__ import annotations

import math
import statistics
from random import Random

from mobius_tui.health.health_record import CheckState, ProbeResult
from mobius_tui.health.health_summary import HealthSummaries, HealthSummary
from mobius_tui.structs import replace


def check(
    at: float, state: CheckState = "ok", ms: float | None = 10.0, probe: str = "api"
) -> ProbeResult:
    return ProbeResult(at=at, mono=at, probe=probe, state=state, ms=ms)


def test_nothing_yet() -> None:
    assert HealthSummary().figures() == {
        "checks": 0,
        "ok": 0,
        "failed": 0,
        "no_data": 0,
        "success_rate": None,
        "p50_ms": None,
        "p95_ms": None,
        "p99_ms": None,
        "reported_p95_ms": None,
        "reported_error_rate": None,
    }
    assert HealthSummary().longest is None


def test_no_data_counts_toward_no_rate() -> None:
    tally = HealthSummary()
    for at, state in enumerate(("ok", "no data", "failed", "ok", "ok")):
        tally.apply(check(at, state))  # type: ignore[arg-type]
    assert (tally.checks, tally.ok, tally.failed, tally.no_data) == (5, 3, 1, 1)
    assert tally.success_rate == 0.75


def test_percentiles_are_of_all_answers_by_rank() -> None:
    tally = HealthSummary()
    figures = [float(ms) for ms in range(1, 201)]
    Random(4).shuffle(figures)
    for at, ms in enumerate(figures):
        tally.apply(check(at, ms=ms))
    assert [tally.percentile(p) for p in (50, 95, 99)] == [100.0, 190.0, 198.0]
    assert math.isclose(statistics.median(figures), 100.5)
    tally.apply(check(999, "failed", ms=None))
    assert tally.percentile(99) == 198.0


def test_what_a_service_reports_is_kept_beside_what_we_measure() -> None:
    tally = HealthSummary()
    for p95, errors in ((80.0, 0.0), (None, 0.12), (90.0, None), (20.0, 0.1)):
        found = replace(check(1.0, ms=7.0), p95_ms=p95, error_rate=errors)
        tally.apply(found)
    figures = tally.figures()
    assert (figures["p95_ms"], figures["reported_p95_ms"]) == (7.0, 90.0)
    assert figures["reported_error_rate"] == 0.12


def test_the_longest_outage_is_from_the_first_failure_to_the_next_ok() -> None:
    tally = HealthSummary()
    for at, state in (
        *((0.0, "ok"), (1.0, "failed"), (2.0, "ok")),
        *((3.0, "failed"), (4.0, "no data"), (5.0, "failed"), (9.0, "ok")),
        *((10.0, "failed"), (12.0, "ok")),
    ):
        tally.apply(check(at, state))  # type: ignore[arg-type]
    assert tally.longest is not None
    assert (tally.longest.began, tally.longest.seconds) == (3.0, 6.0)


def test_an_outage_that_goes_on_is_as_long_as_was_seen() -> None:
    tally = HealthSummary()
    for at in (1.0, 4.0):
        tally.apply(check(at, "failed"))
    assert tally.longest is not None
    assert tally.longest.seconds == 3.0


def test_each_probe_has_its_own_outages() -> None:
    tallies = HealthSummaries()
    for at, state, probe in (
        (1.0, "failed", "api"),
        (2.0, "ok", "web"),
        (5.0, "ok", "api"),
        (6.0, "failed", "web"),
        (7.0, "ok", "web"),
    ):
        tallies.apply(check(at, state, probe=probe))  # type: ignore[arg-type]
    longest = tallies.all.longest
    assert longest is not None
    assert (longest.probe, longest.seconds) == ("api", 4.0)
    assert list(tallies.probes) == ["api", "web"]
    web = tallies.probes["web"].longest
    assert web is not None
    assert web.seconds == 1.0
