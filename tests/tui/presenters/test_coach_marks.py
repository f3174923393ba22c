"""The demo's coach marks, and how its end card leads on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.drill.coached_drills import mark_as_coached
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import PhaseLeft, RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.presenters.coach_marks import COMMANDS_AFTER_DEMO, coach_mark
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.footer import CoachMark
from tests.drill.drills import drill
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    hosted,
    opened,
    rollback,
    running,
    settled,
    until,
    words,
)


def passed(tmp_path: Path, *, failing: int = 0) -> MadeRun:
    """The rollback went through, and the service is as its last checks say."""
    run = scenes.rolling(tmp_path)
    run.write(StepStarted(step="auto-execute", attempt=1), by="auto")
    run.write(StepEnded(step="auto-execute", attempt=1, result=Status.PASSED), after=5)
    run.write(PhaseLeft(phase="automated-rollback", passed=True))
    run.health(scenes.checks(run, failing=failing, count=5))
    return run


def page_of(run: MadeRun, *, is_new: bool = True) -> RunScreen:
    openings = Navigator(repaints=100)
    page = openings.run_screen(
        Viewer(run.directory), skips_return_card=is_new, auto=None
    )
    assert isinstance(page, RunScreen)
    return page


def proven(tmp_path: Path) -> MadeRun:
    """All that counts after the rollback is done, too."""
    run = passed(tmp_path)
    follower = Follower(run.directory)
    standings = step_statuses(follower.plan, follower.state)
    for step in follower.plan.steps.values():
        phase = follower.plan.phase_of[step.id]
        counts = not phase.aside or phase.id in follower.state.entered_phases
        is_open = standings[step.id].status in (Status.PENDING, Status.WAITING)
        if counts and is_open and not step.optional:
            run.write(StepStarted(step=step.id, attempt=1))
            run.write(StepEnded(step=step.id, attempt=1, result=Status.PASSED))
    return run


def ended(tmp_path: Path) -> MadeRun:
    run = proven(tmp_path)
    run.write(
        RunEnded(outcome=Outcome.COMPLETED, reason="every step that applies is done")
    )
    return run


def coached(tmp_path: Path) -> MadeRun:
    """A run on a site whose team is told what to press."""
    site = tmp_path / "site"
    (site / "run").mkdir(parents=True)
    mark_as_coached(site)
    return MadeRun(
        tmp_path / "runs",
        rollback(tmp_path).runbook,
        values={},
        mode=Mode.DRILL,
        site=str(site),
    )


@pytest.mark.parametrize(
    ("scene", "mark"),
    [
        (scenes.fresh, "1 of 4 · This MOBIUS is really broken"),
        (scenes.fired, "2 of 4 · The trigger has fired. Press B"),
        (scenes.countdown, "2 of 4"),
        (scenes.rolling, ""),
        (passed, "3 of 4 · It answers again"),
        (lambda path: passed(path, failing=3), ""),
        (proven, "4 of 4 · All that counts is done. Enter ends the drill"),
        (ended, ""),
    ],
)
async def test_each_is_said_while_it_is_of_use(
    tmp_path: Path, scene: Callable[[Path], MadeRun], mark: str
) -> None:
    run = scene(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        said = coach_mark(screen.view)
        assert said.startswith(mark) if mark else said == ""
        assert not screen.query(CoachMark), "only the demo has them"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_demo_shows_them_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    run = scenes.fired(tmp_path)
    async with hosted(run):
        page = page_of(run)
        page.coaches = True
        async with running(page, size=size) as pilot:
            await settled(pilot)
            shown = " ".join(words(pilot).split())
            assert "☞ 2 of 4 · The trigger has fired. Press B" in shown
            assert "until the site is well." in shown


async def test_who_comes_back_to_the_demo_is_told_the_rest(tmp_path: Path) -> None:
    run = coached(tmp_path)
    async with hosted(run):
        page = page_of(run, is_new=False)
        async with running(page, size=(120, 36)) as pilot:
            await until(pilot, lambda: "☞ 1 of 4" in words(pilot))


async def test_the_second_drill_is_not_called_the_first(tmp_path: Path) -> None:
    drill(days=1, root=tmp_path / "runs")
    run = ended(tmp_path)
    page = page_of(run)
    page.coaches = True
    async with running(page, size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "The run has ended: completed" in words(pilot)
        assert "Your first drill" not in words(pilot)
        assert COMMANDS_AFTER_DEMO[0][0] in words(pilot)


async def test_its_end_says_how_to_go_on(tmp_path: Path) -> None:
    run = ended(tmp_path)
    page = page_of(run)
    page.coaches = True
    async with running(page, size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        shown = words(pilot)
        assert "Your first drill" in shown
        for typed, what in COMMANDS_AFTER_DEMO:
            assert typed in shown
            assert what in shown
