"""What a screen shows beside colour: characters, and bold, reversed or underlined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.geometry import Region
from textual.pilot import Pilot

from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.navigation import Navigator
from tests.textual_private import rows_of
from tests.tui import scenes
from tests.tui.briefings import untouched
from tests.tui.dialog_cases import DIALOGS, Opening
from tests.tui.runs import Time, hosted, opened, press, running, settled

SCENES = (
    "fresh",
    "running",
    "checking",
    "failed",
    "unknown",
    "recovering",
    "telling",
    "paging",
    "ended",
)
SCREENS = (*SCENES, *(f"dialog {name}" for name in DIALOGS), "briefing", "library")
"""Everything that can be seen."""


def every_third(cases: Iterable[object]) -> list[object]:
    """Cases of a test that goes through much that can be seen, half a second each.

    The others have the mark `drills`.
    """
    return [
        case if place % 3 == 0 else pytest.param(case, marks=pytest.mark.drills)
        for place, case in enumerate(cases)
    ]


@asynccontextmanager
async def seen(
    name: str, tmp_path: Path, settings: Settings, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Pilot[Any]]:
    """One of `SCREENS`."""
    if name == "briefing":
        async with running(untouched(), size=size, settings=settings) as pilot:
            yield pilot
        return
    if name == "library":
        library = Navigator(repaints=20).library()
        async with running(library, size=size, settings=settings) as pilot:
            await settled(pilot)
            yield pilot
        return
    dialog = DIALOGS.get(name.removeprefix("dialog "))
    how = dialog or Opening(getattr(scenes, name))
    run = how.scene(tmp_path)
    time = Time(run.at)
    page = opened(run, time=time, size=size, settings=settings, is_new=how.is_new)
    async with hosted(run), page as (_, pilot):
        if how.keys:
            await press(pilot, time, *how.keys)
        await settled(pilot)
        yield pilot


def cells(pilot: Pilot[Any]) -> Iterator[tuple[str, Style]]:
    """Each piece of the screen with its style."""
    lines = rows_of(pilot.app.screen)
    for strip in lines:
        for segment in strip:
            yield segment.text, segment.style or Style.null()
        yield "\n", Style.null()


def text(pilot: Pilot[Any]) -> str:
    """The characters alone."""
    return "".join(words for words, _ in cells(pilot))


def colours(pilot: Pilot[Any]) -> set[str]:
    """The colours on the screen but for the terminal's own two."""
    found = set()
    for words, style in cells(pilot):
        pens = (style.color,) if words.strip() or style.reverse else ()
        for colour in (*pens, style.bgcolor):
            if colour is not None and colour.type is not ColorType.DEFAULT:
                found.add(colour.name)
    return found


def shape(pilot: Pilot[Any], region: Region) -> list[tuple[str, bool, bool, bool]]:
    """What a part of the screen shows to whoever sees no colour."""
    lines: list[list[tuple[str, bool, bool, bool]]] = [[]]
    for words, style in cells(pilot):
        if words == "\n":
            lines.append([])
            continue
        traits = (bool(style.bold), bool(style.reverse), bool(style.underline))
        lines[-1] += [(character, *traits) for character in words]
    rows = lines[region.y : region.bottom]
    return [cell for row in rows for cell in row[region.x : region.right]]
