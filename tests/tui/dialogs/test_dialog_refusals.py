"""What a dialog refused is no word about the answer that stands there now."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.dialogs.dialog import Dialog
from tests.tui.dialog_cases import DIALOGS
from tests.tui.runs import Time, hosted, opened, press, settled, words

CHANGES = {
    "decide-several": "space",
    "decide-one": "down",
    "decide-listed": "down",
    "confirm-typed": "x",
    "answers": "x",
    "skip": "x",
    "override": "x",
    "note": "x",
    "settle-host": "x",
    "improvise": "x",
    "roll-back": "x",
    "arm": "x",
}
"""The key that changes what is answered, by the name of a dialog."""
REFUSED = "No such thing can be taken."


def dialog_of(pilot: Pilot[AppResult]) -> Dialog[object]:
    screen = pilot.app.screen
    assert isinstance(screen, Dialog)
    return screen


@pytest.mark.parametrize("name", CHANGES)
async def test_another_answer_takes_the_refusal_away(tmp_path: Path, name: str) -> None:
    how = DIALOGS[name]
    run = how.scene(tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, time=time, is_new=how.is_new) as (_, pilot):
        await press(pilot, time, *how.keys)
        dialog_of(pilot).refuse(REFUSED)
        await press(pilot, time, "right")
        assert REFUSED in words(pilot), "another place is no other answer"
        await press(pilot, time, CHANGES[name])
        await settled(pilot)
        assert REFUSED not in words(pilot)


async def test_a_word_that_no_key_has_is_said_as_long_as_it_stands_there(
    tmp_path: Path,
) -> None:
    how = DIALOGS["help"]
    run = how.scene(tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, *how.keys, *"zzz")
        await settled(pilot)
        assert "No key has that word" in words(pilot)
        await press(pilot, time, "ctrl+u")
        await settled(pilot)
        assert "No key has that word" not in words(pilot)
