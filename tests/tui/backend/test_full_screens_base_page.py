"""A dialog that is open when the screens go away, and what was typed in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.message_events import MessageTried, MessageUnknown
from mobius_tui.tui.backend.full_screens import (
    AppResult,
    ForegroundTask,
    leave_for_task,
)
from mobius_tui.tui.dialogs.message_dialog import MessageDialog
from mobius_tui.tui.dialogs.question import TextDialog
from mobius_tui.tui.screen_state import Purpose, StepRow
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    no_resume,
    opened,
    press,
    running,
    until,
    words,
)


def gone(pilot: Pilot[AppResult], words: str = "") -> str:
    """What is told when the screens are back from an errand."""
    return leave_for_task(
        ForegroundTask(run=lambda: words), pilot.app.screen_stack
    ).task.run()


def again(run: MadeRun, before: RunScreen, time: Time) -> RunScreen:
    """The page as it comes back."""
    page = RunScreen(
        Viewer(run.directory),
        resume=no_resume,
        open_again=no_resume,
        skips_return_card=True,
        screen_state=before.screen_state,
    )
    page.mono = time.mono
    return page


async def test_what_was_typed_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host:
        async with opened(run, time=time) as (before, pilot):
            await press(pilot, time, "s", *"no page")
            told = gone(pilot)
            assert told.startswith("Closed, and nothing was sent: “Skip 2.1 ")
            assert told.endswith("Open it again: what you typed is there.")
        assert host.intents == []
        page = again(run, before, time)
        async with running(page, size=(120, 36)) as pilot:
            await until(pilot, lambda: page.view is not None)
            await press(pilot, time, "n")
            assert pilot.app.screen.query_one(Input).value == "", "it is another"
            await press(pilot, time, "escape", "s")
            assert isinstance(pilot.app.screen, TextDialog)
            assert pilot.app.screen.query_one(Input).value == "no page"
            await press(pilot, time, *" now", "enter")
            await until(pilot, lambda: host.intents)
            assert host.intents[0].reason == "no page now"
            await press(pilot, time, "s")
            assert pilot.app.screen.query_one(Input).value == "", "it was answered"


async def test_a_message_that_was_edited_is_kept_and_one_that_was_not_is_new(
    tmp_path: Path,
) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run):
        async with opened(run, time=time) as (before, pilot):
            await press(pilot, time, "m")
            assert "what you typed" not in gone(pilot)
            await press(pilot, time, "e", *"Hi")
            assert "what you typed" in gone(pilot)
        page = again(run, before, time)
        async with running(page, size=(120, 36)) as pilot:
            await until(pilot, lambda: page.view is not None)
            await press(pilot, time, "m")
            assert isinstance(pilot.app.screen, MessageDialog)
            assert pilot.app.screen.query_one(TextArea).text.endswith("Hi")


async def test_a_confirmation_is_typed_anew(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (page, pilot):
        await press(pilot, time, "enter", *"production")
        told = gone(pilot, "the errand's own words.")
        assert told.startswith("the errand's own words. Closed, and nothing was sent: ")
        assert "what you typed" not in told
        assert not page.questions.drafts.kept


@pytest.mark.parametrize("key", ["question_mark", "at", "down"])
async def test_what_asks_nothing_is_not_missed(tmp_path: Path, key: str) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, key)
        assert gone(pilot) == ""


async def test_a_note_that_was_closed_is_there_again(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "n", "escape", "n")
        assert "Closed." not in words(pilot), "nothing was typed"
        await press(pilot, time, *"a page fails", "escape")
        assert "Closed. Open it again: what you typed is there." in words(pilot)
        await press(pilot, time, "n")
        assert pilot.app.screen.query_one(Input).value == "a page fails"
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].text == "a page fails"
        await press(pilot, time, "n")
        assert pilot.app.screen.query_one(Input).value == "", "it was sent"


async def test_a_message_that_was_closed_is_there_again(tmp_path: Path) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m", "e", *"Hi", "escape", "m")
        assert pilot.app.screen.query_one(TextArea).text.endswith("Hi")


async def test_what_was_typed_for_a_message_is_not_put_over_a_delivery(
    tmp_path: Path,
) -> None:
    run = scenes.sendable(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (page, pilot):
        await press(pilot, time, "m", "e", *"Hi", "escape")
        run.write(scenes.queued("alert-stakeholders"))
        run.write(MessageTried(delivery=1, number=1), by="host")
        run.write(MessageUnknown(delivery=1, number=1, reason="no answer"), by="host")
        await until(pilot, lambda: page.view and page.view.last_entry_number == run.n)
        await press(pilot, time, "m")
        assert isinstance(pilot.app.screen, MessageDialog)
        assert pilot.app.screen.query_one(TextArea).text == scenes.TOLD
        await press(pilot, time, "escape")
        (kept,) = page.questions.drafts.kept
        assert kept.purpose is Purpose.MESSAGE


async def test_a_reason_that_was_closed_is_typed_anew(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "s", *"no page", "escape")
        assert "Closed." not in words(pilot)
        await press(pilot, time, "s", "enter")
        assert "A reason is wanted" in words(pilot), "two keys skip nothing"
        assert host.intents == []


@pytest.mark.parametrize("key", ["n", "m"])
async def test_what_the_host_refused_need_not_be_typed_again(
    tmp_path: Path, key: str
) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    edit = ["e"] if key == "m" else []
    send = ["tab", "tab", "tab", "enter"] if key == "m" else ["enter"]
    async with hosted(run) as host, opened(run, time=time) as (page, pilot):
        host.refuse = "it came late"
        await press(pilot, time, key, *edit, *"Hi there", *send)
        await until(pilot, lambda: "it came late" in words(pilot))
        assert "it came late. Open it again: what you typed is there." in words(pilot)
        assert len(host.intents) == 1
        host.refuse = ""
        await press(pilot, time, key, *edit)
        lines = [each.value for each in pilot.app.screen.query(Input)]
        texts = [each.text for each in pilot.app.screen.query(TextArea)]
        assert "".join(lines + texts).endswith("Hi there")
        await press(pilot, time, *send)
        await until(pilot, lambda: len(host.intents) == 2)
        assert host.intents[0] == host.intents[1]
        await until(pilot, lambda: not page.questions.drafts.kept)


async def test_what_was_typed_for_another_is_not_kept(tmp_path: Path) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (page, pilot):
        await press(pilot, time, "n", *"heard", "enter")
        await until(pilot, lambda: "The note is on record." in words(pilot))
        host.refuse = "it came late"
        await press(pilot, time, "s", *"no page", "enter")
        await until(pilot, lambda: "it came late. Open it" in words(pilot))
        (kept,) = page.questions.drafts.kept
        assert kept.purpose is Purpose.SKIP, "the note was heard"


async def test_a_remark_is_there_where_its_decision_was_not_meant(
    tmp_path: Path,
) -> None:
    run = scenes.paging(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (page, pilot):
        await press(pilot, time, "up", "up")
        assert page.key == StepRow("decision")
        await press(pilot, time, "space", "down", "tab", *"it is calm", "enter")
        assert "End the run with this decision?" in words(pilot)
        await press(pilot, time, "escape", "space")
        assert pilot.app.screen.query_one(Input).value == "it is calm"
        assert host.intents == []
