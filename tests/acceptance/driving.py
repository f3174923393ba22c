"""Drives the program in a terminal: keys, what they did, the processes behind it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import psutil

from tests.acceptance.conftest import Open
from tests.acceptance.terminal import PROGRAM, Terminal
from tests.waiting import PATIENCE

ENTER = "\r"
CTRL_G, CTRL_Z = "\x07", "\x1a"
CLEAR = "\x15"
"""Empties a line: of what was typed too early, the end may be there."""


def next_line(text: str) -> str:
    """What Enter does, as the screen says."""
    found = re.search(r"Enter ▸ (.*?)\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def proposes(number: str) -> Callable[[str], bool]:
    """Whether a step is what Enter does next."""
    return lambda text: number in next_line(text)


def press_until(
    terminal: Terminal,
    key: str,
    condition: Callable[[str], object],
    patience: float = 0.4,
) -> str:
    """Press a key until the screen has taken it: a new dialog takes none at first.

    Where the machine is slow, each press waits longer than the one before: what is
    pressed once more than is needed goes to whatever comes next.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        terminal.press(key)
        calm = time.monotonic() + patience
        while time.monotonic() < calm:
            terminal.read()
            text = terminal.text()
            if condition(text):
                return text
        patience *= 2
        assert time.monotonic() < deadline, f"{key!r} did nothing:\n{text}"


def dialog(terminal: Terminal, words: str) -> str:
    """Open the dialog of the step that is proposed."""
    return press_until(terminal, ENTER, lambda text: words in text)


def fill(screen: Terminal, text: str) -> None:
    """Type into the line that has the focus, once its dialog takes all of it."""
    field = re.compile(rf"│ +{re.escape(text)} *[│▌]")  # or a notice's edge
    press_until(screen, CLEAR + text, field.search, 2.0)


def job(terminal: Open, words: str) -> Terminal:
    """The program as a job of an interactive shell."""
    shell = terminal("--norc", "--noprofile", "-i", program="/bin/bash", PS1="prompt> ")
    shell.until("prompt> ")
    shell.press(f"{PROGRAM} {words}\r")
    return shell


def program_of(shell: Terminal) -> psutil.Process:
    [child] = psutil.Process(shell.child.pid).children()
    return child


def is_there(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(screen: Terminal, condition: Callable[[], object]) -> None:
    """Draw what comes until a condition holds that is none of the screen."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        screen.read()
        assert time.monotonic() < deadline, f"it did not come:\n{screen.text()}"
