"""Pictures of the run screen, its dialogs and the pages around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mobius_tui.drill.library_listing import list_library
from mobius_tui.tui.screens.library_screen import LibraryScreen
from tests.tui import scenes
from tests.tui.briefings import untouched
from tests.tui.runs import (
    AFRESH,
    ROLLBACK,
    SIZES,
    MadeRun,
    Time,
    hosted,
    opened,
    pictured,
    press,
    running,
    until,
    words,
)


@pytest.mark.parametrize(
    "scene",
    [
        "fresh",
        "running",
        "failed",
        "checking",
        "recovering",
        "ended",
        "fired",
        "countdown",
        "rolling",
    ],
)
async def test_pictures_of_a_run(tmp_path: Path, scene: str) -> None:
    run = getattr(scenes, scene)(tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=SIZES[0], time=time) as (_, pilot):
        if scene == "ended":  # its card has a picture of its own
            await press(pilot, time, "escape")
        await pictured(pilot, f"run-{scene}")


@pytest.mark.parametrize(
    ("name", "scene", "keys", "sizes"),
    [
        ("tabs", scenes.retried, ("2", "left_square_bracket"), SIZES),
        *(("find", scenes.failed, ("2", "slash", *"stop"), each) for each in AFRESH),
        ("zoom", scenes.failed, ("2", "z"), SIZES),
        ("filter", scenes.failed, ("slash", *"backup"), SIZES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_pictures_of_what_keys_do(
    tmp_path: Path,
    name: str,
    scene: Callable[[Path], MadeRun],
    keys: tuple[str, ...],
    sizes: tuple[tuple[int, int], ...],
) -> None:
    run = scene(tmp_path)
    page = opened(run, size=sizes[0], time=Time(run.at + 1))
    async with hosted(run), page as (_, pilot):
        await pilot.press(*keys)
        if name == "find":
            await until(pilot, lambda: "of 2" in words(pilot))
        await pictured(pilot, f"run-{name}", sizes)


async def test_pictures_of_a_run_without_a_host(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with opened(run, size=SIZES[0], time=Time(run.at + 95)) as (_, pilot):
        await pictured(pilot, "run-alone")


async def test_pictures_of_the_library(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path / "open")
    scenes.ended(tmp_path / "past")
    root = tmp_path / "past" / "runs"
    run.directory.path.rename(root / run.directory.id.replace("13-45", "13-58"))
    screen = LibraryScreen(
        partial(list_library, root, [ROLLBACK]),
        open_briefing=lambda _path: pytest.fail("nothing is opened by itself"),
        attach=lambda _run: pytest.fail("nothing is opened by itself"),
        open_review=lambda _run: pytest.fail("nothing is opened by itself"),
        wall=Time(run.at + 3600).wall,
    )
    async with running(screen, size=SIZES[0]) as pilot:
        await until(pilot, lambda: "Past runs" in words(pilot))
        await pictured(pilot, "library")


async def test_pictures_of_the_briefing() -> None:
    async with running(untouched(), size=SIZES[0]) as pilot:
        await until(pilot, lambda: "never drilled here" in words(pilot))
        await pictured(pilot, "briefing")
