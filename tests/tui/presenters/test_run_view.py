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
    view = RunPresenter(Viewer(run.directory)).run_view_at(run.at + 60, None)
    [phase] = view.runbook.phases
    assert view.runtime("log") == 62
    assert view.counts.phase(phase).runtime(view.now) == 2


BESIDE = """format = 2
[runbook]
title = "Beside"
[[phase]]
title = "All at once"
parallel = true
[[phase.step]]
title = "a"
run = "ls"
[[phase.step]]
title = "b"
run = "ls"
[[phase.step]]
title = "c"
run = "ls"
"""


def test_the_time_of_steps_side_by_side_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "beside.toml"
    path.write_text(BESIDE)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    for step in ("a", "b", "c"):
        run.write(StepStarted(step=step, attempt=1), after=1)

    def took(later: float) -> float:
        view = RunPresenter(Viewer(run.directory)).run_view_at(run.at + later, None)
        return view.counts.phase(view.runbook.phases[0]).runtime(view.now)

    assert took(10) == 12  # since a began
    run.write(StepEnded(step="a", attempt=1, result=Status.PASSED), after=3)
    assert took(10) == 15
    for step in ("b", "c"):
        run.write(StepEnded(step=step, attempt=1, result=Status.PASSED), after=1)
    assert took(10) == 7
    run.write(StepStarted(step="a", attempt=2), after=20)  # made again, later
    assert took(10) == 6 + 10
