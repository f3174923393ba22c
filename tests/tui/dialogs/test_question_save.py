"""Saving an output in a file of the person's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.dialogs.question import SaveDialog
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.screen_state import DraftKey, Purpose
from tests.tui import scenes
from tests.tui.runs import Time, opened, press, until


async def test_an_output_can_be_saved_where_the_current_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, home = tmp_path / "gone", tmp_path / "home"
    gone.mkdir()
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(gone)
    gone.rmdir()
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with opened(run, time=time) as (screen, pilot):
        pane = screen.query_one(OutputPane)
        await until(pilot, lambda: pane.viewport is not None)
        pane.action_open("save")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveDialog))
        assert isinstance(pilot.app.screen, SaveDialog)
        assert pane.tab == AttemptId("execute", 1)
        assert pilot.app.screen.draft_key == DraftKey(
            purpose=Purpose.SAVE_OUTPUT, step="execute", attempt=1
        ), "a name for one output is not offered for another"
        line = pilot.app.screen.query_one(Input)
        assert Path(line.value) == home / "execute.1.txt"
        line.value = "kept.txt"
        await press(pilot, time, "enter")
        await until(pilot, (home / "kept.txt").exists)
