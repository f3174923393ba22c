"""A run beside the last drill of its runbook."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.review.drill_comparison import compare_with_drill, last_drill_before
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_timeline import RunTimeline, run_timeline
from mobius_tui.review.timeline_moments import moments_of
from tests.review.story import drilled, story
from tests.tui.runs import BEGAN


def shown(rewound: ReviewedRun) -> RunTimeline | None:
    drill = last_drill_before(
        rewound.directory, rewound.began, rewound.newest_state.began_at
    )
    if drill is None:
        return None
    rewind = rewound.run_history
    moments = moments_of(rewound.plan, rewind.entries, rewind.walker.timeline, ())
    whole = run_timeline(
        rewound.plan, rewound.newest_state, moments, {}, until=rewind.until
    )
    return compare_with_drill(whole, rewound.newest_state, rewound.milestones(), drill)


def test_each_step_has_the_same_one_of_the_drill_under_it(tmp_path: Path) -> None:
    drill = drilled(tmp_path / "runs")
    run = story(tmp_path / "runs")
    found = shown(ReviewedRun(run.directory))
    assert found is not None
    place = next(n for n, lane in enumerate(found.lanes) if lane.kind == "drill")
    own, theirs = found.lanes[place - 1 : place + 1]
    assert (own.step, theirs.step) == ("roll", "roll")
    assert own.drill_difference == 10.0
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
