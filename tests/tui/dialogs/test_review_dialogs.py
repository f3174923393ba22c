"""An action item as a person fills it in: what is no day, and is said so."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from mobius_tui.review.run_report import ActionItem, StepItemId
from mobius_tui.tui.dialogs.review_dialogs import ActionItemDialog
from tests.tui import scenes
from tests.tui.runs import Time, opened, press, words

ITEM = ActionItem(id=StepItemId("disk"), title="A larger disk")


@pytest.mark.parametrize("due", ["soon", "20261130", "2026-W48-1", "2026-02-30"])
async def test_a_day_in_another_form_is_refused(tmp_path: Path, due: str) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with opened(run, time=time) as (_, pilot):
        dialog = ActionItemDialog(ITEM)
        dialog.mono = time.mono
        await pilot.app.push_screen(dialog)
        dialog.query_one("#due", Input).value = due
        await press(pilot, time, "enter")
        assert pilot.app.screen is dialog
        assert f"“{due}” is no day; write it as 2026-11-30." in words(pilot)
