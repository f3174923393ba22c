"""`!`: a command that is in no step, judged while it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import ImproviseStep, RetryStep
from mobius_tui.run.planning.improvisation import improvised_event
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.dialogs.improvise_dialog import ImproviseDialog
from mobius_tui.tui.screen_state import StepRow
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, settled, until, words


@pytest.mark.parametrize(
    ("typed", "said", "wanted"),
    [
        ("tail -n 5 log", "reads in production", ""),
        ("touch here", "changes in production", ""),
        ("frobnicate", "not known, so it may change something", ""),
        ("rm -rf data", "DESTROYS in production", "production"),
        (
            "./scripts/deploy/rollback_dhash.sh -n",
            "DESTROYS in production",
            "production",
        ),
        ("", "nothing is typed yet", ""),
    ],
)
async def test_what_is_typed_is_judged_at_once(
    tmp_path: Path, typed: str, said: str, wanted: str
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "exclamation_mark")
        dialog = pilot.app.screen
        assert isinstance(dialog, ImproviseDialog)
        dialog.query_one("#command", TextArea).text = typed
        await until(pilot, lambda: said in words(pilot))
        asks = f"Type {wanted} to confirm" in words(pilot)
        assert asks is bool(wanted)
        await pilot.press("ctrl+enter")
        await settled(pilot)
        if wanted:
            assert host.intents == []
            await pilot.press(*wanted, "enter")
        if not typed:
            assert "There is no command." in words(pilot)
            return
        await until(pilot, lambda: host.intents)
        (asked,) = host.intents
        assert isinstance(asked, ImproviseStep)
        assert (asked.script, asked.confirm) == (typed, wanted)


async def test_on_a_step_it_begins_from_its_command_and_esc_keeps_what_was_typed(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "exclamation_mark")
        dialog = pilot.app.screen
        assert isinstance(dialog, ImproviseDialog)
        area = dialog.query_one("#command", TextArea)
        assert "rollback_dhash.sh" in area.text
        area.text = "ls"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await press(pilot, time, "exclamation_mark")
        area = pilot.app.screen.query_one("#command", TextArea)
        assert area.text == "ls"
        await pilot.press("ctrl+enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].after == "execute"


@pytest.mark.parametrize("field", ["command", "environment"])
async def test_a_command_that_is_yet_to_be_seen_is_not_run(
    tmp_path: Path, field: str
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "exclamation_mark")
        dialog = pilot.app.screen
        assert isinstance(dialog, ImproviseDialog)
        dialog.query_one("#command", TextArea).text = "rm x"
        await until(pilot, lambda: "Type production to confirm" in words(pilot))
        dialog.query_one("#environment", Input).value = "production"
        dialog.query_one(f"#{field}").focus()
        dialog.restart_input_guard()
        await pilot.press("ctrl+enter")
        await settled(pilot)
        assert pilot.app.screen is dialog
        assert host.intents == []
        await press(pilot, time, "ctrl+enter")
        await until(pilot, lambda: host.intents)


async def test_what_was_improvised_has_its_rows_and_can_be_run_again(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        assert screen.view is not None
        before = screen.view.proposal
        event = improvised_event(
            screen.view.plan, script="df -h /srv", after="metrics", by="ana"
        )
        run.write(event, by="ana")
        run.write(StepStarted(step=event.step, attempt=1), by="ana")
        ended = StepEnded(step=event.step, attempt=1, result=Status.FAILED)
        run.write(ended, after=2)
        await until(pilot, lambda: "!1 df -h /srv" in words(pilot))
        assert "! Improvised" in words(pilot)
        assert screen.view.proposal == before
        await press(pilot, time, "end")
        await until(pilot, lambda: screen.key == StepRow(event.step))
        assert "improvised by ana" in words(pilot)
        await press(pilot, time, "r")
        assert "Run it" not in words(pilot), "it only reads"
        assert host.intents == [RetryStep(step=event.step, attempt=2)]


async def test_the_word_is_asked_for_only_while_it_destroys(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "exclamation_mark")
        dialog = pilot.app.screen
        line = dialog.query_one("#environment", Input)
        area = dialog.query_one("#command", TextArea)
        for typed, asked in (("rm x", True), ("ls x", False), ("rm x", True)):
            area.text = typed
            await settled(pilot)
            assert line.display is asked
