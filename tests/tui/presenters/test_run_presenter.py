"""What a look at a run finds."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from tests.tui import scenes
from tests.tui.runs import MadeRun


def seen(run: MadeRun) -> RunPresenter:
    sight = RunPresenter(Viewer(run.directory))
    sight.run(run.at, None)
    return sight


def test_only_the_attempt_that_runs_is_running(tmp_path: Path) -> None:
    sight = seen(scenes.failed(tmp_path / "failed"))
    assert sight.running() == ()
    assert not sight.is_running("execute", 1)
    sight = seen(scenes.retried(tmp_path / "retried"))
    assert sight.running() == (("execute", 2),)
    assert sight.is_running("execute", 2)
    assert not sight.is_running("execute", 1), "it ended before"
