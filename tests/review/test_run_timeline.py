"""What the lanes of a timeline show."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.health.health_record import Rule
from mobius_tui.review.run_timeline import run_timeline
from mobius_tui.review.run_walk import RunWalker
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.events.watch_events import TriggerCleared, TriggerFired
from mobius_tui.run.journal.follower import Follower
from tests.review.story import begun


def test_a_rule_that_clears_ends_its_own_bar_and_no_other(tmp_path: Path) -> None:
    run = begun(tmp_path)
    rules: tuple[Rule, ...] = ("consecutive_failures", "p95_latency")
    for rule in rules:
        run.write(TriggerFired(probe="api", rule=rule, reason="so", seen=run.at))
    run.write(TriggerCleared(probe="api", rule="p95_latency"), after=7)
    follower = Follower(run.directory)
    walker = RunWalker(follower.plan)
    for entry in follower.initial_entries:
        walker.apply(entry)
    moments = moments_of(follower.plan, follower.initial_entries, walker.timeline, ())
    whole = run_timeline(follower.plan, walker.state, moments, {}, until=run.at)
    (lane,) = (each for each in whole.lanes if each.kind == "trigger")
    fired, latency, cleared = (each.at for each in lane.moments)
    bars = {(bar.began, bar.ended) for bar in lane.bars}
    assert bars == {(fired, None), (latency, cleared)}
