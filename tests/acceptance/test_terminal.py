"""The program in a real terminal: killed, told to go, fed with hostile output."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.acceptance.conftest import Open
from tests.acceptance.driving import CTRL_G, ENTER, press_until, proposes
from tests.acceptance.script_runs import HOSTILE, RAW, begun, book, loop_until
from tests.acceptance.terminal import LEAVES_ALTERNATE_SCREEN, PROGRAM
from tests.run.running import wait_for_state
from tests.waiting import PATIENCE


def _passed(run: RunDirectory, step: str, _shown: str) -> bool:
    return Follower(run).state.steps[step].status == "passed"


async def test_a_killed_viewer_stops_nothing(terminal: Open, tmp_path: Path) -> None:
    go = tmp_path / "go"
    directory = await begun(book(tmp_path, loop_until(go, 7)))
    first = terminal("resume")
    first.until("line-")
    first.child.kill(signal.SIGKILL)
    first.over()
    keeper = directory.attempt("s1", 1).lock.read_text()
    second = terminal("resume", columns=80, rows=24)
    second.until("Back in")
    press_until(second, ENTER, lambda text: "line-" in text)
    assert directory.attempt("s1", 1).lock.read_text() == keeper
    go.touch()
    text = second.until("the-end")
    text = second.until("failed")
    assert "exit 7" in second.until("exit 7") or text
    state = Follower(directory).state
    assert state.steps["s1"].last_attempt is not None
    assert state.steps["s1"].last_attempt.exit == 7


async def test_a_killed_host_is_seen_and_resumed(
    terminal: Open, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    directory = await begun(book(tmp_path, loop_until(go, 0)))
    screen = terminal("resume")
    screen.until("line-")
    pid = directory.host_pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    screen.until(lambda text: "alive" not in text.split("\n")[0])
    screen.close()
    again = terminal("resume")
    again.until("alive")
    go.touch()
    again.until("the-end")
    wait_for_state(directory, lambda state: state.steps["s1"].status == "passed")
    assert directory.host_pid() not in (None, pid)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT]
)
async def test_a_viewer_that_is_told_to_go_restores_the_screen(
    terminal: Open, tmp_path: Path, number: signal.Signals
) -> None:
    directory = await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    screen = terminal("resume")
    screen.until("line-")
    screen.child.kill(number)
    assert screen.over() == 130
    assert LEAVES_ALTERNATE_SCREEN in bytes(screen.raw)
    assert directory.host_pid() is not None


async def test_hostile_output_reaches_no_terminal(
    terminal: Open, tmp_path: Path
) -> None:
    payload = b"".join(name.encode() + b" " + data + b"\n" for name, data in HOSTILE)
    (tmp_path / "payload").write_bytes(payload + b"all-of-it\n")
    wait = f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"
    directory = await begun(book(tmp_path, f"cat {tmp_path}/payload; {wait}"))
    screen = terminal("resume")
    screen.until("Back in")
    press_until(screen, ENTER, lambda shown: "Back in" not in shown)
    text = screen.until("[@click=app.quit]press[/]")
    assert "all-of-it" in text
    assert "[/x]" in text
    raw = bytes(screen.raw)
    for found in RAW:
        assert b"\x1b" + found.lstrip(b"\x1b") not in raw, found
    assert "\u202e".encode() not in raw
    assert b"\xc2\x9b" not in raw
    assert raw.count(b"\x1bc") == 0
    assert Follower(directory).state.steps["s1"].status == "running"
    (tmp_path / "go").touch()


def test_into_a_pipe_goes_plain_text(tmp_path: Path, ended: None) -> None:
    assert ended is None
    runbook = book(tmp_path, "printf '\\033]52;c;aGFja2Vk\\007 hi\\n'")
    done = subprocess.run(
        [PROGRAM, "run", str(runbook.path), "--auto"],
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"]52;c;" in done.stdout
    assert b"COMPLETED" in done.stdout


def test_a_run_begins_from_its_briefing(terminal: Open, tmp_path: Path) -> None:
    runbook = book(tmp_path, "echo first-output", "echo second-output")
    screen = terminal("run", str(runbook.path), columns=80, rows=24)
    screen.until("Begin")
    assert all_runs(runs_root()) == ()
    press_until(screen, CTRL_G, proposes("1.1"))
    [run] = all_runs(runs_root())
    for step in ("s1", "s2"):
        press_until(screen, ENTER, partial(_passed, run, step))


async def test_a_storm_of_resizes_breaks_nothing(
    terminal: Open, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    directory = await begun(book(tmp_path, loop_until(go, 0), "true"))
    screen = terminal("resume")
    screen.until("Back in")
    press_until(screen, ENTER, lambda text: "line-" in text and "Back in" not in text)
    sizes = random.Random(7)
    for _ in range(200):
        screen.resize(sizes.randint(10, 300), sizes.randint(3, 100))
        screen.read(0.01)
    for columns, rows in ((24, 5), (60, 15), (80, 24), (120, 36)):
        screen.resize(columns, rows)
        small = columns < 40 or rows < 10
        screen.until("Too small: needs 40" if small else "is running")
    screen.until(lambda text: all(map(is_framed, text.split("\n")[1:-2])))
    go.touch()
    press_until(screen, "\x1b", proposes("1.2"))
    press_until(screen, ENTER, partial(_passed, directory, "s2"))
    assert Follower(directory).state.steps["s1"].status == "passed"


def is_framed(row: str) -> bool:
    """Whether the edges of the panes stand in their places, at 120 columns."""
    return all(row[x] in EDGES for x in (0, 41, 42, 119))


EDGES = "│┃╭╮╰╯┏┓┗┛─━"
WIDE = (
    "数据库 \u2764\ufe0f \U0001f44d\U0001f3fd \U0001f469\u200d\U0001f467 e\u0301 שלום"
)


async def test_no_width_of_a_text_moves_a_border_in_a_terminal(
    terminal: Open, tmp_path: Path
) -> None:
    script = f"for n in $(seq 40); do echo '{WIDE}' $n; done"
    path = book(tmp_path, script).path
    path.write_text(path.read_text().replace('"Step 1"', f'"{WIDE}"'))
    directory = await start_new_run(prepare_briefing(load(path), given={}))
    screen = terminal("resume", directory.id)
    press_until(screen, ENTER, partial(_passed, directory, "s1"))
    screen.until(lambda text: "40 lines" in text and "End the run" in text)
    cells = screen.screen.buffer
    for y in range(1, 34):
        for x in (0, 41, 42, 119):
            assert cells[y][x].data in EDGES, (x, y, screen.text())
