"""A facilitator's hint on the team's screens."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.run_events import HintGiven, SiteTouched
from mobius_tui.run.journal.describe_entry import journal_entry_text as entry_words
from mobius_tui.run.journal.follower import Follower
from mobius_tui.tui.widgets.banners import HINT_SECONDS
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, words


async def test_it_is_shown_for_a_while_as_a_hint_and_nothing_else(
    tmp_path: Path,
) -> None:
    run = scenes.fresh(tmp_path)
    run.write(SiteTouched(act="inject", seal="5ea1" * 16, who="lead"), by="facilitator")
    async with hosted(run), opened(run) as (_, pilot):
        shown = words(pilot)
        assert "HINT" not in shown
        assert "inject" not in shown
    run.write(HintGiven(text="look at [b]\x1b[2J", who="lead"), by="facilitator")
    async with hosted(run), opened(run, size=(60, 15)) as (_, pilot):
        assert "HINT  look at [b]␛[2J  lead" in words(pilot)
    time = Time(run.at + HINT_SECONDS + 1)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        assert "HINT" not in words(pilot)
    follower = Follower(run.directory)
    said = [
        entry_words(e, follower.plan, follower.state) for e in follower.initial_entries
    ]
    assert said[-2:] == [None, "hint by lead: look at [b]\x1b[2J"]


async def test_on_the_lowest_screen_it_leaves_the_list_and_the_next_action_in_sight(
    tmp_path: Path,
) -> None:
    run = scenes.fired(tmp_path)
    long = "look " * 40
    run.write(HintGiven(text=long, who="lead"), by="facilitator")
    async with hosted(run), opened(run, size=(40, 10)) as (screen, pilot):
        shown = words(pilot)
        assert "HINT  look look" in shown
        assert "TRIGGER FIRED" in shown
        assert "B roll back" in shown
        assert "Enter ▸" in shown
        assert screen.checklist.visible_row_count >= 2
