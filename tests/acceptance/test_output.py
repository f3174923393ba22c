"""Hostile output in a real terminal: found, copied, opened, and never obeyed."""

from __future__ import annotations

import base64
import re
import signal
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.backend.clipboard import COPY_FILE
from tests.acceptance.conftest import Open
from tests.acceptance.driving import ENTER, is_there, press_until, wait_until
from tests.acceptance.script_runs import HOSTILE, RAW, begun, book
from tests.acceptance.terminal import Terminal
from tests.waiting import wait_for

ESC = "\x1b"
SHORT = {"PATH": "/usr/bin:/bin", "TMUX": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
"""No clipboard but the terminal's."""


def mouse(column: int, row: int, button: int = 0, *, up: bool = False) -> str:
    """What a terminal sends for the mouse, by column and row from 0."""
    return f"\x1b[<{button};{column + 1};{row + 1}{'m' if up else 'M'}"


def drag(screen: Terminal, start: tuple[int, int], end: tuple[int, int]) -> None:
    screen.press(mouse(*start) + mouse(*end, 32) + mouse(*end, up=True))


def place_of(screen: Terminal, words: str) -> tuple[int, int]:
    """Where a text stands in the output pane: the last row that has it."""
    rows = screen.screen.display
    found = [(row.rindex(words), y) for y, row in enumerate(rows) if words in row]
    return found[-1]


def assert_nothing_raw(screen: Terminal) -> None:
    raw = bytes(screen.raw)
    # What we send to the clipboard is ours; anything else that begins so is not.
    raw = re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", b"", raw)
    for found in RAW:
        assert b"\x1b" + found.lstrip(b"\x1b") not in raw, found
    assert "\u202e".encode() not in raw
    assert b"\xc2\x9b" not in raw
    assert b"\x1bc" not in raw


async def opened(
    terminal: Open, folder: Path, script: str, **env: str
) -> tuple[Terminal, RunDirectory]:
    """The run screen over a step that prints, with the output pane in focus."""
    directory = await begun(book(folder, script))
    screen = terminal("resume", **{**SHORT, **env})
    screen.until("Back in")
    press_until(screen, ENTER, lambda shown: "Back in" not in shown)
    screen.until("all-of-it")
    press_until(screen, "2", lambda shown: "C All" in shown)
    return screen, directory


def hostile_script(folder: Path) -> str:
    payload = b"".join(name.encode() + b" " + data + b"\n" for name, data in HOSTILE)
    (folder / "payload").write_bytes(payload + b"all-of-it\n")
    return f"cat {folder}/payload; until [ -e {folder}/go ]; do sleep 0.05; done"


async def test_hostile_output_is_found_selected_and_copied(
    terminal: Open, tmp_path: Path
) -> None:
    screen, directory = await opened(terminal, tmp_path, hostile_script(tmp_path))
    press_until(screen, "/", lambda shown: "Find " in shown)
    screen.press("]52;c")
    screen.until("1 of 1")
    copied = directory.path / COPY_FILE
    press_until(screen, ENTER, lambda shown: "1 of 1  n N Esc" in shown)
    screen.press("c")
    wait_until(screen, copied.exists)
    assert copied.read_text() == "clipboard ␛]52;c;aGFja2Vk␇"
    sent = base64.b64encode(copied.read_bytes())
    wait_until(screen, lambda: b"\x1b]52;c;" + sent + b"\x07" in screen.raw)
    screen.until("Sent 1 line to the terminal")
    press_until(screen, ESC, lambda shown: "n N Esc" not in shown)
    column, row = place_of(screen, "title ␛]0;owned")
    drag(screen, (column, row), (column + 7, row))
    screen.press("\x03")
    wait_until(screen, lambda: copied.read_text() == "title ␛]")
    screen.press("C")
    wait_until(screen, lambda: "all-of-it" in copied.read_text())
    assert ESC not in copied.read_text()
    assert_nothing_raw(screen)
    state = Follower(directory).state
    assert state.steps["s1"].status == "running", "no key was pressed but ours"
    assert [own.attempts for own in state.steps.values()][1:] == []
    (tmp_path / "go").touch()


async def test_pager_and_editor_get_a_harmless_copy(
    terminal: Open, tmp_path: Path
) -> None:
    program = tmp_path / "reader"
    program.write_text(
        f'#!/bin/sh\ncat "$@" > {tmp_path}/seen; echo $LESSSECURE $# >> '
        f"{tmp_path}/seen\n"
    )
    program.chmod(0o755)
    screen, directory = await opened(
        terminal,
        tmp_path,
        hostile_script(tmp_path),
        PAGER=str(program),
        EDITOR=str(program),
        VISUAL="",
    )
    seen = tmp_path / "seen"
    for key, padding in (("o", ""), ("e", "\n" * 5)):
        press_until(screen, key, lambda _: seen.exists())
        screen.until("C All")
        text = seen.read_text()
        assert text.startswith(f"{padding}clipboard ␛]52;c;aGFja2Vk␇\n")
        assert text.endswith(f"all-of-it\n{padding}1 1\n")
        assert ESC not in text
        seen.unlink()
    assert not list(directory.path.glob(".reading-*"))
    assert_nothing_raw(screen)
    (tmp_path / "go").touch()


async def test_less_shows_it_and_comes_back(terminal: Open, tmp_path: Path) -> None:
    screen, _ = await opened(
        terminal, tmp_path, hostile_script(tmp_path), PAGER="less -FX", LESS=""
    )
    press_until(screen, "o", lambda shown: "(END)" in shown or "Checklist" not in shown)
    screen.until(lambda shown: "clipboard ␛]52" in shown and "Checklist" not in shown)
    press_until(screen, "q", lambda shown: "C All" in shown)
    assert_nothing_raw(screen)
    (tmp_path / "go").touch()


async def test_it_is_saved_where_nothing_was(terminal: Open, tmp_path: Path) -> None:
    screen, _ = await opened(terminal, tmp_path, hostile_script(tmp_path))
    (tmp_path / "mine").write_text("mine")
    press_until(screen, "S", lambda shown: "s1.1.txt" in shown)
    press_until(screen, "\x15", lambda shown: "s1.1.txt" not in shown)
    screen.press(f"{tmp_path}/mine{ENTER}")
    screen.until("There is such a file already")
    screen.press(f"2{ENTER}")
    screen.until("Saved ")
    saved = tmp_path / "mine2"
    assert "␛]52;c;aGFja2Vk␇" in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mine").read_text() == "mine"
    (tmp_path / "go").touch()


STUBBORN = "trap '' TERM HUP QUIT; while :; do sleep 0.1; done"


@pytest.mark.parametrize(
    ("number", "stubborn"),
    [
        (signal.SIGTERM, STUBBORN),
        (signal.SIGHUP, STUBBORN),
        (signal.SIGQUIT, "exec sleep 600"),
    ],
)
async def test_told_to_go_it_leaves_no_pager_behind_and_no_copy(
    terminal: Open, tmp_path: Path, number: signal.Signals, stubborn: str
) -> None:
    pager = tmp_path / "reader"
    pager.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new "
        f"{tmp_path}/pid\nstty -icanon -echo\n{stubborn}\n"
    )
    pager.chmod(0o755)
    script = hostile_script(tmp_path)
    screen, directory = await opened(terminal, tmp_path, script, PAGER=str(pager))
    pid = tmp_path / "pid"
    press_until(screen, "o", lambda _: pid.exists())
    reader = psutil.Process(int(pid.read_text()))
    screen.child.kill(number)
    assert screen.over() == 130
    assert not reader.is_running()
    assert not list(directory.path.glob(".reading-*"))
    assert directory.host_pid() is not None
    (tmp_path / "go").touch()


async def test_a_terminal_that_goes_takes_the_pager_and_its_copy_along(
    terminal: Open, tmp_path: Path
) -> None:
    pager = tmp_path / "reader"
    pager.write_text(f"#!/bin/sh\n: > {tmp_path}/seen; exec sleep 600\n")
    pager.chmod(0o755)
    script = hostile_script(tmp_path)
    screen, directory = await opened(terminal, tmp_path, script, PAGER=str(pager))
    press_until(screen, "o", lambda _: (tmp_path / "seen").exists())
    viewer = psutil.Process(screen.child.pid)
    [reader] = viewer.children()
    screen.vanish()
    wait_for(lambda: not is_there(viewer) and not is_there(reader))
    assert not list(directory.path.glob(".reading-*"))
    (tmp_path / "go").touch()
