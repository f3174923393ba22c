"""A picture of every dialog, at every size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mobius_tui.run.events import StepEnded, StepStarted
from mobius_tui.tui.screens.dialog import Dialog
from tests.pictures import assert_picture, svg_of
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, press, settled
from tests.tui.test_pictures_of_runs import SIZES, size_id


@dataclass(frozen=True, slots=True)
class Opening:
    """How a dialog is opened."""

    scene: Callable[[Path], MadeRun]
    keys: tuple[str, ...] = ()
    is_new: bool = True


def failed_check(tmp_path: Path) -> MadeRun:
    """A step that only reads has failed, and is no gate."""
    run = scenes.decided(tmp_path)
    run.write(StepStarted(step="system-status", attempt=1))
    reason = "exit 127: a program was not found"
    ended = StepEnded(
        step="system-status", attempt=1, result="failed", reason=reason, exit=127
    )
    run.write(ended, after=2)
    return run


DIALOGS = {
    "decide-several": Opening(scenes.fresh, ("enter",)),
    "decide-one": Opening(scenes.deciding, ("enter",)),
    "confirm-typed": Opening(scenes.assessed, ("enter",)),
    "answers": Opening(scenes.paging, ("space",)),
    "message": Opening(scenes.telling, ("enter",)),
    "failure": Opening(scenes.failed, ("enter",)),
    "failure-unknown": Opening(scenes.unknown, ("enter",)),
    "failure-of-a-look": Opening(failed_check, ("enter",)),
    "skip": Opening(scenes.decided, ("s",)),
    "override": Opening(scenes.decided, ("o",)),
    "note": Opening(scenes.decided, ("n",)),
    "end": Opening(scenes.decided, ("E",)),
    "phases": Opening(scenes.failed, ("f",)),
    "stop": Opening(scenes.running, ("x",)),
    "contacts": Opening(scenes.failed, ("at",)),
    "help": Opening(scenes.fresh, ("question_mark",)),
    "leave": Opening(scenes.running, ("q",)),
    "return": Opening(scenes.failed, is_new=False),
    "ended": Opening(scenes.ended),
}


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
        assert isinstance(pilot.app.screen, Dialog)
        assert_picture(svg_of(pilot.app), f"dialog-{name}-{size_id(size)}")
