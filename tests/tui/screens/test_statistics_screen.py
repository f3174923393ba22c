"""The statistics of a runbook as a screen with charts."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from textual.widgets import OptionList

from mobius_tui.errors import UsageError
from mobius_tui.review.run_statistics import (
    RunbookStatistics,
    runbook_statistics,
    statistics_lines,
)
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.past_run import PastRun, PastStep
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.state_folders import state_home
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.presenters.statistics_lines import statistics_chart_lines
from mobius_tui.tui.screens.statistics_screen import StatisticsScreen
from tests.review.story import BOOK, HOSTILE
from tests.tui import scenes
from tests.tui.runs import (
    BEGAN,
    SIZES,
    Time,
    pictured,
    press_until,
    running,
    settled,
    until,
    words,
)

PLAN = Plan(load(BOOK))
DAY = 86_400.0


def past(number: int, mode: Mode) -> PastRun:
    """A run in which looking takes ever longer, and rolling back fails now and then."""
    tried = (Status.FAILED, Status.PASSED) if number % 3 == 0 else (Status.PASSED,)
    steps = {
        "look": _step((Status.PASSED,), 4.0 + number % 5),
        "roll": _step(tried, 90.0 + 11 * (number % 7)),
        "tell": _step((), skipped=True),
        "verify": _step((Status.FAILED,), overridden=True),
    }
    return PastRun(
        id=f"run-{number}",
        runbook="story",
        mode=mode,
        outcome=Outcome.FAILED if number % 6 == 5 else Outcome.COMPLETED,
        began=BEGAN + number * DAY,
        restored=150.0 + (number * 37) % 200,
        steps=steps,
    )


def _step(results: tuple[Status, ...], *took: float, **how: bool) -> PastStep:
    kept = {"skipped": False, "overridden": False, **how}
    return PastStep(results=results, passed_durations=took, **kept)


def all_of_it() -> RunbookStatistics:
    runs = [past(n, Mode.DRILL if n % 2 else Mode.INCIDENT) for n in range(18)]
    return runbook_statistics(PLAN, runs)


async def test_pictures_of_statistics() -> None:
    wall = Time(BEGAN + 20 * DAY).wall
    screen = StatisticsScreen("Roll the shop back", all_of_it, wall=wall)
    async with running(screen, size=SIZES[0]) as pilot:
        await until(pilot, lambda: "MTTR in" in words(pilot))
        await pictured(pilot, "stats")


async def test_statistics_are_copied_as_the_lines_of_a_pipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    known = Event()

    def look() -> RunbookStatistics:
        known.wait(30)
        return all_of_it()

    screen = StatisticsScreen("Roll the shop back", look)
    async with running(screen, size=(80, 24)) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: "still being read" in words(pilot))
        known.set()
        await until(pilot, lambda: "MTTR in" in words(pilot))
        await pilot.press("y")
        copied = state_home() / "copied.txt"
        await until(pilot, copied.exists)
        assert copied.read_text().splitlines() == list(statistics_lines(all_of_it()))


@pytest.mark.parametrize("width", [40, 75, 115, 155])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    found = all_of_it()
    drawn = list(statistics_chart_lines(found, width=width, now=BEGAN))
    charts = [line for line in drawn if "┤" in line.plain or "━" in line.plain]
    assert charts
    assert all(line.cell_length <= max(width, 62) for line in charts)


def test_the_scale_is_that_of_the_median_where_it_is_above_the_columns() -> None:
    runs = [
        replace(past(n, Mode.INCIDENT), restored=600.0 if n < 23 else 400.0)
        for n in range(40)
    ]
    stats = runbook_statistics(PLAN, runs)
    lines = [each.plain for each in statistics_chart_lines(stats, width=60, now=BEGAN)]
    assert any("median 10:00" in line for line in lines)
    top = next(line for line in lines if "┤" in line)
    assert top.startswith("  10:00 ┤")
    assert "┄" in top


async def test_nothing_to_say_and_a_runbook_that_nobody_knows_are_told() -> None:
    screen = StatisticsScreen(HOSTILE, lambda: runbook_statistics(PLAN, ()))
    async with running(screen, size=(80, 24)) as pilot:
        said = "No run of it has ended yet"
        await until(pilot, lambda: said in words(pilot))
        assert not any(ord(c) < 0x20 for c in words(pilot) if c != "\n")

    def look() -> RunbookStatistics:
        raise UsageError("no runbook is named so")

    async with running(StatisticsScreen("?", look), size=(80, 24)) as pilot:
        said = "no runbook is named so"
        await until(pilot, lambda: said in words(pilot))


async def test_the_library_leads_to_the_statistics(state_home: Path) -> None:
    scenes.ended(state_home / "mobius-tui")
    screen = Navigator(repaints=100).library()
    async with running(screen, size=(100, 30)) as pilot:
        options = screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count)
        await pilot.press("slash", *"failed prod", "enter")
        await settled(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "1 incident" in words(pilot))
        await press_until(pilot, "escape", lambda: pilot.app.screen is screen)
