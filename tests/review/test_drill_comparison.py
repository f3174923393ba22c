"""A run beside the last drill of its runbook."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.review.drill_comparison import compare_with_drill, last_drill_before
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_timeline import RunTimeline, run_timeline
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.state.step_state import Status
from tests.review.story import begun, story
from tests.tui.runs import BEGAN, MadeRun


def drilled(root: Path, *, fires: bool = True) -> MadeRun:
    """A drill of a day before: its trigger after 10 s, 40 s of restoring."""
    run = begun(root, mode="drill", at=BEGAN - 86_400)
    if fires:
        fired = TriggerFired(
            probe="api", rule="consecutive_failures", reason="3", seen=run.at + 9
        )
        run.write(fired, after=10, by="trigger")
    run.write(StepStarted(step="roll", attempt=1), after=20)
    run.write(StepEnded(step="roll", attempt=1, result=Status.PASSED, exit=0), after=10)
    run.write(RunEnded(outcome="completed", reason="so"), after=5)
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    return run


def shown(rewound: ReviewedRun) -> RunTimeline | None:
    drill = last_drill_before(rewound.directory, rewound.began, rewound.newest.began_at)
    if drill is None:
        return None
    rewind = rewound.rewind
    moments = moments_of(rewound.plan, rewind.entries, rewind.walker.timeline, ())
    whole = run_timeline(rewound.plan, rewound.newest, moments, {}, until=rewind.until)
    return compare_with_drill(whole, rewound.newest, rewound.times(), drill)


def test_each_step_has_the_same_one_of_the_drill_under_it(tmp_path: Path) -> None:
    drill = drilled(tmp_path / "runs")
    run = story(tmp_path / "runs")
    found = shown(ReviewedRun(run.directory))
    assert found is not None
    place = next(n for n, lane in enumerate(found.lanes) if lane.kind == "drill")
    own, theirs = found.lanes[place - 1 : place + 1]
    assert (own.step, theirs.step) == ("roll", "roll")
    assert own.note == "+0:10"
    fired = BEGAN + 31
    assert [bar.began for bar in theirs.bars] == [fired + 20]
    assert f"beside drill {drill.directory.id}" in found.note
    assert "rollback begun" in found.note
    assert "later" in found.note
    assert found.note.endswith("aligned at the trigger")


def test_a_drill_without_a_trigger_is_aligned_at_the_beginning(tmp_path: Path) -> None:
    drilled(tmp_path / "runs", fires=False)
    run = story(tmp_path / "runs")
    found = shown(ReviewedRun(run.directory))
    assert found is not None
    [theirs] = [lane for lane in found.lanes if lane.kind == "drill"]
    assert [bar.began for bar in theirs.bars] == [BEGAN + 20]
    assert found.note.endswith("aligned at the beginning")
    assert "later" not in found.note


def test_a_run_without_a_drill_before_it_stands_alone(tmp_path: Path) -> None:
    run = story(tmp_path / "runs")
    assert shown(ReviewedRun(run.directory)) is None
