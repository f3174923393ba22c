"""The decision whose options a step has listed: what is marked, and what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from mobius_tui.run.events.run_events import HostStarted, VariableSet
from mobius_tui.run.events.step_events import ChoiceMade, StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import ChooseOptions, ListOptions
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.dialogs.answer_dialogs import DecisionDialog
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.answer_inputs import MarkedOptionList
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    settled,
    until,
    words,
)

PROPOSED, MADE, BAD, OLDER = scenes.BACKUPS
"""The rows, as the step has listed them."""


def value(row: str) -> str:
    return row.split("\t")[0]


def marked(pilot: Pilot[AppResult]) -> list[str]:
    """The releases of the rows whose sign says that they are chosen."""
    rows = (line.partition("(•) ") for line in words(pilot).split("\n"))
    return [after.split()[0] for _, sign, after in rows if sign]


async def test_what_is_proposed_is_marked_and_enter_takes_it(tmp_path: Path) -> None:
    run = scenes.listed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, DecisionDialog)
        assert marked(pilot) == ["2.4.9"]
        for row in scenes.BACKUPS:
            _, title, why = row.split("\t")
            assert title in words(pilot)
            assert why in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert isinstance(intent, ChooseOptions)
        assert intent.step == "choose-backup"
        assert intent.options == (value(PROPOSED),)


async def test_keys_pass_over_what_cannot_be_chosen(tmp_path: Path) -> None:
    run = scenes.listed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        seen = []
        for _ in range(3):
            await press(pilot, time, "down")
            seen += marked(pilot)
        assert seen == ["2.5.0", "2.4.8", "2.4.9"], "the one that is bad is passed over"
        await press(pilot, time, "up", "space")
        assert marked(pilot) == ["2.4.8"]
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == (value(OLDER),)


async def test_a_click_chooses_a_row_and_none_that_is_bad(tmp_path: Path) -> None:
    run = scenes.listed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        time.pass_(1)
        options = pilot.app.screen.query_one(MarkedOptionList)
        rows = {
            line[4:9].strip(): at
            for at, line in enumerate(drawn(options))
            if line[4:5].strip()
        }
        await pilot.click(options, offset=(10, rows["?"]))
        await settled(pilot)
        assert marked(pilot) == ["2.4.9"]
        await pilot.click(options, offset=(10, rows["?"] + 1))
        await settled(pilot)
        assert marked(pilot) == ["2.4.9"]
        await pilot.click(options, offset=(10, rows["2.5.0"]))
        await settled(pilot)
        assert marked(pilot) == ["2.5.0"]
        assert host.intents == []
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].options == (value(MADE),)


def drawn(options: MarkedOptionList) -> list[str]:
    """The rows of the list, as text."""
    return [options.render_line(y).text for y in range(options.size.height)]


async def test_what_was_chosen_is_marked_when_it_is_changed(tmp_path: Path) -> None:
    run = scenes.listed(tmp_path)
    values = (value(OLDER),)
    made = ChoiceMade(step="choose-backup", attempt=1, var="backup_file", values=values)
    run.write(made, after=5)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "up", "space")
        assert isinstance(pilot.app.screen, DecisionDialog)
        assert marked(pilot) == ["2.4.8"]


async def test_where_nothing_can_be_chosen_enter_decides_nothing(
    tmp_path: Path,
) -> None:
    run = scenes.listed(tmp_path)
    listed = VariableSet(name="backups", value=BAD, source="output", step="find-backup")
    run.write(listed)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert marked(pilot) == []
        await press(pilot, time, "down", "space", "enter")
        assert isinstance(pilot.app.screen, DecisionDialog)
        assert "Choose one of them first" in words(pilot)
        assert marked(pilot) == []
        assert host.intents == []


SEVERAL = """
format = 2
[runbook]
title = "Several"
[[step]]
id = "find"
outputs = ["found"]
run = 'true'
[[step]]
id = "which"
title = "Which ones?"
choose = { var = "some", from = "found", multi = true }
"""


async def test_where_nothing_of_several_can_be_chosen_space_marks_nothing(
    tmp_path: Path,
) -> None:
    book = tmp_path / "book.toml"
    book.write_text(SEVERAL)
    run = MadeRun(tmp_path / "runs", load(book), values={})
    run.write(HostStarted(pid=4242, left_over=()))
    scenes.passed(run, "find")
    listed = "\tone\tdamaged\n\ttwo\tdamaged"
    run.write(VariableSet(name="found", value=listed, source="output", step="find"))
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "space", "enter")
        assert isinstance(pilot.app.screen, DecisionDialog)
        assert "Choose at least one of them first" in words(pilot)
        assert host.intents == []


@pytest.mark.parametrize("listed", [True, False])
async def test_the_detail_pane_says_what_can_be_chosen(
    tmp_path: Path, listed: bool
) -> None:
    run = scenes.listed(tmp_path)
    if not listed:
        run.write(StepStarted(step="find-backup", attempt=2))
        run.write(
            StepEnded(step="find-backup", attempt=2, result=Status.FAILED, exit=1)
        )
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(160, 45)) as (_, pilot):
        if not listed:
            await press(pilot, time, "down")
        shown = words(pilot)
        if not listed:
            assert "one of those that backups lists" in shown
            return
        assert "○ 2.4.9   11-24 11:43    2 h  deploy  9852548" in shown
        assert "✖ ?       11-24 03:00   10 h" in shown
        assert "it is damaged: its sum is not that of its .sha256" in shown


BY_COMMAND = """
format = 2
[runbook]
title = "By a command"
[[step]]
id = "which"
title = "Which one?"
choose = { var = "one", from = { run = "cat ones" } }
"""


async def test_a_command_lists_first_and_what_it_does_not_list_can_be_typed(
    tmp_path: Path,
) -> None:
    book = tmp_path / "book.toml"
    book.write_text(BY_COMMAND)
    run = MadeRun(tmp_path / "runs", load(book), values={})
    run.write(HostStarted(pid=4242, left_over=()))
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        assert "one of those that `cat ones` lists" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents == [ListOptions(step="which")])
        listed = VariableSet(name="one.listed", value="", source="output")
        run.write(listed, by="host")
        await until(pilot, lambda: starts_decision(pilot))
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, DecisionDialog)
        assert "Nothing was listed: type it" in words(pilot)
        await press(pilot, time, "x", "1", "enter")
        await until(pilot, lambda: len(host.intents) == 2)
        chosen = ChooseOptions(step="which", attempt=1, options=("x1",))
        assert host.intents[1] == chosen


def starts_decision(pilot: Pilot[AppResult]) -> bool:
    """Whether the list, which is empty, has come to the screen."""
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen.view is not None and "one.listed" in screen.view.state.variables
