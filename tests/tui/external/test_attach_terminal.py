"""A step with a terminal of its own, as the screens offer it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.journal.describe_entry import journal_entry_text as words_of
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.backend.full_screens import LeaveForTask
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.palette import CommandProvider
from mobius_tui.tui.output.output_choice import choose_output
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.next_action import GoToTerminal, StartFlow
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words

BOOK = """format = 1
[runbook]
id = "tty"
title = "On a terminal"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "edit"
title = "Edit the configuration"
run = 'vim config'
tty = true
optional = true
[[phase.step]]
id = "after"
title = "After it"
run = 'true'
effect = "read"
"""
STARTED = StepStarted(step="edit", attempt=1, reads=())


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    path = tmp_path / "tty.toml"
    path.write_text(BOOK)
    return MadeRun(tmp_path / "runs", load(path), values={})


EDIT, AFTER = StepRow("edit"), StepRow("after")


def view_of(run: MadeRun) -> RunView:
    return RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)


def placeholder(run: MadeRun) -> str:
    return choose_output(view_of(run), EDIT, run.directory).placeholder


async def test_it_is_offered_with_the_way_back(run: MadeRun) -> None:
    async with hosted(run):
        offer = next_action.next_action(view_of(run), EDIT, moved=False)
        assert isinstance(offer, StartFlow)
        assert offer.flow is FlowId.START
        assert "Ctrl+] comes back" in offer.note
        assert "gets a terminal to itself, and nothing of that is" in placeholder(run)
        run.write(STARTED)
        for selected, moved in ((EDIT, False), (EDIT, True), (AFTER, True)):
            offer = next_action.next_action(view_of(run), selected, moved=moved)
            assert isinstance(offer, GoToTerminal)
            assert offer.step == "edit"
        assert "T goes there" in placeholder(run)
        run.write(StepEnded(step="edit", attempt=1, result=Status.PASSED, exit=0))
        assert next_action.terminal_attempt(view_of(run), EDIT) is None
        assert "nothing of that is recorded" in placeholder(run)


async def test_to_start_it_is_to_go_there(run: MadeRun) -> None:
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.acts[StartStep] = lambda: run.write(STARTED)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert [type(action) for action in host.intents] == [StartStep]
        assert isinstance(pilot.app.return_value, LeaveForTask)


@pytest.mark.parametrize("key", ["enter", "T"])
async def test_one_that_runs_is_gone_to_again(run: MadeRun, key: str) -> None:
    run.write(STARTED)
    async with hosted(run) as host, opened(run) as (_, pilot):
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert isinstance(pilot.app.return_value, LeaveForTask)
        assert host.intents == []


async def offered(screen: RunScreen) -> set[str]:
    """What the palette finds of terminals."""
    hits = CommandProvider(screen).search("terminal")
    return {str(hit.text) async for hit in hits}


async def test_the_way_there_is_shown_only_while_there_is_a_terminal(
    run: MadeRun,
) -> None:
    way = "Go to the step's terminal  (T)"
    async with hosted(run), opened(run) as (screen, pilot):
        assert "T Terminal" not in words(pilot)
        assert way not in await offered(screen)
        run.write(STARTED)
        await until(pilot, lambda: "T Terminal" in words(pilot))
        assert way in await offered(screen)
        await pilot.press("G")
        await until(pilot, lambda: screen.key == AFTER)
        assert "T Terminal" in words(pilot), "the cursor need not be on the step"
        run.write(StepEnded(step="edit", attempt=1, result=Status.PASSED, exit=0))
        await until(pilot, lambda: "T Terminal" not in words(pilot))
        assert way not in await offered(screen)


async def test_a_terminal_that_is_not_there_is_told(run: MadeRun) -> None:
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "T")
        await until(pilot, lambda: "does not run now" in words(pilot))
        assert pilot.app.return_value is None


def test_lines_say_where_its_terminal_is(run: MadeRun) -> None:
    run.write(STARTED)
    follower = Follower(run.directory)
    said = words_of(follower.initial_entries[-1], follower.plan, follower.state)
    assert said == (
        "started: 1.1 Edit the configuration; it has a terminal to itself: "
        f"`mobius-tui resume {run.directory.id}` in a terminal goes there"
    )
