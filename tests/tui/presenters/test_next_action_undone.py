"""After an undo Enter proposes the end, and never what was just taken back."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.presenters.next_action import StartFlow, next_action
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import step_counts_text
from tests.tui import states
from tests.tui.runs import hosted


async def test_the_end_is_proposed_and_the_step_is_there_for_who_goes_to_it(
    tmp_path: Path,
) -> None:
    run, step = states.STATES[Status.UNDONE](tmp_path)
    async with hosted(run):
        view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    offered = next_action(view, None, moved=False)
    assert isinstance(offered, StartFlow)
    assert offered.flow is FlowId.END_RUN
    assert offered.text == "End the run: 1.4 Drain the old pool was undone"
    assert not view.goes_on_through_reads
    again = next_action(view, StepRow(step), moved=True)
    assert isinstance(again, StartFlow)
    assert again.text == "Run 1.4 Drain the old pool"
    assert again.note == "changes in production · was undone"
    assert step_counts_text(view) == "3 of 4 done · 1 undone"
