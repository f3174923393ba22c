"""The review of a run, opened, and keys pressed in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.screens.review_screen import ReviewScreen
from tests.tui.runs import (
    MadeRun,
    running,
    settled,
    until,
)


@asynccontextmanager
async def reviewed(
    run: MadeRun, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[ReviewScreen, Pilot[AppResult]]]:
    """The app on the review of a run."""
    screen = ReviewScreen(ReviewedRun(run.directory))
    async with running(screen, size=size) as pilot:
        await settled(pilot)
        await until(pilot, lambda: screen.past_presenter.damage is not None)
        await settled(pilot)
        yield screen, pilot


async def go(pilot: Pilot[AppResult], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)
    await until(pilot, lambda: not is_making(pilot))


def is_making(pilot: Pilot[AppResult]) -> bool:
    """Whether a timeline is made."""
    return any(w.name == "timeline" and w.is_running for w in pilot.app.workers)
