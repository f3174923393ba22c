"""A picture of the run screen for every state of a step, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import Checklist
from tests.tui.runs import AFRESH, SIZES, Time, hosted, opened, pictured, settled
from tests.tui.states import STATES


def test_every_state_has_a_scene() -> None:
    assert set(STATES) == set(Status)


@pytest.mark.parametrize(
    ("status", "sizes"),
    [
        *((each, SIZES) for each in Status if each is not Status.NOT_APPLICABLE),
        *((Status.NOT_APPLICABLE, each) for each in AFRESH),
    ],
)
async def test_pictures_of_a_state(
    tmp_path: Path, status: Status, sizes: tuple[tuple[int, int], ...]
) -> None:
    run, step = STATES[status](tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=sizes[0], time=time) as (screen, pilot):
        screen.query_one(Checklist).post_message(Checklist.Moved(StepRow(step)))
        await settled(pilot)
        assert screen.view is not None
        assert screen.view.statuses[step].status is status
        await pictured(pilot, f"state-{status.replace(' ', '-')}", sizes)
