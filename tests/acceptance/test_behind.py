"""A terminal that takes nothing for a while is sent what is new then, and no more."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.acceptance.conftest import Open
from tests.acceptance.driving import press_until
from tests.acceptance.script_runs import begun, book
from tests.waiting import wait_for

ESC, CTRL_L = "\x1b", "\x0c"
COLUMNS, ROWS = 200, 50
LINES = 200
"""Lines that come meanwhile, some fifty a second: each frame is another picture."""
COLOURS = """
import pathlib, random, sys, time
number = 0
while not pathlib.Path(sys.argv[1]).exists():
    number += 1
    parts = ["\\33[38;2;%d;%d;%dm%05d" % (*random.randbytes(3), number)]
    parts += ["\\33[38;2;%d;%d;%dmxxxxx" % (*random.randbytes(3),) for _ in range(15)]
    print("".join(parts), flush=True)
    time.sleep(0.02)
print("\\33[0mthe-end")
"""
KERNEL = 64 * 1024
"""Bytes that the terminal holds for whoever reads them, at most."""


async def test_what_a_terminal_did_not_take_does_not_pile_up(
    terminal: Open, tmp_path: Path
) -> None:
    program = tmp_path / "colours.py"
    program.write_text(COLOURS)
    go = tmp_path / "go"
    run = await begun(book(tmp_path, f"{sys.executable} {program} {go}"))
    screen = terminal("resume", columns=COLUMNS, rows=ROWS)
    screen.until("Back in")
    press_until(screen, ESC, lambda shown: "Back in" not in shown)
    screen.until(lambda shown: shown.count("xxxxx") > 15 * ROWS // 2)
    output = run.attempt("s1", 1).output

    def printed() -> int:
        return output.read_bytes().count(b"\n")

    had, before = len(screen.raw), printed()
    wait_for(lambda: printed() >= before + LINES)
    go.touch()
    screen.until("the-end")
    taken = len(screen.raw) - had

    had = len(screen.raw)
    screen.press(CTRL_L)  # draws all of it
    while not screen.read():
        pass
    while screen.read(0.5):
        pass
    whole = len(screen.raw) - had
    assert taken <= KERNEL + 3 * whole
