"""The checklist's rows by their keys, where a phase is called as its step is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import RowsAdded, StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import why_unavailable
from mobius_tui.tui.presenters.next_action import StartFlow, next_action
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.step_details import standing_fields
from mobius_tui.tui.screen_state import PhaseRow, StepRow
from mobius_tui.tui.widgets.checklist import ChecklistOutline
from tests.tui.runs import MadeRun, hosted

BOOK = """
format = 1
[runbook]
id = "named-alike"
title = "Named alike"
[[phase]]
id = "one"
title = "The phase"
[[phase.step]]
id = "one"
title = "The step"
run = 'true'
[[phase]]
id = "two"
title = "The aside"
aside = true
[[phase.step]]
id = "two"
title = "Its step"
run = 'true'
"""


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    path = tmp_path / "named-alike.toml"
    path.write_text(BOOK)
    return MadeRun(tmp_path / "runs", load(path), values={})


def view_of(run: MadeRun) -> RunView:
    return RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)


def test_a_phase_and_its_step_have_a_row_each(run: MadeRun) -> None:
    outline, view = ChecklistOutline(), view_of(run)
    assert outline.update(view)
    assert list(outline.keys) == [PhaseRow("one"), StepRow("one"), PhaseRow("two")]
    assert [outline.row_index(key) for key in outline.keys] == [0, 1, 2]
    assert [outline.row(key).is_phase for key in outline.keys] == [True, False, True]
    assert outline.row_index(StepRow("two")) == 2, "its phase is folded"
    assert view.step(PhaseRow("one")) is None
    assert view.phase(StepRow("one")) is None
    assert [outline.phase_near(1, count) for count in (-1, 1)] == [0, 2]
    outline.fold(StepRow("one"))
    outline.update(view)
    assert list(outline.keys) == [PhaseRow("one"), PhaseRow("two")]
    assert outline.visible_row(StepRow("one")) == PhaseRow("one")


async def test_the_cursor_on_the_phase_is_not_on_the_step(run: MadeRun) -> None:
    async with hosted(run):
        view = view_of(run)
        assert view.proposed_row == view.latest_row == StepRow("one")
        assert "the cursor is on a phase" in why_unavailable(
            view, PhaseRow("one"), RunCommand.RETRY
        )
        for key in (PhaseRow("two"), StepRow("two")):
            offer = next_action(view, key, moved=True)
            assert isinstance(offer, StartFlow)
            found = (offer.flow, offer.key)
            assert found == (FlowId.ENTER_THIS_PHASE, PhaseRow("two"))


def test_what_does_not_apply_says_so_beside_steps_that_all_wait_for_one_gate(
    tmp_path: Path,
) -> None:
    path = tmp_path / "gated.toml"
    path.write_text("""format = 2
[runbook]
title = "Gated"
[var.env]
default = "prod"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "gate"
gate = true
manual = "Look."
[[phase]]
id = "two"
title = "Two"
[[phase.step]]
id = "waits"
run = "ls"
[[phase.step]]
id = "other"
when = { env = "test" }
run = "ls"
""")
    run = MadeRun(tmp_path / "runs", load(path), values={"env": "prod"})
    outline = ChecklistOutline()
    outline.update(view_of(run))
    phase = outline.row(PhaseRow("two"))
    steps = [outline.row(StepRow(step)) for step in ("waits", "other")]
    assert phase.right == "gate 1.1"
    assert [row.right for row in steps] == ["gate 1.1", "not for env=prod"]
    assert [row.repeats_phase for row in steps] == [True, False]


async def test_a_step_that_failed_with_its_rows_is_decided_on_by_a_row(
    tmp_path: Path,
) -> None:
    path = tmp_path / "rows.toml"
    path.write_text("""format = 2
[runbook]
title = "Rows"
[[step]]
id = "go"
for_each = ["a", "b"]
run = "ls $item"
""")
    run = MadeRun(tmp_path / "runs", load(path), values={})
    run.write(StepStarted(step="go", attempt=1))
    run.write(RowsAdded(step="go", rows=("go--1", "go--2"), items=("a", "b")))
    run.write(StepEnded(step="go", attempt=1, result=Status.PASSED))
    run.write(StepStarted(step="go--1", attempt=1))
    run.write(StepEnded(step="go--1", attempt=1, result=Status.FAILED, reason="no"))
    async with hosted(run):
        view = view_of(run)
        assert "✖ failed  1 of 2 rows failed: a: no" in "".join(
            field.content.plain
            for field in standing_fields(view, view.plan.steps["go"])
            if field.label == "now"
        )
        for key in (StepRow("go"), StepRow("go--1")):
            offer = next_action(view, key, moved=True)
            assert isinstance(offer, StartFlow)
            assert offer.text.startswith("Decide on 1.1.1 ")
