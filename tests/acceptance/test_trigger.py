"""A trigger that fires, seen and handled in real terminals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mobius_tui.drill.site import drill_site
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.watch_intents import ArmWatch
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.acceptance.conftest import Open
from tests.acceptance.driving import CTRL_G, ENTER, fill, press_until
from tests.run.running import wait_for_state
from tests.run.watched_service import BOOK, book, invoked, service


def test_the_demo_is_repaired_by_itself_once_it_is_armed(terminal: Open) -> None:
    screen = terminal("demo", columns=80, rows=24)
    screen.until("Begin", 60)
    [folder] = drill_site.sites_root().iterdir()
    site = drill_site.open_site(folder)
    assert drill_site.request_site(site, "/health")[0] == 500
    press_until(screen, CTRL_G, lambda text: "Enter ▸ Decide 1.1" in text)
    screen.until("TRIGGER FIRED")
    screen.until("Nothing begins by itself")
    screen.until("2 of 4 · The trigger has fired")
    press_until(screen, "a", lambda text: "Type production to confirm" in text)
    fill(screen, "production")
    press_until(screen, ENTER, lambda text: "The rollback begins in" in text)
    screen.until("began the rollback", 30)
    screen.until(lambda text: "TRIGGER" not in text and "Enter ▸ Check 5.1" in text, 60)
    assert drill_site.request_site(site, "/health")[0] == 200
    [run] = all_runs(runs_root())
    watch = Follower(run).state.watch
    assert watch.rollback is not None
    assert watch.rollback.cause == "trigger"
    assert watch.rollback_passed


async def armed(tmp_path: Path, port: int) -> RunDirectory:
    path = tmp_path / "watched.toml"
    path.write_text(BOOK.format(port=port, grace="0.5s", where="staging"))
    directory = await start_new_run(prepare_briefing(load(path), given={}))
    await arm(directory)
    return directory


async def arm(directory: RunDirectory) -> None:
    viewer = Viewer(directory)
    reply = await viewer.send_intent(ArmWatch())
    assert reply.ok, reply.text
    await viewer.close()


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_viewer_frozen_or_killed_keeps_no_rollback_back(
    terminal: Open, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "well").touch()
    with service(tmp_path) as site:
        directory = await armed(tmp_path, site.port)
        screen = terminal("resume", directory.id)
        screen.until("ARMED")
        os.kill(screen.child.pid, how)
        (tmp_path / "well").unlink()
        wait_for_state(directory, lambda state: state.watch.rollback_passed)
        assert invoked(tmp_path) == ["automatic"]
        if how is signal.SIGSTOP:
            os.kill(screen.child.pid, signal.SIGCONT)
            screen.until("2 of")


async def test_any_viewer_can_hold_it_and_a_dialog_hides_no_banner(
    terminal: Open, tmp_path: Path
) -> None:
    (tmp_path / "well").touch()
    with service(tmp_path) as site:
        path = tmp_path / "watched.toml"
        path.write_text(book(site, grace="60s"))
        directory = await start_new_run(prepare_briefing(load(path), given={}))
        first = terminal("resume", directory.id)
        second = terminal("resume", directory.id, columns=80, rows=24)
        for screen in (first, second):
            screen.until("Enter ▸ Run 1.1")
        await arm(directory)
        first.until("ARMED")
        press_until(second, "n", lambda text: "Note on" in text)
        (tmp_path / "well").unlink()
        for screen in (first, second):
            screen.until("TRIGGER FIRED")
            screen.until("The rollback begins in")
        assert "Note on" in second.text()
        assert "Esc H" in second.text()
        press_until(second, "\x1b", lambda text: "Note on" not in text)
        press_until(second, "H", lambda text: "held the rollback" in text)
        first.until("held the rollback")
        assert invoked(tmp_path) == []
