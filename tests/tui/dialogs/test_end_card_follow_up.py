"""From the end of a run to what is due after it, and to whom to call, by one key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS
from mobius_tui.tui.commands import registry
from mobius_tui.tui.dialogs.dialog import ContactsDialog, Dialog
from mobius_tui.tui.dialogs.end_card import EndCard, EndCardChoice
from mobius_tui.tui.dialogs.failure_dialogs import FailureDialog
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, until, words


@pytest.mark.parametrize("way", ["key", "button", "later"])
async def test_what_is_due_is_one_key_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    root = tmp_path / "mobius-tui"
    root.mkdir()
    run = scenes.ended(root)
    screen = Navigator(repaints=20).run_screen(
        Viewer(run.directory), skips_return_card=True, auto=None
    )
    time = Time(run.at)
    screen.mono = time.mono
    async with MobiusApp(screen).run_test(size=(120, 50)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "After each rollback event  MOBIUS post-incident" in words(pilot)
        time.pass_(INPUT_GUARD_SECONDS + 0.1)
        if way == "key":
            await pilot.press("P")
        elif way == "button":
            card = pilot.app.screen
            assert isinstance(card, EndCard)
            await pilot.click(card.buttons[EndCardChoice.FOLLOW_UP])
        else:
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            await pilot.press("P")
        await until(pilot, lambda: isinstance(pilot.app.screen, BriefingScreen))
        await until(pilot, lambda: f"incident={run.directory.id}" in words(pilot))
        assert "incident_outcome=failed" in words(pilot)


async def test_the_card_names_the_key_that_leaves_and_it_does(
    tmp_path: Path, ours: None
) -> None:
    assert ours is None
    registry.set_keys({"leave": ("f10",)})
    run = scenes.ended(tmp_path)
    time = Time(run.at)
    async with opened(run, time=time) as (_, pilot):
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        card = pilot.app.screen
        assert isinstance(card, EndCard)
        assert str(card.buttons[EndCardChoice.LEAVE].label) == "F10 Leave"
        await press(pilot, time, "q")
        assert pilot.app.screen is card
        await press(pilot, time, "f10")
        assert pilot.app.screen is not card


async def test_nothing_is_due_while_the_run_goes_on(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "P")
        await until(pilot, lambda: "nothing is due after it yet" in words(pilot))


async def test_a_failure_names_whom_to_call(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, FailureDialog)
        assert "@sre-oncall  SRE On-call  Immediate escalation" in words(pilot)


@pytest.mark.parametrize("key", ["E", "f", "enter"])
async def test_contacts_are_shown_over_a_dialog(tmp_path: Path, key: str) -> None:
    run = scenes.deciding(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, key)
        below = pilot.app.screen
        assert isinstance(below, Dialog)
        if key == "E":
            await press(pilot, time, "tab")  # a line that is typed in takes the key
        await press(pilot, time, "at")
        await until(pilot, lambda: isinstance(pilot.app.screen, ContactsDialog))
        assert "@eng-lead" in words(pilot)
        await press(pilot, time, "at", "escape")
        assert pilot.app.screen is below


async def test_a_step_with_a_role_says_how_to_reach_it(tmp_path: Path) -> None:
    run = scenes.paging(tmp_path)
    async with hosted(run), opened(run) as (_, pilot):
        assert "@incident-commander  Incident Commander  Major inc" in words(pilot)
