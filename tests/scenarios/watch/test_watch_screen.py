"""`mobius-tui watch` on a terminal: the health, with the whole room."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.watch.watch_run import MAX_VIEWER_ABSENCE
from tests.acceptance.conftest import Open
from tests.acceptance.driving import CTRL_Z, ENTER, job, press_until, program_of
from tests.acceptance.terminal import Terminal
from tests.run.running import wait_for_state
from tests.run.watched_service import Service, book, far, invoked
from tests.waiting import wait_for

Screen = Callable[..., Terminal]


@pytest.fixture
def screen(terminal: Open, site: Service, folder: Path) -> Screen:
    """Begin a watch on a terminal, and wait until it shows that all is well."""

    def go(
        *words: str,
        columns: int = 120,
        rows: int = 36,
        change: Callable[[str], str] = str,
    ) -> Terminal:
        path = folder / "book.toml"
        path.write_text(change(book(site).replace("50ms", "200ms", 1)))
        found = terminal("watch", str(path), *words, columns=columns, rows=rows)
        found.until("API is ok")
        return found

    return go


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)])
def test_a_trigger_and_the_rollback_are_seen(
    screen: Screen, folder: Path, columns: int, rows: int
) -> None:
    shown = screen("--auto-rollback", columns=columns, rows=rows)
    shown.until("ARMED")
    text = shown.until("0 of 3 failures")  # once the first check is in
    assert "1.1 Look" not in text.split("Enter")[0], "health has the whole room"
    (folder / "well").unlink()
    shown.until("TRIGGER FIRED")
    shown.until("The run has ended: failed")
    press_until(shown, "q", lambda text: "summary: a trigger fired" in text)
    assert shown.over() == 1
    assert "rollback: began" in shown.text()
    assert invoked(folder) == ["automatic"]


def test_what_an_armed_trigger_mistakes_is_said_on_the_screen(screen: Screen) -> None:
    shown = screen("--auto-rollback", "--duration", "30s", change=far)
    shown.until("no `witness` is named")
    press_until(shown, "q", lambda text: "Leave?" in text)
    press_until(shown, ENTER, lambda text: "summary: " in text)


@pytest.mark.parametrize(
    ("lasts", "left"),
    [("10m", r" WATCH   \d:\d\d left "), ("0", "until somebody ends")],
)
def test_it_shows_that_it_watches_and_offers_to_run_nothing(
    screen: Screen, lasts: str, left: str
) -> None:
    shown = screen("--duration", lasts)
    text = shown.until(lambda text: "Watching, " in text and " 0 ┤" in text)
    assert re.search(left, text)
    assert "a trigger that fires only says so" in text
    assert "INCIDENT" not in text
    assert "Run 1.1" not in text
    rows = text.splitlines()
    [base] = [number for number, row in enumerate(rows) if " 0 ┤" in row]
    assert base > 25, "the chart takes the room that there is"
    shown.press(ENTER)
    press_until(shown, "q", lambda text: "Leave?" in text)
    [run] = all_runs(runs_root())
    steps = Follower(run).state.steps.values()
    assert not any(step.attempts for step in steps)
    press_until(shown, ENTER, lambda text: "summary: " in text)


@pytest.mark.parametrize("detach", [True, False])
def test_leaving_says_whether_it_goes_on(screen: Screen, detach: bool) -> None:
    shown = screen(*(["--detach"] if detach else []))
    press_until(shown, "q", lambda text: "Leave?" in text)
    if detach:
        shown.until("It goes on without this screen")
    else:
        shown.until("begun without --detach ends with its last viewer")
    press_until(shown, ENTER, lambda text: "summary: " in text)
    assert shown.over() == (130 if detach else 3)
    [run] = all_runs(runs_root())
    if detach:
        assert "left; the watch goes on; `mobius-tui resume " in shown.text()
        assert Follower(run).state.ended is None
    else:
        assert "its screen was left (" in shown.text()
        wait_for(lambda: run.host_pid() is None)


def test_a_run_that_somebody_works_stays_open(screen: Screen) -> None:
    shown = screen()
    [run] = all_runs(runs_root())
    press_until(shown, "1", lambda text: "1.1 Look" in text)
    press_until(shown, "j", lambda text: "Watching, " not in text)
    # Who goes to a step means it.
    press_until(shown, "k", lambda text: "Run 1.1 Look" in text)
    press_until(
        shown, ENTER, lambda _: Follower(run).state.steps["look"].status == "passed"
    )
    press_until(shown, "q", lambda text: "Leave?" in text)
    shown.until("It goes on without this screen")
    press_until(shown, ENTER, lambda text: "summary: " in text)
    assert shown.over() == 130
    assert "left; the run stays open" in shown.text()
    assert Follower(run).state.ended is None


def test_settings_that_are_wrong_are_told_before_anything_begins(
    terminal: Open, site: Service, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "config" / "mobius-tui").mkdir(parents=True)
    (tmp_path / "config" / "mobius-tui" / "config.toml").write_text("nonsense = 1\n")
    path = folder / "book.toml"
    path.write_text(book(site))
    shown = terminal("watch", str(path))
    assert shown.over() == 2
    assert not (folder / "monitor_logs").exists()
    assert all_runs(runs_root()) == ()


def test_a_terminal_that_goes_away_ends_it(screen: Screen) -> None:
    shown = screen("--auto-rollback")
    shown.child.close(force=False)
    [run] = all_runs(runs_root())
    wait_for_state(run, lambda state: state.ended)
    ended = Follower(run).state.ended
    assert ended is not None
    assert ended.outcome == "abandoned"


def test_one_who_stopped_the_screen_is_still_there(
    terminal: Open, site: Service, folder: Path
) -> None:
    """Stopped by Ctrl+Z for longer than a watch goes on with nobody there."""
    path = folder / "book.toml"
    path.write_text(book(site).replace("50ms", "200ms", 1))
    shell = job(terminal, f"watch {path}")
    shell.until("API is ok")
    [run] = all_runs(runs_root())
    process = program_of(shell)
    stopped = time.monotonic()
    shell.press(CTRL_Z)
    wait_for(lambda: process.status() == psutil.STATUS_STOPPED)
    wait_for(lambda: time.monotonic() > stopped + MAX_VIEWER_ABSENCE + 1)
    assert Follower(run).state.ended is None
    shell.press("fg\n")
    shell.until("API is ok")
    press_until(shell, "q", lambda text: "Leave?" in text)
    press_until(shell, ENTER, lambda text: "its screen was left" in text)
    wait_for_state(run, lambda state: state.ended)
