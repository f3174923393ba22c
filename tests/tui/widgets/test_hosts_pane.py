"""The list of a step's hosts where none is listed."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.tui.commands import registry
from tests.tui import fleets
from tests.tui.runs import Time, hosted, opened, press, words


async def test_an_empty_list_names_the_key_that_finds(
    tmp_path: Path, ours: None
) -> None:
    assert ours is None
    registry.set_keys({"hosts.find": ("f9",)})
    made = fleets.fleet(tmp_path, 500)
    made.begin()
    made.batch(1)
    made.end("web-001")
    made.over(1)
    time = Time(made.run.at)
    async with hosted(made.run), opened(made.run, time=time) as (screen, pilot):
        await press(pilot, time, "2")
        assert "none wants anybody, and none runs; F9 finds any of them" in words(pilot)
        await press(pilot, time, "f9", *"web-136", "enter")
        assert screen.outputs.hosts.pane.in_sight == ("web-136",)
