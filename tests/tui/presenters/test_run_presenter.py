"""What a look at a run finds."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from tests.tui import scenes
from tests.tui.runs import MadeRun


def seen(run: MadeRun) -> RunPresenter:
    sight = RunPresenter(Viewer(run.directory))
    sight.run_view_at(run.at, None)
    return sight


def test_only_the_attempt_that_runs_is_running(tmp_path: Path) -> None:
    sight = seen(scenes.failed(tmp_path / "failed"))
    assert sight.running_attempts() == ()
    assert not sight.is_running(AttemptId("execute", 1))
    sight = seen(scenes.retried(tmp_path / "retried"))
    assert sight.running_attempts() == (AttemptId("execute", 2),)
    assert sight.is_running(AttemptId("execute", 2))
    assert not sight.is_running(AttemptId("execute", 1)), "it ended before"


def test_the_last_words_are_those_of_the_last_attempt_alone(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    viewer = Viewer(run.directory)
    sight = RunPresenter(viewer)
    first = AttemptId("execute", 1)
    assert set(sight.run_view_at(run.at, None).last_outputs) == {first}
    run.write(StepStarted(step="execute", attempt=2))
    run.output("execute", 2, "gone wrong\n")
    ended = StepEnded(step="execute", attempt=2, result=Status.FAILED, exit=1)
    run.write(ended, after=1)
    viewer.follower.poll()
    said = sight.run_view_at(run.at, None).last_outputs
    assert {attempt: each.last for attempt, each in said.items()} == {
        AttemptId("execute", 2): "gone wrong"
    }
