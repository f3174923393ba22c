"""What a run asks for whose host does not know a secret any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import WentOnWithout
from mobius_tui.run.intents.run_intents import GiveSecrets, GoOnWithout
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, press, words


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    """A run whose second host lacks two secrets."""
    return scenes.without_secrets(tmp_path)


async def test_enter_asks_for_them_and_shows_nothing_of_what_is_typed(
    run: MadeRun,
) -> None:
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        offer = "Give pw, token, which this host does not know any more"
        assert offer in words(pilot)
        await press(pilot, time, "enter")
        assert "The database's password" in words(pilot)
        assert "It comes by `vault read token`" in words(pilot)
        await press(pilot, time, *"hunter2")
        assert "hunter2" not in words(pilot)
        await press(pilot, time, "enter")
        assert host.intents == [GiveSecrets(values={"pw": "hunter2"})]


async def test_what_a_command_gives_is_got_again_where_nothing_is_typed(
    run: MadeRun,
) -> None:
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "enter")
        assert host.intents == [GiveSecrets(values={"token": ""})]


async def test_a_person_may_go_on_without_them(run: MadeRun) -> None:
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert "Going on without is on record" in words(pilot)
        await press(pilot, time, "tab", "tab", "tab", "enter")
        assert host.intents == [GoOnWithout(secrets=("pw", "token"))]


async def test_nothing_is_asked_for_that_was_gone_on_without(run: MadeRun) -> None:
    run.write(WentOnWithout(secrets=("pw",)))
    async with hosted(run), opened(run) as (_, pilot):
        assert "Give token, which this host does not know any more" in words(pilot)


async def test_nothing_is_wanted_where_all_are_settled(run: MadeRun) -> None:
    run.write(WentOnWithout(secrets=("pw", "token")))
    async with hosted(run), opened(run) as (_, pilot):
        assert "Run 1.1 uptime" in words(pilot)
