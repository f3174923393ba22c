"""What the commands of a run ask: a note, and what it wants."""

from __future__ import annotations

from pathlib import Path

from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, words


async def test_a_note_wants_a_text_and_no_reason(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "n", "enter")
        assert "A note wants a text." in words(pilot)
        assert "reason" not in words(pilot)
        assert host.intents == []
