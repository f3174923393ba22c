"""The whole demo by keys alone, in a real pseudo-terminal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mobius_tui.drill.site import drill_site
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS
from tests.acceptance.conftest import Open
from tests.acceptance.driving import (
    CTRL_G,
    ENTER,
    dialog,
    fill,
    next_line,
    press_until,
    proposes,
)
from tests.acceptance.terminal import Terminal
from tests.waiting import PATIENCE

NOTHING_MARKED = "Choose at least one of them first"


def is_marked(text: str) -> bool:
    """Whether an answer of the first decision is marked, and nothing told of none."""
    return "[x]" in text.lower() and NOTHING_MARKED not in text


def decided_or_told(text: str) -> bool:
    """Whether the first decision is made, or wants a mark before."""
    return NOTHING_MARKED in text or "2.1" in next_line(text)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [pytest.param(120, 36, marks=pytest.mark.drills), (80, 24)],
)
def test_the_whole_demo_by_keys_alone(terminal: Open, columns: int, rows: int) -> None:
    screen = terminal("demo", "--var", "monitor_for=7s", columns=columns, rows=rows)
    screen.until("Begin", 60)
    [folder] = drill_site.sites_root().iterdir()
    site = drill_site.open_site(folder)
    assert drill_site.request_site(site, "/health")[0] == 500
    press_until(screen, CTRL_G, lambda text: "Enter ▸ Decide 1.1" in text)

    dialog(screen, "Not yet")
    # A second press, on a slow machine, takes the mark away again.
    text = NOTHING_MARKED
    while NOTHING_MARKED in text:
        press_until(screen, " ", is_marked)
        text = press_until(screen, ENTER, decided_or_told)
    for number in ("2.2", "2.3", "2.4"):
        press_until(screen, ENTER, proposes(number))
    dialog(screen, "Not yet")
    press_until(screen, " ", lambda text: "(•)" in text, 2.0)
    press_until(screen, ENTER, lambda text: "2.5" in next_line(text))
    press_until(screen, ENTER, proposes("2.6"))
    text = dialog(screen, "Not yet")
    assert "proposed: intact" in text, "the one that is proposed is marked"
    press_until(screen, ENTER, proposes("2.13"))
    press_until(screen, ENTER, proposes("2.16"))
    answer(screen, "@ops", "3.5")

    # What destroys wants the environment's name.
    dialog(screen, "Run it")
    fill(screen, "production")
    press_until(screen, ENTER, lambda text: "Run it" not in text, 2.0)
    screen.until(proposes("3.10"))
    assert drill_site.request_site(site, "/health")[0] == 500, (
        "nothing is restarted yet"
    )
    dialog(screen, "Run it")
    press_until(screen, ENTER, lambda text: "Run it" not in text, 5.0)
    screen.until(proposes("3.11"))
    # While it is looked whether it is back, people are told.
    press_until(screen, ENTER, proposes("3.12"))
    dialog(screen, "Mark as told")
    press_until(screen, ENTER, proposes("3.13"))
    answer(screen, "@incident-commander", "3.14")
    dialog(screen, "Not yet")
    press_until(screen, ENTER, proposes("5.1"))
    assert drill_site.request_site(site, "/health")[0] == 200
    for count in (*range(2, 10), 11):
        press_until(screen, ENTER, proposes(f"5.{count}"))
    dialog(screen, "Mark as told")
    press_until(screen, ENTER, lambda text: "6.1" in next_line(text))
    for number in ("6.2", "6.3"):
        press_until(screen, ENTER, proposes(number))
    elsewhere(screen)
    press_until(screen, ENTER, lambda text: "End the run" in next_line(text), 5.0)
    dialog(screen, "End the run?")
    [run] = all_runs(runs_root())
    press_until(screen, ENTER, lambda _: Follower(run).state.ended)
    finish(screen)
    state = Follower(run).state
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.variables["authorized_by"].text == "@ops"


def elsewhere(screen: Terminal) -> None:
    """Go through the two steps that have the terminal to themselves, and come back."""
    press_until(screen, ENTER, lambda text: "Main PID" in text)
    screen.press("q")
    screen.until(proposes("6.4"))
    press_until(screen, ENTER, lambda text: "Filesystem" in text)
    screen.press("\x03")
    screen.until(proposes("6.5"))


def answer(screen: Terminal, text: str, then: str) -> None:
    """Answer what the proposed step asks, and wait for the next to be proposed."""
    dialog(screen, "Not yet")
    fill(screen, text)
    press_until(screen, ENTER, lambda shown: then in next_line(shown))


def finish(screen: Terminal) -> None:
    """Leave the run that has ended."""
    deadline = time.monotonic() + PATIENCE
    while screen.child.isalive():
        screen.press("q")
        calm = time.monotonic() + 0.4
        while time.monotonic() < calm and screen.child.isalive():
            screen.read()
        assert time.monotonic() < deadline, screen.text()
    assert screen.over() == 0


def test_a_key_that_is_held_down_confirms_nothing(
    terminal: Open, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    path = tmp_path / "held.toml"
    path.write_text(
        'format = 1\n[runbook]\nid = "held"\ntitle = "Held"\n'
        '[[phase]]\nid = "p"\ntitle = "P"\n'
        '[[phase.step]]\nid = "look"\ntitle = "Look"\neffect = "read"\n'
        f"run = 'echo look >> {ran}'\n"
        '[[phase.step]]\nid = "drop"\ntitle = "Drop"\neffect = "change"\n'
        f"run = 'echo drop >> {ran}'\n"
    )
    screen = terminal("run", str(path))
    screen.until("Begin")
    press_until(screen, CTRL_G, proposes("1.1"))
    # Four seconds of it, as a keyboard repeats it.
    pressed, gaps = time.monotonic(), [0.0]
    for _ in range(120):
        screen.press(ENTER)
        before, pressed = pressed, time.monotonic()
        gaps.append(pressed - before)
        screen.read(0.03)
    # Where this test itself was kept from pressing, nothing was held down.
    screen.until(
        lambda text: "echo drop" in text or (ran.exists() and "drop" in ran.read_text())
    )
    assert ran.read_text() == "look\n" or max(gaps) >= INPUT_GUARD_SECONDS
    press_until(screen, ENTER, lambda _: "drop" in ran.read_text())
