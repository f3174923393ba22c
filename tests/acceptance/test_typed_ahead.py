"""What was typed ahead over a slow line, in one piece, in a real terminal."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.journal.follower import Follower
from tests.acceptance.conftest import Open
from tests.acceptance.driving import ENTER, press_until
from tests.acceptance.script_runs import begun, book
from tests.acceptance.terminal import LEAVES_ALTERNATE_SCREEN

LINES = "for n in 1 2 3; do echo red-$n; done; exit 3"


async def test_each_key_finds_what_the_one_before_it_opened(
    terminal: Open, tmp_path: Path
) -> None:
    directory = await begun(book(tmp_path, LINES))
    screen = terminal("resume", columns=80, rows=24)
    screen.until("Back in")
    press_until(screen, ENTER, lambda text: "Back in" not in text)
    screen.press("2/red")
    screen.until("Find red ")
    screen.press("\x1b")
    screen.until(lambda text: "Find red " not in text)
    screen.press("1/step\r/one")
    screen.until("one    ")
    screen.press("\x1b")
    screen.until(lambda text: "Checklist · filter" not in text)
    # A note opens a dialog: the rest is its text, and the Enter behind it no answer.
    screen.press("no rest of it\r")
    assert "Note on" in screen.until("o rest of it")
    press_until(screen, "\x1b", lambda text: "Note on" not in text)
    assert Follower(directory).state.steps["s1"].notes == ()
    # An Enter too many in the palette answers nothing of what it opens.
    screen.press("\x10skip\r\r")
    assert "A reason is wanted" not in screen.until("Why is it skipped")
    press_until(screen, "\x1b", lambda text: "Why is it skipped" not in text)
    assert LEAVES_ALTERNATE_SCREEN not in bytes(screen.raw)
    assert len(Follower(directory).state.steps["s1"].attempts) == 1
