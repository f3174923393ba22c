"""The help: every key that works here, found by a word."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.tui.commands.registry import commands_of_places
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.tui import scenes
from tests.tui.briefings import untouched
from tests.tui.runs import Time, hosted, opened, press, running, words

TALL = (120, 200)


async def test_every_command_of_the_screen_stands_in_the_help(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, size=TALL, time=time) as (_, pilot):
        await press(pilot, time, "question_mark")
        shown = words(pilot)
        for command in commands_of_places(*RunScreen.PLACES):
            assert command.title in shown
        assert "timed out" in shown


async def test_the_help_speaks_of_what_its_own_screen_has(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "question_mark")
        assert "the line above the keys says what" in words(pilot)
    for page, first in (
        (Navigator(repaints=100).library(), "Enter opens what the cursor is on"),
        (untouched(), "Before that nothing is executed"),
    ):
        page.mono = time.mono
        async with running(page, size=(120, 36)) as pilot:
            await press(pilot, time, "f1")
            shown = words(pilot)
            assert first in shown
            assert "above the" not in shown, "it has no such line"


async def test_a_word_finds_its_keys_and_no_others(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "question_mark", *"skip")
        shown = words(pilot)
        assert "Skip the step" in shown
        assert "Undo the skip" in shown
        assert "Override the step" not in shown
        await press(pilot, time, *"zzz")
        assert "No key has that word" in words(pilot)
        await press(pilot, time, "escape")
        assert pilot.app.screen.query("#checklist")


async def test_a_word_of_the_footer_finds_its_key(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "question_mark", *"retry")
        shown = words(pilot)
        assert "No key has that word" not in shown
        assert "Run the step again" in shown
        assert "(Retry)" in shown
