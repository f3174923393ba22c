"""Pictures of the run screen, its dialogs and the pages around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.starter import Briefing
from mobius_tui.runbook.decode import load
from mobius_tui.tui.screens.briefing import BriefingScreen
from tests.pictures import assert_picture, svg_of
from tests.tui import scenes
from tests.tui.runs import (
    ROLLBACK,
    Time,
    hosted,
    opened,
    running,
    until,
    words,
)

SIZES = [(160, 45), (120, 36), (80, 24)]


def size_id(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES, ids=size_id)
@pytest.mark.parametrize(
    "scene", ["fresh", "running", "failed"], ids=lambda scene: scene
)
async def test_a_picture_of_a_run(
    tmp_path: Path, scene: str, size: tuple[int, int]
) -> None:
    run = getattr(scenes, scene)(tmp_path)
    async with hosted(run), opened(run, size=size, time=Time(run.at + 1)) as (_, pilot):
        assert_picture(svg_of(pilot.app), f"run-{scene}-{size_id(size)}")


async def test_a_picture_of_the_briefing() -> None:
    runbook = load(ROLLBACK)
    briefing = Briefing(
        runbook=runbook,
        mode="drill",
        profile=None,
        workdir=Path("/srv/mobius"),
        values={"target_env": ("production", "default")},
        missing=(runbook.variables["reason"],),
        problems=("sha256sum is not on PATH; install it",),
    )
    screen = BriefingScreen(
        briefing,
        begin=lambda _briefing, _answers: pytest.fail("nothing begins by itself"),
        opened=lambda _directory: None,
        answers={},
        probe=lambda _briefing, _given: pytest.fail("nothing is asked by itself"),
        drilled=lambda: None,
    )
    async with running(screen, size=(120, 36)) as pilot:
        await until(pilot, lambda: "never drilled here" in words(pilot))
        assert_picture(svg_of(pilot.app), "briefing-120x36")
