"""The whole demo by mouse alone, in a real pseudo-terminal.

What asks for words gets them as the middle button gives them: pasted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from mobius_tui.drill.site import drill_site
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.conftest import Open
from tests.acceptance.driving import next_line
from tests.acceptance.terminal import Terminal
from tests.waiting import PATIENCE

NEXT = "Enter ▸"


def click_until(screen: Terminal, what: str, condition: Callable[[str], object]) -> str:
    """Click on a text until that has the effect; a new dialog is deaf at first."""
    deadline = time.monotonic() + PATIENCE
    while True:
        screen.click(what)
        calm = time.monotonic() + 2.0
        while time.monotonic() < calm:
            screen.read()
            text = screen.text()
            if condition(text):
                return text
        assert time.monotonic() < deadline, f"a click on {what!r} did nothing:\n{text}"


def shows(words: str) -> Callable[[str], bool]:
    return lambda text: words in text


def names(number: str) -> Callable[[str], bool]:
    return lambda text: number in next_line(text)


def proposes(number: str) -> Callable[[str], bool]:
    return lambda text: number in next_line(text) and "Not yet" not in text


def choose(screen: Terminal, option: str, then: str) -> None:
    """Click on an option of the next decision, and then on Decide."""
    click_until(screen, NEXT, shows("Not yet"))
    click_until(screen, option, lambda text: "[x]" in text.lower() or "(•)" in text)
    click_until(screen, "Decide    ", proposes(then))


def answer(screen: Terminal, words: str, then: str) -> None:
    """Paste what the next step asks for, and click that it is done."""
    click_until(screen, NEXT, shows("Not yet"))
    paste_until(screen, words)
    click_until(screen, "It is done", proposes(then))


def paste_until(screen: Terminal, words: str) -> None:
    """Paste into the line that has the focus, once its dialog takes it."""
    line = re.compile(rf"│ +{re.escape(words)} +│")
    deadline = time.monotonic() + PATIENCE
    while not line.search(screen.text()):
        screen.paste(words)
        calm = time.monotonic() + 2.0  # twice would be wrong
        while time.monotonic() < calm and not line.search(screen.text()):
            screen.read()
        assert time.monotonic() < deadline, screen.text()


@pytest.mark.drills
@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)])
def test_the_whole_demo_by_mouse_alone(terminal: Open, columns: int, rows: int) -> None:
    screen = terminal("demo", "--var", "monitor_for=7s", columns=columns, rows=rows)
    screen.until("Begin", 60)
    [folder] = drill_site.sites_root().iterdir()
    site = drill_site.open_site(folder)
    click_until(screen, "  Begin  ", shows("Enter ▸ Decide 1.1"))

    choose(screen, "[ ]", "2.1")
    for number in ("2.2", "2.3", "2.4"):
        click_until(screen, NEXT, proposes(number))
    choose(screen, "( )", "2.5")
    click_until(screen, NEXT, proposes("2.6"))
    click_until(screen, NEXT, shows("Not yet"))
    click_until(screen, "Decide  ", proposes("2.10"))  # the proposed one is marked
    answer(screen, "@incident-commander", "2.11")
    click_until(screen, NEXT, shows("Mark as told"))
    click_until(screen, "Mark as told", proposes("2.12"))
    click_until(screen, NEXT, shows("Not yet"))
    click_until(screen, "It is done", proposes("2.13"))
    answer(screen, "@ops", "3.1")
    click_until(screen, NEXT, shows("Run it"))
    click_until(screen, "Run it", proposes("3.5"))

    click_until(screen, NEXT, shows("Run it"))
    paste_until(screen, "production")
    click_until(screen, "Run it", lambda text: "Run it" not in text)
    screen.until(proposes("3.7"), 60)
    click_until(screen, NEXT, shows("Run it"))
    click_until(screen, "Run it", proposes("3.8"))
    click_until(screen, NEXT, proposes("6.1"))
    assert drill_site.request_site(site, "/health")[0] == 200
    for count in range(2, 11):
        # A click too many may have opened the dialog of the message already.
        click_until(screen, NEXT, names(f"6.{count}"))
    click_until(screen, NEXT, shows("Mark as told"))
    click_until(screen, "Mark as told", proposes("7.1"))
    for number in ("7.2", "7.3"):
        click_until(screen, NEXT, proposes(number))
    click_until(screen, NEXT, shows("Main PID"))
    screen.press("q")  # these two programs know keys alone
    screen.until(proposes("7.4"))
    click_until(screen, NEXT, shows("Filesystem"))
    screen.press("\x03")
    screen.until(proposes("7.5"))
    click_until(screen, NEXT, lambda text: "End the run" in next_line(text))
    click_until(screen, NEXT, shows("End it"))
    [run] = all_runs(runs_root())
    click_until(screen, "End it", lambda _: Follower(run).state.ended)
    screen.until("Your first drill")  # which may lie over all else
    deadline = time.monotonic() + PATIENCE
    while screen.child.isalive() and time.monotonic() < deadline:
        screen.click(" Leave ")
        screen.read(0.4)
    assert screen.over() == 0
    ended = Follower(run).state.ended
    assert ended is not None
    assert ended.outcome == "completed"
