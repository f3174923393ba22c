"""Keys and dialogs on a slow machine, in short; the long form is `loaded`."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import termios
from pathlib import Path

import pytest

from tests.acceptance.conftest import Open
from tests.acceptance.conftest import ended as ended
from tests.acceptance.loaded import campaign
from tests.acceptance.terminal import (
    FRAME_ENDS,
    LEAVES_ALTERNATE_SCREEN,
    Terminal,
)
from tests.waiting import wait_for

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


FULL = """
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from mobius_tui import tui
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.screens.page import Page

folder = Path(sys.argv[1])
log = (folder / "log").open("a")
styles = Path(tui.__file__).with_name("styles")


def block(number, frame):
    (folder / "blocked").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)


class Asking(Dialog[None]):
    CSS_PATH = [str(styles / "app.tcss"), str(styles / "dialogs.tcss")]

    def compose_body(self):
        words = Text()
        for each in range(1000):
            words.append("x", Style(color=f"#c800{each % 256:02x}"))
        yield Static(words)


class Beneath(Page):
    BINDINGS = [("a", "ask"), ("enter", "note('beneath')"), ("z", "note('z')")]
    BINDINGS += [("t", "title"), ("e", "end")]

    def action_ask(self):
        self.app.push_screen(Asking("Question"), lambda _: self.action_note("answer"))

    def action_note(self, word):
        print(word, file=log, flush=True)

    def action_title(self):
        words = "\\x1b]2;of a thread\\x07"
        Thread(target=self.app._driver.write, args=(words,)).start()

    def action_end(self):
        self.app._driver.write("\\x1b[0m" * 20_000 + "\\x1b]2;the last\\x07")
        self.app.exit(0)


signal.signal(signal.SIGUSR1, block)
app = MobiusApp(Beneath())
app.run()
if app.crash is not None:
    raise app.crash
"""


@pytest.fixture
def full(terminal: Open, tmp_path: Path) -> Terminal:
    """A program that writes more than a terminal takes at once, and can be held up."""
    program = tmp_path / "full.py"
    program.write_text(FULL)
    screen = terminal(
        str(program), str(tmp_path), program=sys.executable, whole_frames=True
    )
    screen.until(lambda _: FRAME_ENDS in screen.raw)
    return screen


def waiting_bytes(screen: Terminal) -> int:
    """How much the program has written that nobody has read."""
    found = fcntl.ioctl(screen.child.child_fd, termios.FIONREAD, b"\0\0\0\0")
    return int.from_bytes(found, sys.byteorder)


def test_an_enter_typed_before_all_is_shown_answers_nothing(
    full: Terminal, tmp_path: Path
) -> None:
    """Even where the program hears of the room for the rest first."""
    log = tmp_path / "log"
    full.press("a")
    wait_for(lambda: waiting_bytes(full) > 2000)
    os.kill(full.child.pid, signal.SIGUSR1)
    wait_for((tmp_path / "blocked").exists)
    while full.read():
        pass
    full.press("\r")
    (tmp_path / "go").touch()
    full.until("Question")
    full.press("b")
    full.press("\r")
    full.until(lambda text: "Question" not in text)
    full.press("z")
    wait_for(lambda: log.read_text().endswith("z\n"))
    assert log.read_text() == "answer\nz\n"


def test_what_a_thread_writes_arrives(full: Terminal) -> None:
    full.press("t")
    full.until(lambda _: b"\x1b]2;of a thread\x07" in full.raw)


def test_what_the_terminal_has_yet_to_take_is_written_at_the_end(
    full: Terminal,
) -> None:
    full.press("e")
    assert full.over() == 0
    _, written, after = full.raw.partition(b"\x1b]2;the last\x07")
    assert written
    assert LEAVES_ALTERNATE_SCREEN in after


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
