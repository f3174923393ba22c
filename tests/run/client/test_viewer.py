"""A viewer's looks at a run that nobody runs."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing, nullcontext
from pathlib import Path
from time import monotonic

import pytest

from mobius_tui.run.client.viewer import (
    LIVENESS_REQUEST_INTERVAL,
    POLL_INTERVAL,
    SILENCE_LIMIT,
    Viewer,
)
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.intents.permissions import NO_HOST_REPLY_TEXT
from mobius_tui.run.intents.run_intents import AddNote
from mobius_tui.runbook.library.loader import load
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
            3 * POLL_INTERVAL, lambda: run.write(NoteAdded(text="x"))
        )
        assert [each.event for each in (await anext(changes)).entries] == [
            NoteAdded(text="x")
        ]
    await viewer.close()


@pytest.mark.parametrize("there", [True, False])
async def test_who_answers_or_cannot_is_not_silent(tmp_path: Path, there: bool) -> None:
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    viewer = Viewer(run.directory)
    host = hosted(run) if there else nullcontext()
    async with host, aclosing(viewer.changes()) as changes:
        until = monotonic() + SILENCE_LIMIT + 1
        async for _ in changes:
            assert viewer.host_silence == 0
            if monotonic() > until:
                break
    await viewer.close()


async def test_a_sign_of_life_is_no_news(tmp_path: Path) -> None:
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    viewer = Viewer(run.directory)
    async with hosted(run), aclosing(viewer.changes(1e9)) as changes:
        assert not await anext(changes), "the first look"
        # Some signs later: were one told of, it would come first.
        asyncio.get_running_loop().call_later(
            2 * LIVENESS_REQUEST_INTERVAL + POLL_INTERVAL,
            lambda: run.write(NoteAdded(text="x")),
        )
        assert len((await anext(changes)).entries) == 1
    await viewer.close()


@pytest.mark.parametrize("pid", [b"4242\n", b""])
async def test_a_host_of_version_1_is_named_only_where_its_pid_is_known(
    tmp_path: Path, pid: bytes
) -> None:
    """A signal to process 0 goes to the whole group of whoever sends it."""
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    viewer = Viewer(run.directory)
    async with hosted(run) as host:
        host.version = 1
        host.refuse = "no"
        os.truncate(run.directory.lock, 0)
        run.directory.lock.write_bytes(pid)
        reply = await viewer.send_intent(AddNote(text="x"))
    await viewer.close()
    assert not reply.ok
    assert "kill 0" not in reply.text
    assert ("`kill 4242` lets its host go" in reply.text) == bool(pid)
    assert (reply.text == NO_HOST_REPLY_TEXT) != bool(pid)
