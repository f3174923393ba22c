"""What is seen of a run before it has been read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mobius_tui.errors import RunError
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.storage.table_of_contents import TableOfContents
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend.full_screens import AppResult, PendingScreen, run_in_thread
from mobius_tui.tui.main import loading_picture
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screens.library_screen import LibraryScreen
from mobius_tui.tui.screens.page import Page
from tests.pictures import words_of
from tests.tui.runs import until

ROWS = ((True, "1 Pre-rollback"), (False, "1.1 System status [/x]"))
RUN = TableOfContents("MOBIUS [b]rollback", Mode.DRILL, "staging", ROWS)


@asynccontextmanager
async def waiting(
    known: TableOfContents | None,
) -> AsyncIterator[tuple[Pilot[AppResult], asyncio.Future[Page], MobiusApp]]:
    """The app while its first screen is being made."""
    made: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
    app = MobiusApp(
        pending=PendingScreen(partial(loading_picture, known), lambda: made)
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield pilot, made, app


async def test_name_and_steps_are_there_before_the_run_is() -> None:
    async with waiting(RUN) as (pilot, made, app):
        seen = words_of(app)
        for words in ("MOBIUS [b]rollback ▸ staging", "DRILL", "reading the run …"):
            assert words in seen.splitlines()[0]
        assert "▾ 1 Pre-rollback" in seen
        assert "1.1 System status [/x]" in seen
        await pilot.press("enter", "r", "s", "ctrl+p", "question_mark")
        await pilot.pause()
        assert len(app.screen_stack) == 1, "a key was meant for what was not seen"
        made.set_result(Navigator(repaints=20).library())
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen))
        assert "reading the run" not in words_of(app)


async def test_a_run_without_contents_says_that_it_is_read() -> None:
    async with waiting(None) as (_, _, app):
        assert "Reading the run" in words_of(app)


async def test_what_cannot_be_shown_ends_the_app_with_its_reason() -> None:
    async with waiting(RUN) as (pilot, made, app):
        error = RunError("its journal is damaged")
        made.set_exception(error)
        await until(pilot, lambda: app.return_code is not None)
        assert app.open_error is error
        assert app.return_value == error.exit_code


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_who_leaves_meanwhile_is_not_kept_waiting(key: str) -> None:
    async with waiting(RUN) as (pilot, _, app):
        await pilot.press(key)
        await until(pilot, lambda: app.return_code is not None)
        assert app.return_value == 0


async def test_a_thread_gives_what_its_work_returns_or_raises() -> None:
    assert await run_in_thread(threading.get_ident) != threading.get_ident()
    with pytest.raises(FileNotFoundError):
        await run_in_thread(Path("/nowhere/at/all").read_text)


def test_a_thread_that_never_ends_holds_no_loop() -> None:
    end = threading.Event()

    async def leave() -> None:
        work = asyncio.create_task(run_in_thread(end.wait))
        await asyncio.sleep(0)
        work.cancel()

    asyncio.run(leave())
    assert not end.is_set()
    end.set()
