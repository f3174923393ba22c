"""Leaving while something runs, and what runs comes to its end meanwhile."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Static

from mobius_tui.errors import EXIT_ABANDONED
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog, LeaveWay, closing_text
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

PASSED = StepEnded(step="execute", attempt=1, result=Status.PASSED, exit=0)


async def test_its_words_follow_what_runs(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "q", "right")
        dialog = pilot.app.screen
        assert isinstance(dialog, LeaveDialog)
        assert pilot.app.focused is dialog.buttons[LeaveWay.STOP]
        run.write(PASSED)
        await until(pilot, lambda: "What was running has ended" in words(pilot))
        assert "Stop it and leave" not in words(pilot)
        assert pilot.app.focused is dialog.buttons[LeaveWay.LEAVE]
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LeaveDialog), "it was not read yet"
        run.write(StepStarted(step="execute", attempt=2))
        await until(pilot, lambda: "is running" in words(pilot))
        assert "Stop it and leave" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert pilot.app.return_value == 0
        assert host.intents == []


async def test_of_a_drill_it_says_that_it_ends_where_nobody_watches(
    tmp_path: Path,
) -> None:
    runbook = scenes.fresh(tmp_path).runbook
    run = MadeRun(tmp_path / "runs", runbook, values={}, mode=Mode.DRILL)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "q")
        shown = str(pilot.app.screen.query_one("#leaving", Static).content)
        assert "a drill that nobody watches for 10 min ends as abandoned" in shown
        assert screen.view is not None
        said = closing_text(screen.view.state, screen.view.plan)
        assert said.startswith("the drill goes on for 10 min that nobody watches")


async def test_what_is_stopped_is_the_attempt_that_runs(tmp_path: Path) -> None:
    run = scenes.retried(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "q", "right", "enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert host.intents == [StopStep(step="execute", attempt=2)]


async def test_to_stop_what_has_just_ended_is_to_leave(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.refuse = "3.2 Restore the backup is not running"
        host.acts[StopStep] = lambda: run.write(PASSED)
        await press(pilot, time, "q", "right", "enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert [type(action) for action in host.intents] == [StopStep]
        assert pilot.app.return_value == 0


async def test_who_cannot_stop_it_stays_and_hears_why(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        host.refuse = "the journal cannot be written"
        await press(pilot, time, "q", "right", "enter")
        await until(pilot, lambda: "journal cannot be written" in words(pilot))
        assert pilot.app.screen is screen
        assert pilot.app.return_value is None


async def test_a_run_that_has_ended_meanwhile_is_left_with_its_exit_code(
    tmp_path: Path,
) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "q")
        run.write(PASSED)
        run.write(RunEnded(outcome=Outcome.ABANDONED, reason="by sam"))
        await until(pilot, lambda: "has ended meanwhile: abandoned" in words(pilot))
        await press(pilot, time, "enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert pilot.app.return_value == EXIT_ABANDONED
        assert host.intents == []


async def test_without_a_host_nothing_is_said_to_go_on(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with opened(run, time=time) as (_, pilot):
        await press(pilot, time, "q")
        shown = str(pilot.app.screen.query_one("#leaving", Static).content)
        assert "no host runs it" in shown
        assert "Nothing else begins until it is resumed" in shown
        assert "goes on without this screen" not in shown
        assert "Leave it running" not in words(pilot)
