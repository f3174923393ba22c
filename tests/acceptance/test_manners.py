"""Terminal manners: titles, the bell, crashes, stopping as a job, a lost terminal."""

from __future__ import annotations

import re
import signal
import stat
import sys
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.storage.crash_report import crash_folder
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.toml.runbook_source import config_file
from tests.acceptance.conftest import Open
from tests.acceptance.driving import (
    CTRL_Z,
    ENTER,
    is_there,
    job,
    press_until,
    program_of,
)
from tests.acceptance.script_runs import begun, book, loop_until
from tests.acceptance.terminal import PROGRAM, Terminal
from tests.waiting import wait_for

ALTERNATE, ORDINARY = b"\x1b[?1049h", b"\x1b[?1049l"
MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h", b"\x1b[?1000l"
TITLE = re.compile(rb"\x1b\]0;([^\x07]*)\x07")
HELP = "type a word to find a key"
"""What stands in the help until something is typed."""


def titles(screen: Terminal) -> list[str]:
    return [found.decode() for found in TITLE.findall(bytes(screen.raw))]


def bells(screen: Terminal) -> int:
    """How often it rang; the end of a title is no ringing."""
    return re.sub(rb"\x1b\][^\x07]*\x07", b"", bytes(screen.raw)).count(b"\x07")


def modes(screen: Terminal) -> dict[bytes, bytes]:
    """Whether each private mode was set or reset last."""
    found = re.findall(rb"\x1b\[\?(\d+)([hl])", bytes(screen.raw))
    return dict(found)


def is_restored(screen: Terminal) -> bool:
    now = modes(screen)
    off = (b"1049", b"1000", b"1003", b"1006", b"1004")
    return all(now.get(mode) == b"l" for mode in off) and now.get(b"25") == b"h"


def is_drawn(screen: Terminal) -> bool:
    """Whether the screens have the terminal."""
    now = modes(screen)
    return {now.get(mode) for mode in (b"1049", b"1000", b"1006")} == {b"h"}


async def test_title_and_bell_tell_of_a_failure_once(
    terminal: Open, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    await begun(book(tmp_path, loop_until(go, 7)))
    screen = terminal("resume")
    screen.until("line-")
    assert b"\x1b[22;0t" in screen.raw
    screen.until(lambda _: "In a terminal · INCIDENT" in titles(screen))
    assert bells(screen) == 0
    go.touch()
    screen.until(lambda _: titles(screen)[-1] == "✖ 1.1 Step 1")
    screen.until(lambda _: bells(screen) == 1)
    screen.child.kill(signal.SIGTERM)
    screen.over()
    assert bytes(screen.raw).rstrip().endswith(b"\x1b[23;0t")
    assert bells(screen) == 1


async def test_title_and_bell_can_be_turned_off(terminal: Open, tmp_path: Path) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text("title = false\nbell = false\n")
    go = tmp_path / "go"
    await begun(book(tmp_path, loop_until(go, 7)))
    screen = terminal("resume")
    screen.until("line-")
    go.touch()
    screen.until("exit 7")
    # What a key does is shown after what the failure would have sent.
    press_until(screen, ENTER, lambda shown: "Back in" not in shown)
    screen.child.kill(signal.SIGTERM)
    screen.over()
    assert titles(screen) == []
    assert bells(screen) == 0
    assert b"\x1b[22;0t" not in screen.raw
    assert b"\x1b[23;0t" not in screen.raw


BROKEN = """
import sys
from mobius_tui.cli import main
from mobius_tui.tui.screens.run_screen import RunScreen

class Broken(RunScreen):
    def show_run(self):
        password = "hunter2"
        raise ValueError("it broke \\x1b[31m" + " on purpose")

RunScreen.show_run = Broken.show_run
sys.exit(main(["resume"]))
"""


async def test_a_crash_restores_the_screen_and_says_one_line(
    terminal: Open, tmp_path: Path
) -> None:
    directory = await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    screen = terminal(str(script), program=sys.executable, columns=300)
    assert screen.over() == 70
    assert is_restored(screen)
    assert modes(screen)[b"2004"] == b"l"
    said = bytes(screen.raw).rpartition(b"\x1b[23;0t")[2].decode().strip()
    [log] = crash_folder().glob("crash-*.log")
    assert said == (
        "mobius-tui: it stopped because of a fault of its own: ValueError: it broke "
        f"␛[31m on purpose; the run goes on, and `mobius-tui resume {directory.id}` "
        f"shows it again; details are in {log}"
    )
    assert "\n" not in said
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    text = log.read_text()
    assert "in show_run" in text
    assert text.rstrip().endswith("ValueError: it broke \x1b[31m on purpose")
    assert "hunter2'" not in text
    assert "view = " not in text
    assert directory.host_pid() is not None


def is_stopped(shell: Terminal, process: psutil.Process) -> bool:
    shell.read()
    return process.status() == psutil.STATUS_STOPPED


@pytest.mark.parametrize("how", ["key", "signal"])
async def test_stopped_as_a_job_it_gives_the_terminal_back_and_comes_back(
    terminal: Open, tmp_path: Path, how: str
) -> None:
    await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    shell = job(terminal, "resume")
    shell.until("Back in")
    press_until(shell, ENTER, lambda shown: "Back in" not in shown)
    process = program_of(shell)
    if how == "key":
        shell.press(CTRL_Z)
    else:
        process.send_signal(signal.SIGTSTP)
    shell.until(lambda _: is_stopped(shell, process))
    shell.until("Stopped")
    assert is_restored(shell)
    shell.press("stty -a; echo the-modes\r")
    text = shell.until("\nthe-modes")
    assert re.search(r"(?<!-)icanon", text)
    assert re.search(r"(?<!-)echo ", text)
    assert re.search(r"(?<!-)isig", text)

    # A terminal that is resized meanwhile is drawn as it is then.
    shell.screen.resize(24, 80)
    shell.child.setwinsize(24, 80)
    shell.press("clear; fg\r")
    shell.until(lambda shown: "q Leave" in shown.split("\n")[23])
    shell.until("line-")
    shell.until(lambda _: is_drawn(shell))
    shell.press("?")
    shell.until(HELP)
    press_until(shell, "\x1b", lambda shown: HELP not in shown)


async def test_stopped_by_force_it_sets_the_terminal_up_anew(
    terminal: Open, tmp_path: Path
) -> None:
    await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    shell = job(terminal, "resume")
    shell.until("Back in")
    press_until(shell, ENTER, lambda shown: "Back in" not in shown)
    process = program_of(shell)
    process.send_signal(signal.SIGSTOP)
    shell.until(lambda _: is_stopped(shell, process))
    before = len(shell.raw)
    shell.press("stty sane; fg\r")
    shell.until(lambda _: ALTERNATE in bytes(shell.raw[before:]))
    shell.until(lambda shown: "line-" in shown and "q Leave" in shown)


def is_sent_away_and_comes_back(shell: Terminal, how: str) -> None:
    process = program_of(shell)
    if how == "only told to go on":
        process.send_signal(signal.SIGCONT)
    else:
        if how == "key":
            shell.press(CTRL_Z)
        else:
            process.send_signal(signal.SIGTSTP)
        shell.until(lambda _: is_stopped(shell, process))
        shell.press("clear; fg\r")
    shell.until("q Leave")
    shell.until(lambda _: is_drawn(shell))


async def test_stopped_before_the_run_is_read_it_comes_back_and_reads_it(
    terminal: Open, tmp_path: Path
) -> None:
    await begun(book(tmp_path, *["true"] * 3000))  # it takes a while to read
    for how in ("key", "signal", "only told to go on"):
        shell = job(terminal, "resume")
        shell.until("reading the run")
        is_sent_away_and_comes_back(shell, how)
        shell.close()


async def test_what_was_filled_in_is_still_there_after_a_stop(
    terminal: Open, tmp_path: Path
) -> None:
    runbook = tmp_path / "asks.toml"
    runbook.write_text(
        'format = 1\n[runbook]\nid = "asks"\ntitle = "Asks"\n'
        '[var.why]\ntitle = "Why"\nask = true\n'
        '[[phase]]\nid = "p"\ntitle = "P"\n'
        '[[phase.step]]\nid = "s"\ntitle = "S"\neffect = "read"\n'
        "run = 'echo \"$why\"'\n"
    )
    shell = job(terminal, f"run {runbook}")
    shell.until("Begin")
    shell.press("because")
    shell.until("because")
    process = program_of(shell)
    shell.press(CTRL_Z)
    shell.until(lambda _: is_stopped(shell, process))
    shell.press("clear; fg\r")
    shell.until(lambda shown: "because" in shown and "Begin" in shown)


async def test_a_dialog_that_a_stop_closed_is_told_and_keeps_what_was_typed(
    terminal: Open, tmp_path: Path
) -> None:
    directory = await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    shell = job(terminal, "resume")
    shell.until("Back in")
    press_until(shell, ENTER, lambda shown: "Back in" not in shown)
    press_until(shell, "n", lambda shown: "What should be remembered?" in shown)
    press_until(shell, "z", lambda shown: "What should be remembered?" not in shown)
    process = program_of(shell)
    shell.press(CTRL_Z)
    shell.until(lambda _: is_stopped(shell, process))
    shell.press("clear; fg\r")
    shell.until("Closed, and nothing was sent: “Note on")
    press_until(shell, "n", lambda shown: "It goes on record" in shown)
    # The key that opened it was pressed until it was seen: the rest is in the text.
    shell.until(lambda shown: re.search("│ [nz]*z[nz]* +│", shown))
    assert not re.search('"[nz]*z[nz]*"', directory.journal.read_text())


@pytest.mark.parametrize("deaf", [False, True], ids=["heard", "ignored"])
async def test_a_viewer_whose_terminal_is_gone_is_gone_too(
    terminal: Open, tmp_path: Path, deaf: bool
) -> None:
    directory = await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    # A shell that ignores the signal takes it for the whole session: nobody is sent
    # one, and the end of input alone tells.
    words = ("-c", f"trap '' HUP; {PROGRAM} resume; :") if deaf else ("resume",)
    screen = terminal(*words, program="/bin/sh" if deaf else PROGRAM)
    screen.until("line-")
    viewer = program_of(screen) if deaf else psutil.Process(screen.child.pid)
    host = directory.host_pid()
    screen.vanish()
    wait_for(lambda: not is_there(viewer))
    assert viewer.pid != host
    assert directory.host_pid() == host
    assert runs_on(directory)


def runs_on(directory: RunDirectory) -> bool:
    """Whether its step still prints."""
    output = directory.attempt("s1", 1).output
    size = output.stat().st_size
    wait_for(lambda: output.stat().st_size != size)
    return True


async def sent(terminal: Open, folder: Path, first: str, last: str, **env: str) -> int:
    """Bytes that the terminal is sent between two lines of output."""
    directory = await begun(book(folder, loop_until(folder / "go", 0)))
    screen = terminal("resume", directory.id, **env)
    screen.until(first)
    begin = len(screen.raw)
    screen.until(last)
    count = len(screen.raw) - begin
    (folder / "go").touch()
    screen.close()
    return count


@pytest.mark.drills
async def test_over_ssh_the_same_output_costs_fewer_bytes(
    terminal: Open, tmp_path: Path
) -> None:
    ratios: list[float] = []
    while len(ratios) < 4 and not any(ratio < 0.8 for ratio in ratios):
        counts = []  # a busy machine draws less often by itself: then once more
        for name, env in (("here", {}), ("there", {"SSH_CONNECTION": "::1 1 ::1 22"})):
            folder = tmp_path / f"{name}{len(ratios)}"
            folder.mkdir()
            counts.append(await sent(terminal, folder, "line-60", "line-110", **env))
        ratios.append(counts[1] / counts[0])
    assert any(ratio < 0.8 for ratio in ratios), ratios


async def test_the_size_is_the_terminals_own_whatever_was_exported(
    terminal: Open, tmp_path: Path
) -> None:
    await begun(book(tmp_path, loop_until(tmp_path / "go", 0)))
    words = "export COLUMNS=200 LINES=60; exec " + f"{PROGRAM} resume"
    screen = terminal("-c", words, program="/bin/sh", columns=100, rows=30)
    for columns, rows in ((100, 30), (80, 24)):
        screen.resize(columns, rows)
        screen.until(lambda shown: shown.split("\n")[0].rstrip().endswith("● alive"))
        screen.until(lambda shown: "q Leave" in shown.split("\n")[-1])


async def resumed_by(program: str, terminal: Open, folder: Path) -> Terminal:
    """A run that goes on, shown by a program of Python that ends in ours."""
    await begun(book(folder, loop_until(folder / "go", 0)))
    screen = terminal("-c", program, program=sys.executable)
    screen.until("Back in")
    return screen


APART = """
import sys
from asyncio.selector_events import BaseSelectorEventLoop
def refuse(*_):
    raise PermissionError(1, "no such wait")
BaseSelectorEventLoop.add_reader = refuse
from mobius_tui.cli import main
sys.exit(main(["resume"]))
"""


async def test_keys_come_where_the_event_loop_cannot_wait_for_a_terminal(
    terminal: Open, tmp_path: Path
) -> None:
    screen = await resumed_by(APART, terminal, tmp_path)
    press_until(screen, ENTER, lambda text: "Back in" not in text)
    press_until(screen, "q", lambda text: "Leave?" in text)
    press_until(screen, "\x1b", lambda text: "Leave?" not in text)
    press_until(screen, "q", lambda text: "Leave?" in text)
    press_until(screen, ENTER, lambda _: not screen.child.isalive())
    assert is_restored(screen)


FAULT = """
import sys
from mobius_tui.tui.backend.key_parser import KeyParser
class Broken(KeyParser):
    def read(self, data):
        if b"!" in data:
            raise RuntimeError("of the keyboard's")
        return super().read(data)
from mobius_tui.tui.backend import terminal_driver
terminal_driver.KeyParser = Broken
from mobius_tui.cli import main
sys.exit(main(["resume"]))
"""


async def test_a_fault_in_reading_keys_ends_it_as_any_other(
    terminal: Open, tmp_path: Path
) -> None:
    screen = await resumed_by(FAULT, terminal, tmp_path)
    screen.press("!")
    assert screen.over() == 70
    assert is_restored(screen)
    [log] = crash_folder().glob("crash-*.log")
    assert "of the keyboard's" in log.read_text()


def test_an_esc_that_nothing_follows_is_the_key(terminal: Open, tmp_path: Path) -> None:
    book(tmp_path, "true")
    path = str(tmp_path / "terminal.toml")
    screen = terminal("run", path, columns=80, rows=24, LC_ALL="POSIX")
    screen.until("Esc Back")
    screen.press("\x1b")
    screen.over(20)
    assert is_restored(screen)
    assert screen.raw.isascii()  # whatever Python makes of the locale C
