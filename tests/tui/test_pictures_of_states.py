"""A picture of the run screen for every state of a step, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.steps import Status
from mobius_tui.tui.widgets.checklist import Checklist
from tests.pictures import assert_picture, svg_of
from tests.tui.runs import Time, hosted, opened, settled
from tests.tui.states import STATES
from tests.tui.test_pictures_of_runs import SIZES, size_id


def test_every_state_has_a_scene() -> None:
    assert set(STATES) == set(Status)


@pytest.mark.parametrize("size", SIZES, ids=size_id)
@pytest.mark.parametrize("status", Status, ids=lambda status: status.replace(" ", "-"))
async def test_a_picture_of_a_state(
    tmp_path: Path, status: Status, size: tuple[int, int]
) -> None:
    run, step = STATES[status](tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=size, time=time) as (screen, pilot):
        screen.query_one(Checklist).post_message(Checklist.Moved(step))
        await settled(pilot)
        assert screen.view is not None
        assert screen.view.standings[step].status is status
        name = status.replace(" ", "-")
        assert_picture(svg_of(pilot.app), f"state-{name}-{size_id(size)}")
