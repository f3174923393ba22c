"""What is counted over the steps of a phase."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from tests.tui.runs import MadeRun

BOOK = """
format = 1
[runbook]
id = "live"
title = "Beside a log"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "log"
title = "The log"
run = 'tail -f log'
follow = true
[[phase.step]]
id = "work"
title = "The work"
run = 'true'
"""


def test_the_time_of_a_phase_counts_no_live_output_beside_its_steps(
    tmp_path: Path,
) -> None:
    path = tmp_path / "live.toml"
    path.write_text(BOOK)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    run.write(StepStarted(step="log", attempt=1, reads=()))
    run.write(StepStarted(step="work", attempt=1, reads=()))
    run.write(StepEnded(step="work", attempt=1, result=Status.PASSED, exit=0), after=2)
    view = RunPresenter(Viewer(run.directory)).run(run.at + 60, None)
    [phase] = view.runbook.phases
    assert view.runtime("log") == 62
    assert view.counts.phase(phase).runtime(view.now) == 2
