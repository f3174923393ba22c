"""A picture of every dialog, at every size."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.screen import ModalScreen

from tests.tui.dialog_cases import DIALOGS
from tests.tui.runs import SIZES, Time, hosted, opened, pictured, press, settled


@pytest.mark.parametrize("name", DIALOGS)
async def test_pictures_of_a_dialog(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = DIALOGS[name]
    # A dialog may name the run's directory: relative, that is the same everywhere.
    monkeypatch.chdir(tmp_path)
    run = how.scene(Path())
    time = Time(run.at + 1)
    async with (
        hosted(run),
        opened(run, size=SIZES[0], time=time, is_new=how.is_new) as (_, pilot),
    ):
        await press(pilot, time, *how.keys)
        await settled(pilot)
        assert isinstance(pilot.app.screen, ModalScreen)
        await pictured(pilot, f"dialog-{name}")
