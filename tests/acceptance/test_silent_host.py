"""A host that lives and does nothing: said at once, and nothing is done late."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.control_protocol import MAX_INTENT_AGE
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.acceptance.conftest import Open
from tests.acceptance.driving import ENTER, press_until
from tests.acceptance.script_runs import begun, book, loop_until
from tests.waiting import wait_for


@contextmanager
def stopped(directory: RunDirectory) -> Iterator[int]:
    """The host of a run stands still while the block lasts."""
    host = directory.host_pid()
    assert host is not None
    os.kill(host, signal.SIGSTOP)
    try:
        yield host
    finally:
        os.kill(host, signal.SIGCONT)


async def test_a_host_that_stands_still_is_told_of_and_begins_nothing_late(
    terminal: Open, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    directory = await start_new_run(
        prepare_briefing(book(tmp_path, f"touch {began}"), given={})
    )
    screen = terminal("resume", directory.id, columns=80, rows=24)
    lines = terminal("resume", directory.id, "--plain")
    screen.until("Enter ▸ Run 1.1")
    with stopped(directory) as host:
        asked = time.monotonic()
        screen.press(ENTER)
        screen.until("✖ host silent")
        screen.until(f"kill -CONT {host}")
        lines.until(f"process {host}, gives no sign of life")
        wait_for(lambda: time.monotonic() > asked + MAX_INTENT_AGE + 1)
    screen.until("nothing was done")
    lines.until("the host answers again")
    screen.until("● alive")
    assert not Follower(directory).state.steps["s1"].attempts
    assert not began.exists()
    press_until(screen, ENTER, lambda _: began.exists())
    screen.until("✔ passed")


async def test_what_runs_can_be_stopped_while_its_host_stands_still(
    terminal: Open, tmp_path: Path
) -> None:
    directory = await begun(book(tmp_path, loop_until(tmp_path / "go", 7)))
    screen = terminal("resume", directory.id, columns=80, rows=24)
    screen.until("Back in")
    press_until(screen, ENTER, lambda text: "line-" in text and "Back in" not in text)
    attempt = directory.attempt("s1", 1)
    with stopped(directory):
        screen.until("✖ host silent")
        assert not attempt.exit.exists()
        press_until(screen, "q", lambda text: "Its host gives no sign of life" in text)
        press_until(screen, "\x1b", lambda text: "Leave?" not in text)
        screen.press("x")
        screen.until("its keeper was asked to stop")
        wait_for(attempt.exit.exists)
        assert Follower(directory).state.steps["s1"].status == "running"
    screen.until("■ stopped")
    assert Follower(directory).state.steps["s1"].status == "stopped"
