"""The demo's coach marks, and how its end card leads on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.run.events import PhaseLeft, RunEnded
from mobius_tui.run.step_events import StepEnded, StepStarted
from mobius_tui.run.viewer import Viewer
from mobius_tui.tui.coach import NEXT, coach_mark
from mobius_tui.tui.opening import Openings
from mobius_tui.tui.widgets.coach import CoachMark
from tests.tui import scenes
from tests.tui.runs import MadeRun, hosted, opened, running, settled, words


def passed(tmp_path: Path, *, failing: int = 0) -> MadeRun:
    """The rollback went through, and the service is as its last checks say."""
    run = scenes.rolling(tmp_path)
    run.write(StepStarted(step="auto-execute", attempt=1), by="auto")
    run.write(StepEnded(step="auto-execute", attempt=1, result="passed"), after=5)
    run.write(PhaseLeft(phase="automated-rollback", passed=True))
    run.health(scenes.checks(run, failing=failing, count=5))
    return run


def ended(tmp_path: Path) -> MadeRun:
    run = passed(tmp_path)
    run.write(RunEnded(outcome="abandoned", reason="done"))
    return run


@pytest.mark.parametrize(
    ("scene", "mark"),
    [
        (scenes.fresh, "1 of 3 · This MOBIUS is really broken"),
        (scenes.fired, "2 of 3 · The trigger has fired. Press B"),
        (scenes.countdown, "2 of 3"),
        (scenes.rolling, ""),
        (passed, "3 of 3 · It answers again"),
        (lambda path: passed(path, failing=3), ""),
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
    openings = Openings(repaints=100, coaches=True)
    async with hosted(run):
        page = openings.run(Viewer(run.directory), is_new=True, auto=None)
        async with running(page, size=size) as pilot:
            await settled(pilot)
            shown = " ".join(words(pilot).split())
            assert "☞ 2 of 3 · The trigger has fired. Press B" in shown
            assert "until the site is well." in shown


async def test_its_end_says_how_to_go_on(tmp_path: Path) -> None:
    run = ended(tmp_path)
    openings = Openings(repaints=100, coaches=True)
    page = openings.run(Viewer(run.directory), is_new=True, auto=None)
    async with running(page, size=(80, 24)) as pilot:
        await settled(pilot)
        shown = words(pilot)
        assert "Your first drill" in shown
        for typed, what in NEXT:
            assert typed in shown
            assert what in shown
