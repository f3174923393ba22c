"""Keys, footer, panes and zoom of the run screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.dialogs.answer_dialogs import DecisionDialog
from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.dialogs.failure_dialogs import FailureDialog
from mobius_tui.tui.presenters.next_action import FocusHealth
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.footer import KeyBar
from tests.pictures import screen_of
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, settled, until, words


async def test_the_footer_shows_what_applies(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(160, 45)) as (screen, pilot):

        def offered() -> set[str]:
            return {command.id for command in screen.query_one(KeyBar).offered}

        assert "skip" not in offered(), "3.2 is a gate"
        assert "retry" not in offered()
        assert {"override", "help", "leave", "end_run"} <= offered()
        await press(pilot, time, "up")
        assert "retry" in offered()
        assert "override" not in offered(), "3.1 has passed"


async def test_a_key_that_does_not_apply_says_why(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "s")
        await until(pilot, lambda: "is a gate: it cannot be skipped" in words(pilot))
        assert "o overrides it" in words(pilot)
        assert host.intents == []


async def test_what_is_typed_right_behind_a_refused_command_does_nothing(
    tmp_path: Path,
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await pilot.press("s", "enter", "enter")
        await until(pilot, lambda: "cannot be skipped" in words(pilot))
        assert pilot.app.screen is screen
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog), "a moment later it does"
        assert host.intents == []


async def test_what_is_on_its_way_is_not_sent_twice(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.answers.clear()
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        await press(pilot, time, "enter", "enter")
        host.refuse = "not now"
        host.answers.set()
        await until(pilot, lambda: "not now" in words(pilot))
        await press(pilot, time, "enter")
        await until(pilot, lambda: len(host.intents) > 1)
        assert len(host.intents) == 2


async def test_a_second_enter_opens_no_dialog_of_what_is_being_answered(
    tmp_path: Path,
) -> None:
    run = scenes.listed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        host.answers.clear()
        await press(pilot, time, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DecisionDialog))
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        await press(pilot, time, "enter")
        assert pilot.app.screen is screen
        host.refuse = "not now"
        host.answers.set()
        await until(pilot, lambda: "not now" in words(pilot))
        await press(pilot, time, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DecisionDialog))
        assert len(host.intents) == 1


async def test_keys_in_the_footer_and_the_line_above_can_be_clicked(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await pilot.click("KeyBar", offset=(2, 0))
        await settled(pilot)
        first = pilot.app.screen
        assert isinstance(first, ConfirmDialog), "the first is Retry"
        await press(pilot, time, "escape")
        await pilot.click("NextActionLine", offset=(10, 0))
        await settled(pilot)
        assert isinstance(pilot.app.screen, FailureDialog)
        await press(pilot, time, "escape")
        await pilot.click("#checklist", offset=(12, 5))
        await settled(pilot)
        assert screen.key == StepRow("metrics")


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "at", "question_mark", "n", "E"])
async def test_each_of_these_keys_changes_the_screen(tmp_path: Path, key: str) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(60, 15)) as (screen, pilot):
        if key == "1":
            await press(pilot, time, "2")
        before = screen_of(pilot.app)
        await press(pilot, time, key)
        assert screen_of(pilot.app) != before
        if isinstance(pilot.app.screen, Dialog):
            await press(pilot, time, "escape")
        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (160, 45)])
@pytest.mark.parametrize("pane", ["checklist", "output", "health", "detail"])
async def test_a_zoomed_pane_has_the_screen(
    tmp_path: Path, pane: str, size: tuple[int, int]
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=size) as (screen, pilot):
        key = {"checklist": "1", "output": "2", "health": "3", "detail": "4"}[pane]
        await press(pilot, time, key)
        await press(pilot, time, "z")
        widget = screen.query_one(f"#{pane}")
        assert widget.size.width > size[0] - 8
        assert widget.size.height > size[1] - 8
        await press(pilot, time, "z")
        assert widget.size.width < size[0] - 8


async def test_where_there_is_nothing_to_do_enter_leads_to_what_is_to_be_seen(
    tmp_path: Path,
) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "enter")
        assert screen.query_one("#output").has_focus
        screen.offer = FocusHealth(text="Watching, 9:59 left")
        screen.action_next_action()
        await settled(pilot)
        assert screen.query_one("#health").has_focus
        assert host.intents == []


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_the_details_are_read_to_their_end_by_keys(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=size) as (screen, pilot):
        detail = screen.query_one("#detail")
        await press(pilot, time, "4")
        assert detail.has_focus
        assert detail.max_scroll_y > 0, "there is more than is in sight"
        height, key = detail.size.height, screen.key
        await press(pilot, time, "pagedown")
        assert detail.scroll_y == min(height - 1, detail.max_scroll_y)
        await press(pilot, time, "G")
        assert detail.scroll_y == detail.max_scroll_y
        await press(pilot, time, "k")
        assert detail.scroll_y == detail.max_scroll_y - 1
        await press(pilot, time, "g")
        assert detail.scroll_y == 0
        assert screen.key == key, "the cursor stays where it is"


async def test_a_pane_is_zoomed_whole_where_a_line_in_it_has_the_focus(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(120, 36)) as (screen, pilot):
        await press(pilot, time, "2", "slash")
        screen.action_zoom()
        await settled(pilot)
        assert screen.query_one("#output").size.width > 110


async def test_another_pane_takes_over_the_zoom(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(120, 36)) as (screen, pilot):
        await press(pilot, time, "2", "z", "1")
        checklist = screen.query_one("#checklist")
        assert checklist.has_focus
        assert checklist.size.width > 110
        await press(pilot, time, "z")
        assert 0 < checklist.size.width < 110


async def test_what_has_the_focus_is_in_sight_on_a_screen_that_gets_smaller(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(120, 36)) as (screen, pilot):
        await press(pilot, time, "tab", "tab")
        assert screen.focused is screen.query_one("#output")
        await pilot.resize_terminal(60, 15)
        await until(pilot, lambda: screen.query_one("#output").size.width > 50)
        assert screen.query_one("#checklist").size.width == 0


@pytest.mark.parametrize("size", [(12, 1), (2, 2), (1, 40)])
async def test_the_screens_outlive_a_terminal_that_has_next_to_no_cells(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.checking(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(40, 10)) as (screen, pilot):
        await press(pilot, time, "n")
        screen.show_notice("a notice of some words")
        await settled(pilot)
        await pilot.resize_terminal(*size)
        await settled(pilot)
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: pilot.app.screen.size == (120, 36))
        assert isinstance(pilot.app, MobiusApp)
        assert pilot.app.crash is None


async def test_ctrl_c_ends_nothing(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run) as host, opened(run) as (screen, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Ctrl+C ends nothing here" in words(pilot))
        assert pilot.app.screen is screen
        assert host.intents == []


async def test_on_a_small_screen_the_other_panes_are_in_the_footer(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(60, 15)) as (screen, pilot):
        assert "2 Output" in words(pilot)
        assert "1 List" not in words(pilot)
        await pilot.click("KeyBar", offset=(2, 0))
        await settled(pilot)
        assert screen.query_one("#output").has_focus
        assert "1 List" in words(pilot)
        await press(pilot, time, "3")
        assert "p99" in words(pilot), "alone, health has room for all it knows"


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (44, 12)])
async def test_every_button_of_a_dialog_is_in_sight(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=size) as (_, pilot):
        await press(pilot, time, "enter")
        dialog = pilot.app.screen
        box = dialog.query_one(".box").region
        for button in dialog.query("Button"):
            assert box.contains_region(button.region), button
