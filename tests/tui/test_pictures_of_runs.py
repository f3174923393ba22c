"""Pictures of the run screen, its dialogs and the pages around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mobius_tui.drill.shelf import shelf
from mobius_tui.tui.screens.library import LibraryScreen
from tests.pictures import assert_picture, svg_of
from tests.tui import scenes
from tests.tui.briefings import untouched
from tests.tui.runs import (
    ROLLBACK,
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    running,
    until,
    words,
)

SIZES = [(160, 45), (120, 36), (80, 24)]


def size_id(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES, ids=size_id)
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
async def test_a_picture_of_a_run(
    tmp_path: Path, scene: str, size: tuple[int, int]
) -> None:
    run = getattr(scenes, scene)(tmp_path)
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=size, time=time) as (_, pilot):
        if scene == "ended":  # its card has a picture of its own
            await press(pilot, time, "escape")
        assert_picture(svg_of(pilot.app), f"run-{scene}-{size_id(size)}")


@pytest.mark.parametrize("size", SIZES, ids=size_id)
@pytest.mark.parametrize(
    ("name", "scene", "keys"),
    [
        ("tabs", scenes.retried, ("2", "left_square_bracket")),
        ("find", scenes.failed, ("2", "slash", *"stop")),
        ("zoom", scenes.failed, ("2", "z")),
        ("filter", scenes.failed, ("slash", *"backup")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_picture_of_what_keys_do(
    tmp_path: Path,
    name: str,
    scene: Callable[[Path], MadeRun],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    run = scene(tmp_path)
    async with hosted(run), opened(run, size=size, time=Time(run.at + 1)) as (_, pilot):
        await pilot.press(*keys)
        if name == "find":
            await until(pilot, lambda: "of 2" in words(pilot))
        assert_picture(svg_of(pilot.app), f"run-{name}-{size_id(size)}")


@pytest.mark.parametrize("size", SIZES, ids=size_id)
async def test_a_picture_of_a_run_without_a_host(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.running(tmp_path)
    async with opened(run, size=size, time=Time(run.at + 95)) as (_, pilot):
        assert_picture(svg_of(pilot.app), f"run-alone-{size_id(size)}")


@pytest.mark.parametrize("size", SIZES, ids=size_id)
async def test_a_picture_of_the_library(tmp_path: Path, size: tuple[int, int]) -> None:
    run = scenes.failed(tmp_path / "open")
    scenes.ended(tmp_path / "past")
    root = tmp_path / "past" / "runs"
    run.directory.path.rename(root / run.directory.id.replace("13-45", "13-58"))
    screen = LibraryScreen(
        partial(shelf, root, [ROLLBACK]),
        brief=lambda _path: pytest.fail("nothing is opened by itself"),
        attach=lambda _run: pytest.fail("nothing is opened by itself"),
        look_back=lambda _run: pytest.fail("nothing is opened by itself"),
        wall=Time(run.at + 3600).wall,
    )
    async with running(screen, size=size) as pilot:
        await until(pilot, lambda: "Past runs" in words(pilot))
        assert_picture(svg_of(pilot.app), f"library-{size_id(size)}")


@pytest.mark.parametrize("size", SIZES, ids=size_id)
async def test_a_picture_of_the_briefing(size: tuple[int, int]) -> None:
    async with running(untouched(), size=size) as pilot:
        await until(pilot, lambda: "never drilled here" in words(pilot))
        assert_picture(svg_of(pilot.app), f"briefing-{size_id(size)}")
