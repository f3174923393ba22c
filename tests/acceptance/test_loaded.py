"""Keys and dialogs on a slow machine, in short; the long form is `loaded`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Open
from tests.acceptance.conftest import ended as ended
from tests.acceptance.loaded import campaign
from tests.acceptance.terminal import FRAME_ENDS
from tests.run.running import wait_for

ASKS = """
import sys
import time
from functools import partial
from pathlib import Path

from textual.widgets import Static

from mobius_tui import tui
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.screens.page import Page

folder = Path(sys.argv[1])
styles = Path(tui.__file__).with_name("styles")


class Slow(Static):
    def render(self):
        (folder / "asks").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
        return super().render()


class Asking(Dialog[None]):
    CSS_PATH = [str(styles / "app.tcss"), str(styles / "dialogs.tcss")]

    def compose_body(self):
        yield Slow("It is asked")


class Beneath(Page):
    BINDINGS = [("a", "ask"), ("r", "read")]
    BINDINGS += [("b", "mark('b')"), ("c", "mark('c')")]

    def action_ask(self):
        self.app.push_screen(Asking("Question"))

    def action_mark(self, name):
        (folder / name).touch()

    def action_read(self):
        self.set_timer(0.01, partial(self.action_mark, "r"))
        self.app._driver.read_available()


app = MobiusApp(Beneath())
app.run()
if app.crash is not None:
    raise app.crash
"""

ASKS_OFTEN = """
import sys
from pathlib import Path
from threading import Thread

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from mobius_tui import tui
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.screens.page import Page

answers = Path(sys.argv[1]).open("a")
styles = Path(tui.__file__).with_name("styles")


def spin():
    while True:
        pass


def coloured(number):
    words = Text()
    for each in range(1000):
        words.append("x", Style(color=f"#{number:02x}00{each % 256:02x}"))
    return words


class Asking(Dialog[None]):
    CSS_PATH = [str(styles / "app.tcss"), str(styles / "dialogs.tcss")]

    def __init__(self, number):
        super().__init__("Question")
        self.number = number

    def compose_body(self):
        yield Static(coloured(self.number))


class Beneath(Page):
    BINDINGS = [("a", "ask")]
    number = 0

    def action_ask(self):
        self.number += 1
        self.app.push_screen(Asking(self.number), self.note)

    def note(self, answer):
        print(self.number, file=answers, flush=True)


# Threads of the program have to wait for each other, as on a busy machine.
Thread(target=spin, daemon=True).start()
app = MobiusApp(Beneath())
app.run()
if app.crash is not None:
    raise app.crash
"""


@pytest.mark.usefixtures("ended")
async def test_no_enter_is_lost_beside_busy_processes(tmp_path: Path) -> None:
    tally = await campaign(tmp_path, times=8, loops=12, minutes=5)
    assert tally.typed == 8
    assert tally.lost == 0, tally.line()


def test_a_key_that_waited_while_the_dialog_was_drawn_answers_nothing(
    terminal: Open, tmp_path: Path
) -> None:
    program = tmp_path / "asks.py"
    program.write_text(ASKS)
    screen = terminal(str(program), str(tmp_path), program=sys.executable)
    screen.until(lambda _: b"\x1b[?1049h" in screen.raw)
    screen.press("a")
    wait_for((tmp_path / "asks").exists)
    screen.press("\r")  # nobody reads it till it has been drawn
    (tmp_path / "go").touch()
    screen.until("It is asked")
    screen.press("b")
    screen.press("\r")
    screen.until(lambda text: "It is asked" not in text)
    screen.press("c")
    wait_for((tmp_path / "c").exists)
    assert not (tmp_path / "b").exists(), "the Enter before closed it"
    # What the loop was told of may have been read for a frame meanwhile.
    screen.press("r")
    wait_for((tmp_path / "r").exists)


def test_an_enter_typed_when_all_is_shown_is_the_answer(
    terminal: Open, tmp_path: Path
) -> None:
    """However much the frame was, and however long the terminal took it to take."""
    program, answers = tmp_path / "asks.py", tmp_path / "answers"
    program.write_text(ASKS_OFTEN)
    screen = terminal(
        str(program), str(answers), program=sys.executable, whole_frames=True
    )
    screen.until(lambda _: FRAME_ENDS in screen.raw)
    for number in range(1, 31):
        screen.press("a")
        came = b""
        while FRAME_ENDS not in came.partition(b"38;2;%d;0;" % number)[2]:
            came += os.read(screen.child.child_fd, 1 << 16)  # to draw it takes long
        screen.press("\r")
        wait_for(lambda: answers.read_text().count("\n") == number)  # noqa: B023
