"""Counting as one who looks, without a viewer."""

from __future__ import annotations

import time

from mobius_tui.run.client.viewer import counted_as_viewer
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.waiting import PATIENCE, wait_for


async def test_who_is_present_counts_as_a_viewer(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    with counted_as_viewer(run.directory):
        reply = await run.intend("release")
        assert reply.text == "others watch this run; the host stays"
    deadline = time.monotonic() + PATIENCE
    while not (await run.intend("release")).ok:  # the host sees it soon
        assert time.monotonic() < deadline
    wait_for(lambda: run.directory.host_pid() is None)


async def test_it_is_no_matter_that_the_host_has_gone(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    run.kill_host()
    with counted_as_viewer(run.directory):
        assert run.directory.host_pid() is None
