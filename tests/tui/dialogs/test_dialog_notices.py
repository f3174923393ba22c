"""Notices: a dialog makes room for them, so that they lie over nothing in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widgets import Button, Input, TextArea

from tests.textual_private import Toast
from tests.tui.dialog_cases import DIALOGS
from tests.tui.looks import every_third
from tests.tui.runs import Time, hosted, opened, press, settled

WORDS = "No host answered: " + "the run's socket refused the connection; " * 4


SMALL = [(name, (80, 24)) for name in DIALOGS if name != "palette"]
SMALLER = [(name, (60, 15)) for name in ("answers", "confirm-typed", "message")]


@pytest.mark.parametrize("case", [*every_third(SMALL), *SMALLER], ids=str)
async def test_a_notice_lies_over_nothing_of_a_dialog(
    tmp_path: Path, case: tuple[str, tuple[int, int]]
) -> None:
    name, size = case
    opening = DIALOGS[name]
    run = opening.scene(tmp_path)
    time = Time(run.at)
    async with (
        hosted(run),
        opened(run, size=size, time=time, is_new=opening.is_new) as (page, pilot),
    ):
        await press(pilot, time, *opening.keys)
        page.show_notice("one before", is_problem=True)
        page.show_notice(WORDS, is_problem=True)
        await settled(pilot)
        dialog = pilot.app.screen
        (notice,) = (each for each in dialog.query(Toast) if each.region)
        box = dialog.query_one(".box")
        assert notice.region.width >= 40
        assert not notice.region.overlaps(box.region)
        screen = Region(0, 0, *size)
        assert screen.contains_region(notice.region)
        assert screen.contains_region(box.region)
        for each in dialog.query(".buttons Button").results(Button):
            assert screen.contains_region(each.region)
        focused = dialog.focused
        if isinstance(focused, Input | TextArea):
            seen = dialog.find_widget(focused).visible_region
            assert seen.height, "it is scrolled out of sight"
