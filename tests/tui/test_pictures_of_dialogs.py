"""A picture of every dialog, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.screen import ModalScreen

from tests.pictures import assert_picture, svg_of
from tests.tui.dialogs import DIALOGS
from tests.tui.runs import Time, hosted, opened, press, settled
from tests.tui.test_pictures_of_runs import SIZES, size_id


@pytest.mark.parametrize("size", SIZES, ids=size_id)
@pytest.mark.parametrize("name", DIALOGS)
async def test_a_picture_of_a_dialog(
    tmp_path: Path,
    name: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    how = DIALOGS[name]
    # A dialog may name the run's directory: relative, that is the same everywhere.
    monkeypatch.chdir(tmp_path)
    run = how.scene(Path())
    time = Time(run.at + 1)
    async with (
        hosted(run),
        opened(run, size=size, time=time, is_new=how.is_new) as (_, pilot),
    ):
        await press(pilot, time, *how.keys)
        await settled(pilot)
        assert isinstance(pilot.app.screen, ModalScreen)
        assert_picture(svg_of(pilot.app), f"dialog-{name}-{size_id(size)}")
