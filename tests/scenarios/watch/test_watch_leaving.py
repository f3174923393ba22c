"""Who goes while a watch goes on: signals, a terminal's end, `kill -9`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.events.run_events import NoteAdded, RunEnded
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.acceptance.conftest import Open
from tests.run.running import wait_for_state
from tests.run.watched_service import Service, book, invoked
from tests.scenarios.watch.conftest import StartWatch, Watch
from tests.waiting import PATIENCE, wait_for


def checks(watching: Watch) -> int:
    return watching.run.health.read_bytes().count(b'"kind":"check"')


def rollbacks(watching: Watch) -> int:
    entries = Follower(watching.run).initial_entries
    return sum(isinstance(entry.event, RollbackBegan) for entry in entries)


def goes_on(watching: Watch) -> bool:
    """Whether checks are still made."""
    before = checks(watching)
    wait_for(lambda: checks(watching) > before + 1)
    return watching.state.ended is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_leaving_ends_it(watch: StartWatch, folder: Path, number: int) -> None:
    watching = watch("--auto-rollback")
    watching.until("ok: api")
    watching.send(number)
    assert watching.code() == 3
    assert "ABANDONED" in watching.out
    assert "ended the watch" in watching.out
    assert "checks of api: " in watching.out
    state = watching.over()
    assert state.ended is not None
    assert state.ended.outcome == "abandoned"
    (folder / "well").unlink()
    assert invoked(folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_leaving_a_detached_watch_leaves_it_going(
    watch: StartWatch, folder: Path, number: int
) -> None:
    watching = watch("--auto-rollback", "--detach")
    watching.until("ok: api")
    watching.send(number)
    assert watching.code() == 130
    way = f"the watch goes on; `mobius-tui resume {watching.run.id}`"
    assert way in watching.out
    assert goes_on(watching)
    (folder / "well").unlink()
    state = watching.over()
    assert state.watch.rollback_passed
    assert invoked(folder) == ["automatic"]


def test_detached_it_prints_on_after_a_hangup_where_that_is_read(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--detach")
    watching.until("ok: api")
    watching.send(signal.SIGHUP)
    (folder / "well").unlink()
    assert watching.code() == 1
    assert "trigger fired: 3 checks of api failed in a row" in watching.out
    assert "summary: " in watching.out


@pytest.mark.parametrize("detach", [True, False])
def test_a_terminal_that_goes_away(
    terminal: Open, watch: StartWatch, site: Service, folder: Path, detach: bool
) -> None:
    del watch  # its host ends with the test
    path = folder / "book.toml"
    path.write_text(book(site).replace("50ms", "200ms", 1))
    words = ["--detach"] if detach else []
    screen = terminal("watch", str(path), "--plain", "--auto-rollback", *words)
    screen.until("ok: api")
    screen.child.ptyproc.fileobj.close()  # the terminal alone: nobody kills anything
    wait_for(lambda: not screen.child.isalive())
    [run] = all_runs(runs_root())
    if detach:
        (folder / "well").unlink()
        wait_for_state(run, lambda state: state.ended)
        assert Follower(run).state.watch.rollback_passed
        assert invoked(folder) == ["automatic"]
    else:
        wait_for_state(run, lambda state: state.ended)
        ended = [
            e.event
            for e in Follower(run).initial_entries
            if isinstance(e.event, RunEnded)
        ]
        assert ended[0].outcome == "abandoned"


def test_killed_it_still_rolls_back_once_where_it_was_detached(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback", "--detach")
    watching.until("armed: ")
    watching.kill()
    [log] = (folder / "monitor_logs").iterdir()
    (folder / "well").unlink()
    state = watching.over()
    assert state.watch.rollback_passed
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert invoked(folder) == ["automatic"]
    assert rollbacks(watching) == 1
    rows = log.read_text().splitlines()
    assert len(rows) == checks(watching)
    assert sum("|500|" in row for row in rows) >= 3


def test_killed_it_ends_soon_where_it_was_not_detached(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback")
    watching.until("ok: api")
    watching.kill()
    state = watching.over()
    assert state.ended is not None
    assert state.ended.outcome == "abandoned"
    assert "whoever began the watch is gone" in state.ended.reason
    (folder / "well").unlink()
    assert invoked(folder) == []


def test_ctrl_c_in_the_countdown_ends_it_without_a_rollback(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback", grace=f"{PATIENCE:.0f}s")
    watching.until("armed: ")
    (folder / "well").unlink()
    watching.until("the rollback begins in ")
    watching.send(signal.SIGINT)
    assert watching.code() == 3
    state = watching.over()
    assert state.ended is not None
    assert "no rollback was begun" in state.ended.reason
    assert rollbacks(watching) == 0
    assert invoked(folder) == []


def test_a_hangup_in_the_countdown_does_not_hold_the_rollback(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback", grace="2s")
    watching.until("armed: ")
    (folder / "well").unlink()
    watching.until("the rollback begins in ")
    watching.send(signal.SIGHUP)
    assert watching.code() == 130
    assert "left; the rollback goes on" in watching.out
    state = watching.over()
    assert state.watch.rollback_passed
    assert invoked(folder) == ["automatic"]


def test_ctrl_c_does_not_end_a_rollback(watch: StartWatch, folder: Path) -> None:
    def slow(text: str) -> str:
        return text.replace(
            "echo automatic >> invoked", "echo automatic >> invoked\nsleep 2"
        )

    watching = watch("--auto-rollback", change=slow)
    watching.until("armed: ")
    (folder / "well").unlink()
    watching.until("started: A.1")
    watching.send(signal.SIGINT)
    assert watching.code() == 130
    assert "left; the rollback goes on" in watching.out
    state = watching.over()
    assert state.watch.rollback_passed
    assert invoked(folder) == ["automatic"]


async def test_a_host_that_dies_is_taken_over_for_the_time_that_is_left(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback", "--detach", "--duration", "8s")
    watching.until("ok: api")
    pid = watching.run.host_pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert watching.code() == 4
    [log] = (folder / "monitor_logs").iterdir()
    before = len(log.read_text().splitlines())
    await resume_run(watching.run, load(folder / "book.toml"))
    state = watching.over()
    assert state.ended is not None
    assert (state.ended.outcome, state.watch.armed) == ("completed", False)
    assert state.watch.disarm_reason == "its host ended; arm it again"
    assert state.ended_at is not None
    assert state.ended_at - state.watch.watch_run_began_at >= 8
    assert len(log.read_text().splitlines()) > before


async def test_a_log_that_cannot_be_written_is_told(
    watch: StartWatch, folder: Path, tmp_path: Path
) -> None:
    watching = watch("--detach", "--duration", "6s")
    watching.until("ok: api")
    pid = watching.run.host_pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert watching.code() == 4
    [log] = (folder / "monitor_logs").iterdir()
    log.unlink()
    victim = tmp_path / "victim"
    victim.touch()
    log.symlink_to(victim)
    await resume_run(watching.run, load(folder / "book.toml"))
    watching.over()
    entries = Follower(watching.run).initial_entries
    [note] = [e.event.text for e in entries if isinstance(e.event, NoteAdded)]
    assert str(log) in note
    assert "checks are no longer logged" in note
    assert victim.read_bytes() == b""


def test_ctrl_c_gets_away_from_a_host_that_does_not_answer(watch: StartWatch) -> None:
    watching = watch()
    watching.until("ok: api")
    pid = watching.run.host_pid()
    assert pid
    os.kill(pid, signal.SIGSTOP)
    watching.send(signal.SIGINT)
    try:
        assert watching.code() == 130
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "not ended: its host does not answer" in watching.out
