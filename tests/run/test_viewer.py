"""A viewer's looks at a run that nobody runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from time import monotonic

from mobius_tui.run.events import NoteAdded
from mobius_tui.run.signs import SILENT
from mobius_tui.run.viewer import POLL, Viewer
from mobius_tui.runbook.decode import load
from tests.tui.runs import ROLLBACK, MadeRun, hosted


async def test_looks_that_find_nothing_are_told_of_no_more_often_than_wanted(
    tmp_path: Path,
) -> None:
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    viewer = Viewer(run.directory)
    async with aclosing(viewer.changes(1e9)) as changes:
        assert not await anext(changes), "the first look"
        # Some looks later: were an empty one told of, it would come first.
        asyncio.get_running_loop().call_later(
            3 * POLL, lambda: run.write(NoteAdded(text="x"))
        )
        assert [each.event for each in (await anext(changes)).entries] == [
            NoteAdded(text="x")
        ]
    await viewer.close()


async def test_a_host_that_answers_is_never_silent(tmp_path: Path) -> None:
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    viewer = Viewer(run.directory)
    async with hosted(run), aclosing(viewer.changes()) as changes:
        until = monotonic() + SILENT + 2
        async for _ in changes:
            assert viewer.silent == 0
            if monotonic() > until:
                break
    await viewer.close()
