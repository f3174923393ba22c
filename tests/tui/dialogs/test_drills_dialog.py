"""The drills of a runbook over time, and how fresh it is, on the screens."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mobius_tui.drill.drill_score import Score
from mobius_tui.drill.past_drills import drills_with_score, trends
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.drills_dialog import DrillsDialog
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.presenters.statistics_lines import trend_lines
from tests.drill.drills import HANDLED, drill, worse
from tests.tui.runs import BEGAN, ROLLBACK, press_until, running, until, words


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def made() -> None:
    drill(worse(by=60), days=9)
    drill(worse(by=-120), days=8)
    drill(Score(faults=("bad-release",), handled=False), days=7)
    drill(HANDLED, days=6)


def chart(width: int) -> list[str]:
    (trend,) = trends(drills_with_score(runs_root()))
    return [line.plain for line in trend_lines(trend, width=width, now=BEGAN)]


def test_a_chart_with_the_best_marked_and_the_last_in_words() -> None:
    made()
    assert chart(60) == [
        "bad-release  time to restore, 4 drills by a team",
        "   5:00 ██       ▂▂ ",
        "        ██       ██ ",
        "        ██ ▅▅    ██ ",
        "        ██ ██ ✖─ ██ ",
        "   best    ▲",
        "18 Nov 13:45  ✔ handled  4:00  by ana",
        "17 Nov 13:45  ✖ not handled  -  by ana",
        "16 Nov 13:45  ✔ handled  2:00  by ana  best",
        "15 Nov 13:45  ✔ handled  5:00  by ana",
    ]


def test_a_narrow_chart_shows_the_newest() -> None:
    made()
    rows = chart(8 + 6)
    assert rows[4] == "        ✖─ ██ "
    assert "best" not in rows[5], "it is too long ago to be in the chart"


def test_one_drill_makes_no_chart() -> None:
    drill(replace(HANDLED, automatic=True))
    assert chart(60) == [
        "bad-release  time to restore, 1 drill without a person",
        "24 Nov 13:45  ✔ handled  4:00  by ana  best",
    ]


@pytest.mark.parametrize("place", ["library", "briefing"])
async def test_the_drills_of_a_runbook_are_a_key_away(place: str) -> None:
    made()
    openings = Navigator(repaints=100)
    briefing = prepare_briefing(load(ROLLBACK), given={"reason": "so"})
    screen = (
        openings.library()
        if place == "library"
        else openings.briefing(briefing, auto=None, answers={})
    )
    async with running(screen, size=(100, 40)) as pilot:
        if place == "library":
            await until(pilot, lambda: "Past runs" in words(pilot))
            row = next(
                number
                for number, line in enumerate(words(pilot).splitlines())
                if "MOBIUS rollback" in line and "mobius-rollback" in line
            )
            await pilot.click("#library", offset=(5, row - 1))
            await until(pilot, lambda: pilot.app.screen is not screen)
            await press_until(pilot, "escape", lambda: pilot.app.screen is screen)
        await until(pilot, lambda: "(score 8:41)" in words(pilot))
        assert "by maria (score 8:41)" in words(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DrillsDialog))
        await until(pilot, lambda: "4 drills by a team" in words(pilot))
        assert "Drills of MOBIUS rollback" in words(pilot)


async def test_the_briefing_says_what_was_never_seen_red() -> None:
    drill(HANDLED)
    briefing = prepare_briefing(load(ROLLBACK), given={"reason": "so"})
    screen = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    async with running(screen, size=(120, 60)) as pilot:
        await until(pilot, lambda: "were never seen red" in words(pilot))
        assert "(--fault bad-release)" in words(pilot)


async def test_a_runbook_that_was_never_drilled_says_so() -> None:
    dialog = DrillsDialog("[/x]", lambda: (), runbook="api-restart")
    async with running(Navigator(repaints=100).library(), size=(80, 24)) as pilot:
        pilot.app.push_screen(dialog)
        await until(pilot, lambda: "None is over yet" in words(pilot))
        assert "Drills of [/x]" in words(pilot)
        assert "`mobius-tui drill api-restart` makes one" in words(pilot)
