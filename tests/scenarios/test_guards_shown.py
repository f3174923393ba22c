"""What a guard passed over, and what it cannot decide, as every reader has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_timeline import run_timeline
from mobius_tui.review.run_walk import RunWalker
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded, VariableSet
from mobius_tui.run.events.step_events import StepEnded, StepPassedOver, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.presenters.timeline_rows import TimeWindow, lane_cells
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import ChecklistRow, step_row
from tests.paths import CASES
from tests.review.forms import FORMS
from tests.tui.runs import MadeRun, hosted

CASE = CASES / "authoring" / "when.toml"
WHY = "lag is 70, and the step wants lag > 1000"


def measured(tmp_path: Path, lag: str) -> MadeRun:
    run = MadeRun(tmp_path / "runs", load(CASE), values={})
    run.write(StepStarted(step="a", attempt=1))
    run.write(VariableSet(name="lag", value=lag, source="output", step="a"))
    run.write(StepEnded(step="a", attempt=1, result=Status.PASSED, exit=0), after=2)
    return run


def passed_over(tmp_path: Path) -> MadeRun:
    run = measured(tmp_path, "70")
    run.write(StepPassedOver(step="b", reason=WHY), after=1, by="host")
    run.write(StepStarted(step="c", attempt=1), after=1)
    run.write(StepEnded(step="c", attempt=1, result=Status.PASSED, exit=0), after=5)
    return run


def seen(run: MadeRun) -> tuple[ChecklistRow, dict[str, str]]:
    """The row of the guarded step, and its fields."""
    view: RunView = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    fields = detail_fields(view, StepRow("b"), compact=False)
    row = step_row(view, view.plan.steps["b"], phase_wait="")
    return row, {field.label: field.content.plain for field in fields}


async def test_on_the_screen(tmp_path: Path) -> None:
    run = passed_over(tmp_path)
    async with hosted(run):
        row, fields = seen(run)
    assert (row.mark.glyph, row.right, row.is_dim) == ("┄", "not for lag=70", True)
    assert fields["now"] == f"┄ n/a  {WHY}"
    assert fields["when"] == "lag > 1000"


async def test_the_next_step_says_what_was_passed_over_before_it(
    tmp_path: Path,
) -> None:
    run = measured(tmp_path, "70")
    async with hosted(run):
        view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
        fields = {
            f.label: f.content.plain
            for f in detail_fields(view, StepRow("c"), compact=True)
        }
        assert fields["past"] == f"┄ 1.2 Stop when the lag is too big  {WHY}"
        run.write(StepStarted(step="c", attempt=1), after=1)
        view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
        assert "past" not in {
            f.label for f in detail_fields(view, StepRow("c"), compact=True)
        }


async def test_what_cannot_be_decided_names_the_ways_on(tmp_path: Path) -> None:
    run = measured(tmp_path, "unknown\x1b[31m")
    async with hosted(run):
        row, fields = seen(run)
    assert row.right == "undecided"
    assert fields["waits"].startswith("cannot be decided: lag is 'unknown")
    assert "\x1b" not in fields["waits"]
    assert "and > 1000 wants a number" in fields["waits"]
    until = "lag can be compared, which 1.1 gives; or s skips it, o overrides it"
    assert fields["until"] == until


def test_on_the_timeline(tmp_path: Path) -> None:
    run = passed_over(tmp_path)
    follower = Viewer(run.directory).follower
    walk = RunWalker(follower.plan)
    for entry in follower.initial_entries:
        walk.apply(entry)
    moments = moments_of(follower.plan, follower.initial_entries, walk.timeline, ())
    (moment,) = (each for each in moments if each.event is StepPassedOver)
    assert moment.text == f"passed over: 1.2 Stop when the lag is too big: {WHY}"
    assert (moment.kind, moment.step, moment.tone) == ("steps", "b", "plain")
    whole = run_timeline(follower.plan, follower.state, moments, {}, until=run.at)
    (lane,) = (each for each in whole.lanes if each.step == "b")
    window = TimeWindow(began=whole.began, until=whole.until, width=9)
    assert "┄" in {cell for cell, _ in lane_cells(lane, window, whole.until)}


@pytest.mark.parametrize("name", FORMS)
def test_in_every_report(name: str, tmp_path: Path) -> None:
    run = passed_over(tmp_path)
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="all is done"), by="auto")
    said = FORMS[name](build_report(run.directory))
    said = said.replace("&gt;", ">").replace("\\", "")
    assert WHY in said
    assert "not applicable" in said.lower()
    if name != "report.xml":  # it has no timeline
        assert f"passed over: 1.2 Stop when the lag is too big: {WHY}" in said
