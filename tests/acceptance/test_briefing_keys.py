"""What is pressed in a briefing is for the briefing, and changes no answer unasked."""

from __future__ import annotations

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.conftest import Open
from tests.acceptance.driving import ENTER, press_until
from tests.acceptance.terminal import Terminal

REASON = "Every page fails since this afternoon's deployment."


def begun_by_enters(screen: Terminal) -> None:
    """Press Enter, again and again, until the run is on the screen."""
    press_until(screen, ENTER, lambda text: "Checklist" in text, 0.05)


def test_enter_too_often_begins_the_run_and_no_step(terminal: Open) -> None:
    screen = terminal("drill", "mobius-quick", "--fault", "bad-release")
    screen.until("Enter Begin", 60)
    begun_by_enters(screen)
    # A key behind them: once its dialog is there, all Enters have come to their end.
    press_until(screen, "n", lambda text: "Note on 1.1" in text)
    [run] = all_runs(runs_root())
    assert Follower(run).state.steps["find-backup"].attempts == ()


def test_a_key_of_the_run_leaves_the_reason_as_it_stands(terminal: Open) -> None:
    screen = terminal("demo")
    screen.until("Enter Begin", 60)
    assert REASON in screen.until(REASON)
    screen.press("Bx")
    begun_by_enters(screen)
    [run] = all_runs(runs_root())
    assert Follower(run).state.variables["reason"].text == REASON
