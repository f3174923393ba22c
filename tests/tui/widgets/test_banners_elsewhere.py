"""A run elsewhere whose trigger has fired, told of where other screens are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import HostStarted, PhaseLeft, RunEnded
from mobius_tui.run.events.watch_events import (
    RollbackHeld,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
)
from mobius_tui.run.storage.last_viewed import LastView, write_last_view
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.watch.other_runs import OtherRunsMonitor
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.banners import OtherRunsBanner, other_runs_lines
from tests.tui import scenes
from tests.tui.runs import ROLLBACK, MadeRun, hosted, running, until, words

FIRED = TriggerFired(
    probe="api", rule="consecutive_failures", reason="3 checks failed", seen=0.0
)
Scene = Callable[[Path], MadeRun]


def said(lookout: OtherRunsMonitor, now: float) -> str:
    lines = other_runs_lines(lookout.urgent_runs(), now=now, key="Ctrl+O")
    return "\n".join(line.plain for line in lines)


async def test_it_follows_what_becomes_of_the_trigger(tmp_path: Path) -> None:
    run = scenes.countdown(tmp_path)
    lookout = OtherRunsMonitor(tmp_path / "runs")
    assert said(lookout, run.at) == "", "no host runs it: it is said where it is listed"
    async with hosted(run):
        assert said(lookout, run.at) == (
            " TRIGGER FIRED  in another run: MOBIUS rollback ▸ production: "
            "3 checks of api failed in a row\n"
            "The rollback begins in 0:10, or as soon as it can · Ctrl+O opens that run"
        )
        assert "as soon as it can" in said(lookout, run.at + 11)
        run.write(RollbackHeld(reason=""))
        assert "Nothing begins by itself" in said(lookout, run.at)
        run.write(TriggerCleared(probe="api", rule="consecutive_failures"))
        assert said(lookout, run.at) == ""


async def test_a_rollback_is_told_of_until_it_has_passed(tmp_path: Path) -> None:
    run = scenes.rolling(tmp_path)
    lookout = OtherRunsMonitor(tmp_path / "runs")
    async with hosted(run):
        assert "ROLLBACK  in another run" in said(lookout, run.at)
        assert "goes on by itself" in said(lookout, run.at)
        run.write(RollbackStopped(reason="it failed"))
        assert "wants a person" in said(lookout, run.at)
        run.write(PhaseLeft(phase="automated-rollback", passed=True))
        assert said(lookout, run.at) == ""


async def test_what_counts_down_comes_first_and_what_is_over_not_at_all(
    tmp_path: Path,
) -> None:
    first, second, third = (
        make(tmp_path) for make in (scenes.fired, scenes.countdown, scenes.fired)
    )
    third.write(RunEnded(outcome=Outcome.ABANDONED))
    lookout = OtherRunsMonitor(tmp_path / "runs")
    async with hosted(first), hosted(second), hosted(third):
        assert [each.directory.path for each in lookout.urgent_runs()] == [
            second.directory.path,
            first.directory.path,
        ]
        assert "opens that run · and 1 more" in said(lookout, first.at)
        second.write(HostStarted(pid=1))  # another host: it is disarmed
        assert "Nothing begins by itself" in said(lookout, first.at)


async def test_a_drill_is_told_of_only_while_somebody_is_in_it(tmp_path: Path) -> None:
    runbook = scenes.fresh(tmp_path).runbook
    run = MadeRun(tmp_path / "runs", runbook, values={}, mode=Mode.DRILL)
    run.write(FIRED, by="trigger")
    lookout = OtherRunsMonitor(tmp_path / "runs", now=lambda: run.at)
    async with hosted(run):
        assert said(lookout, run.at) == "", "no screen has shown it yet"
        write_last_view(run.directory, LastView(at=run.at, health=""))
        assert "TRIGGER FIRED  in another run: DRILL · MOBI" in said(lookout, run.at)
        write_last_view(run.directory, LastView(at=run.at, health="", leaves=True))
        assert said(lookout, run.at) == ""
        write_last_view(run.directory, LastView(at=run.at - 60, health=""))
        assert said(lookout, run.at) == "", "its screen is gone"


@pytest.mark.parametrize("page", ["library", "briefing"])
async def test_a_key_leads_there(state_home: Path, page: str) -> None:
    run = scenes.fired(state_home / "mobius-tui")
    assert run.directory.path.parent == runs_root()
    openings = Navigator(repaints=100)
    if page == "library":
        screen = openings.library()
    else:
        briefing = prepare_briefing(load(ROLLBACK), given={})
        screen = openings.briefing(briefing, auto=None, answers={})
    async with hosted(run), running(screen, size=(100, 30)) as pilot:
        banner = screen.query_one(OtherRunsBanner)
        await until(pilot, lambda: banner.most_urgent is not None)
        assert "TRIGGER FIRED  in another run: MOBIUS rollback ▸ produc" in words(pilot)
        await pilot.press("ctrl+o")
        screens = pilot.app.screen_stack
        await until(pilot, lambda: any(isinstance(s, RunScreen) for s in screens))
