"""Since when health is well: of all that count, without a break, and with data."""

from __future__ import annotations

import math

import pytest

from mobius_tui.health.health_record import CheckState, ProbeResult
from mobius_tui.run.rollout.rollout import HealthySinceTracker, RolloutHealth
from mobius_tui.run.state.watch_state import Alarm
from mobius_tui.runbook.model.probes import Probe
from mobius_tui.structs import replace

PROBES = (
    Probe(id="api", url="http://x"),
    Probe(id="shop", url="http://x"),
    Probe(id="blog", url="http://x", trigger=False),
)
UNWELL, NO_DATA = RolloutHealth(), RolloutHealth(has_data=False)
STATES: dict[str, CheckState] = {
    "+": "ok",
    "-": "failed",
    "?": "no data",
    " ": "no data",
}


def health(api: str, shop: str, *, now: float | None = None) -> RolloutHealth:
    """Health after checks each second: `+` ok, `-` failed, `?` no data, blank: none."""
    since = HealthySinceTracker(PROBES, max_age_of=lambda _: 3.0)
    for second, states in enumerate(zip(api, shop, strict=True)):
        for probe, state in zip(("api", "shop"), states, strict=True):
            if state != " ":
                since.apply(
                    ProbeResult(
                        at=float(second), mono=0.0, probe=probe, state=STATES[state]
                    )
                )
        since.apply(
            ProbeResult(at=float(second), mono=0.0, probe="blog", state="failed")
        )
    found = since.at(float(len(api)) if now is None else now)
    return replace(found, looked_at=math.inf)


def test_it_tells_when_the_probe_that_looked_longest_ago_did() -> None:
    since = HealthySinceTracker(PROBES, max_age_of=lambda _: 60.0)
    for at, probe in ((1.0, "api"), (2.0, "shop"), (8.0, "api"), (9.0, "blog")):
        since.apply(ProbeResult(at=at, mono=0.0, probe=probe, state="ok"))
    assert since.at(9.0) == RolloutHealth(well_since=2.0, looked_at=2.0)


@pytest.mark.parametrize(
    ("api", "shop", "found"),
    [
        ("++++", "++++", RolloutHealth(well_since=0.0)),
        ("++++", "-+++", RolloutHealth(well_since=1.0)),
        ("+-++", "++++", RolloutHealth(well_since=2.0)),
        ("+?++", "++++", RolloutHealth(well_since=2.0)),
        ("++++", "+++-", UNWELL),
        ("++++", "+++?", NO_DATA),
        ("++++", "    ", NO_DATA),
        ("+     +", "+++++++", RolloutHealth(well_since=6.0)),
        ("+  +  +", "+++++++", RolloutHealth(well_since=0.0)),
        ("+++++++", "++     ", NO_DATA),
    ],
)
def test_all_that_count_are_well_since_the_last_of_them_is(
    api: str, shop: str, found: RolloutHealth
) -> None:
    assert health(api, shop) == found


def test_what_is_old_tells_nothing_of_now() -> None:
    assert health("++", "++", now=4.0) == RolloutHealth(well_since=0.0)
    assert health("++", "++", now=4.1) == NO_DATA


def test_what_is_old_differs_from_probe_to_probe() -> None:
    since = HealthySinceTracker(
        PROBES, max_age_of={"api": 1.0, "shop": 60.0}.__getitem__
    )
    for probe in ("api", "shop"):
        since.apply(ProbeResult(at=0.0, mono=0.0, probe=probe, state="ok"))
    since.apply(ProbeResult(at=50.0, mono=50.0, probe="api", state="ok"))
    assert since.at(50.5) == RolloutHealth(well_since=50.0, looked_at=0.0)
    since.apply(ProbeResult(at=51.0, mono=51.0, probe="shop", state="ok"))
    assert since.at(51.0).well_since == 50.0, "shop was well all the while"


def test_without_a_probe_nothing_is_known() -> None:
    found = HealthySinceTracker((), max_age_of=lambda _: 3.0).at(0.0)
    assert (found.has_data, found.well_since) == (False, None)


def test_where_none_counts_for_triggers_all_count() -> None:
    since = HealthySinceTracker(PROBES[2:], max_age_of=lambda _: 3.0)
    assert not since.at(0.0).has_data
    since.apply(ProbeResult(at=0.0, mono=0.0, probe="blog", state="failed"))
    assert since.at(0.0) == replace(UNWELL, looked_at=0.0)


def test_the_trigger_that_fired_last_is_told() -> None:
    alarm = Alarm(probe="api", rule="error_rate", reason="too many", at=5.0)
    found = HealthySinceTracker(PROBES, max_age_of=lambda _: 3.0).at(6.0, alarm)
    assert (found.fired_at, found.fired) == (5.0, "too many")
