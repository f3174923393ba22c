"""A run of another account's: whose it is, and as whom its commands run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from tests.tui.runs import Time, hosted, opened, press, settled, until, words
from tests.tui.scenes import assessed

NOBODY = 65534


@pytest.mark.machine
@pytest.mark.parametrize("is_others", [True, False])
async def test_it_is_said_of_anothers_run_alone(
    tmp_path: Path, *, is_others: bool
) -> None:
    """It wants to be root, to give a run away."""
    run = assessed(tmp_path)
    if is_others:
        os.chown(run.directory.path, NOBODY, -1)
    time = Time(run.at)
    async with hosted(run), opened(run, size=(120, 36), time=time) as (_, pilot):
        await settled(pilot)
        assert ("maria's run" in words(pilot)) is is_others
        await press(pilot, time, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        said = "maria, whose run this is, not you"
        assert (said in words(pilot)) is is_others
