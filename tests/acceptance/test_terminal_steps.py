"""Steps with a terminal of their own: the screens make way, and come back."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mobius_tui
from mobius_tui.run.attempts.attempt_files import read_process_group
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.conftest import Open
from tests.acceptance.driving import CTRL_G, ENTER, press_until, proposes
from tests.acceptance.terminal import PROGRAM, Terminal
from tests.waiting import PATIENCE, wait_for

HEAD = """format = 1
[runbook]
id = "tty"
title = "On a terminal"
[[phase]]
id = "p"
title = "P"
"""
AWAY = "\x1d"
ENTERS_ALTERNATE_SCREEN = b"\x1b[?1049h"
FULL_SCREEN = r"""
trap 'shown=' WINCH
trap 'printf "\033[3;1HINTERRUPTED"' INT
stty -echo -icanon
printf '\033[?1049h\033[?25l'
shown=
while :; do
  size=$(stty size)
  if [ "$size" != "$shown" ]; then
    shown=$size
    printf '\033[2J\033[HFULL %s' "$size"
  fi
  key=
  read -rsn1 -t 0.2 key || :
  if [ "$key" = q ]; then break; fi
done
printf '\033[?25h\033[?1049l'
exit 5
"""


def book(folder: Path, *scripts: str, more: str = "") -> Path:
    steps = "".join(
        f'[[phase.step]]\nid = "s{n}"\ntitle = "Step {n}"\ntty = true\n{more}\n'
        f"run = '''\n{script}\n'''\n"
        for n, script in enumerate(scripts, 1)
    )
    path = folder / "tty.toml"
    path.write_text(HEAD + steps)
    return path


def begin(terminal: Open, path: Path, **size: int) -> tuple[Terminal, RunDirectory]:
    """Open a runbook, and begin its run."""
    screen = terminal("run", str(path), **size)
    screen.until("Begin")
    press_until(screen, CTRL_G, proposes("1.1"))
    screen.until("Ctrl+] comes back")
    [run] = all_runs(runs_root())
    return screen, run


def status(run: RunDirectory, step: str) -> str:
    return Follower(run).state.steps[step].status


def outside(words: str) -> Callable[[str], bool]:
    """Whether the step's own terminal shows some words."""
    return lambda text: words in text and "Checklist" not in text


def is_back(text: str) -> bool:
    return "Checklist" in text and "Enter ▸" in text


def test_a_question_is_answered_in_two_visits(terminal: Open, tmp_path: Path) -> None:
    script = (
        "echo hello-from-the-step; read -rp 'Name? ' name; "
        "IFS= read -rsp 'Password: ' word < /dev/tty; echo; "
        'echo "$name: ${#word} letters"; read -rp "Sure? " sure; [ "$sure" = yes ]'
    )
    screen, run = begin(terminal, book(tmp_path, script))
    press_until(screen, ENTER, outside("Name? "), 2.0)
    screen.press("maria\r")
    screen.until(outside("Password: "))
    screen.press("hunter2\r")
    text = screen.until(outside("Sure? "))
    assert "maria: 7 letters" in text
    assert "hunter2" not in text
    screen.press(AWAY)
    screen.until("Go to the terminal of 1.1")
    screen.until("T goes there")
    assert status(run, "s1") == "running"
    screen.press("T")
    # Of the first visit the question still stands there; what is typed too early is
    # not for the step.
    text = screen.until(lambda text: text.count("Sure?") == 2)
    assert text.count("maria: 7 letters") == 2
    screen.press("yes\r")
    screen.until("1.1 Step 1 has ended, exit 0")
    screen.until(is_back)
    wait_for(lambda: status(run, "s1") == "passed")
    assert run.attempt("s1", 1).output.read_bytes() == b""
    assert b"hunter2" not in run.journal.read_bytes()
    assert tuple(run_problems(run)) == ()


def test_a_full_screen_program_gets_every_key_and_size(
    terminal: Open, tmp_path: Path
) -> None:
    screen, run = begin(terminal, book(tmp_path, FULL_SCREEN))
    press_until(screen, ENTER, lambda text: "FULL 36 120" in text, 2.0)
    screen.child.setwinsize(30, 100)
    screen.screen.resize(30, 100)
    screen.until("FULL 30 100")
    screen.press("\x03")
    screen.until("INTERRUPTED")
    assert status(run, "s1") == "running"
    screen.raw.clear()
    screen.press(AWAY)
    screen.until(is_back)
    raw = bytes(screen.raw)
    assert raw.index(b"\x1b[?1049l") < raw.index(ENTERS_ALTERNATE_SCREEN)
    press_until(screen, ENTER, lambda text: "FULL 30 100" in text)
    screen.press("q")
    screen.until(is_back)
    screen.until("exit 5")
    wait_for(lambda: status(run, "s1") == "failed")


def test_a_killed_viewer_leaves_the_step_to_another(
    terminal: Open, tmp_path: Path
) -> None:
    # Enter leads there, and may be pressed once too often: that answers nothing.
    script = (
        "read -rp 'First? ' a; "
        'b=; until [ "$b" ]; do read -rp \'Second? \' b; done; [ "$a$b" = onetwo ]'
    )
    first, run = begin(terminal, book(tmp_path, script))
    press_until(first, ENTER, outside("First? "), 2.0)
    first.press("one\r")
    first.until(outside("Second? "))
    first.child.kill(signal.SIGKILL)
    first.over()
    pid = read_process_group(run.attempt("s1", 1))
    second = terminal("resume", columns=80, rows=24)
    second.until("Back in")
    press_until(second, ENTER, lambda text: "Enter ▸ Go to the terminal" in text)
    press_until(second, ENTER, outside("Second? "))
    second.press("two\r")
    second.until(is_back)
    wait_for(lambda: status(run, "s1") == "passed")
    assert read_process_group(run.attempt("s1", 1)) == pid


def test_a_step_that_is_left_running_can_be_stopped(
    terminal: Open, tmp_path: Path
) -> None:
    screen, run = begin(terminal, book(tmp_path, FULL_SCREEN))
    press_until(screen, ENTER, outside("FULL 36 120"), 2.0)
    screen.press(AWAY)
    screen.until(is_back)
    press_until(screen, "x", lambda _: status(run, "s1") == "stopped")
    screen.until("stopped")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_viewer_that_is_told_to_go_gives_the_terminal_back(
    terminal: Open, tmp_path: Path, number: signal.Signals
) -> None:
    screen, run = begin(terminal, book(tmp_path, FULL_SCREEN))
    press_until(screen, ENTER, outside("FULL 36 120"), 2.0)
    screen.raw.clear()
    screen.child.kill(number)
    assert screen.over() == 130
    assert b"\x1b[?1049l" in bytes(screen.raw)
    assert status(run, "s1") == "running"


def test_what_changes_says_first_that_the_screen_goes(
    terminal: Open, tmp_path: Path
) -> None:
    path = book(tmp_path, "read -rp 'Sure? ' x", more='effect = "change"')
    screen, run = begin(terminal, path, columns=80, rows=24)
    text = press_until(screen, ENTER, lambda text: "Run it" in text)
    assert "Ctrl+]" in text
    press_until(screen, ENTER, outside("Sure? "))
    screen.press("\r")
    screen.until(is_back)
    wait_for(lambda: status(run, "s1") == "passed")


def plainly(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_an_automatic_run_stops_for_want_of_a_person(
    tmp_path: Path, ended: None
) -> None:
    assert ended is None
    path = book(tmp_path, "touch ran")
    done = plainly("run", str(path), "--auto", "--workdir", str(tmp_path))
    assert done.returncode == 4
    assert "wants a person at a terminal" in done.stdout
    assert not (tmp_path / "ran").exists()
    [run] = all_runs(runs_root())
    assert status(run, "s1") == "pending"


def test_an_automatic_run_skips_what_is_optional(tmp_path: Path, ended: None) -> None:
    assert ended is None
    done = plainly("run", str(book(tmp_path, "true", more="optional = true")), "--auto")
    assert done.returncode == 0
    assert "COMPLETED" in done.stdout


def test_the_dry_run_says_it(tmp_path: Path) -> None:
    done = plainly("run", str(book(tmp_path, "true")), "--dry-run")
    assert (
        "it gets a terminal to itself, and nothing of that is recorded" in done.stdout
    )


@pytest.mark.machine("vim.tiny", "htop")
def test_vim_and_htop(terminal: Open, tmp_path: Path) -> None:
    file = tmp_path / "edited.txt"
    path = book(tmp_path, f"vim.tiny -u NONE -N {file}", "htop")
    screen, run = begin(terminal, path)
    press_until(screen, ENTER, lambda text: "[New]" in text, 2.0)
    screen.press("ifirst visit\x1b")
    screen.until("first visit")
    screen.press(AWAY)
    screen.until("Go to the terminal of 1.1")
    press_until(screen, ENTER, lambda text: text.startswith("first visit"))
    screen.press("A, second visit\x1b:wq\r")
    screen.until(is_back)
    wait_for(lambda: status(run, "s1") == "passed")
    assert file.read_text() == "first visit, second visit\n"
    press_until(screen, ENTER, lambda text: "F10Quit" in text)
    screen.press("q")
    screen.until(is_back)
    wait_for(lambda: status(run, "s2") == "passed")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


NOBODY = ("--reuid=nobody", "--regid=nogroup", "--clear-groups")
"""What `setpriv` is told, so that nobody runs a program."""


def python_for_nobody(path: str) -> str:
    """A Python that another user may run: our own may be in root's home.

    The other one of CI has an environment within ours.
    """
    script = 'exec "$0" -c "import textual, psutil, msgspec"'
    others = sorted(map(str, Path(sys.prefix).glob("python3.*/bin/python")))
    for python in (sys.executable, *others):
        command = [
            "setpriv",
            *NOBODY,
            "env",
            f"PYTHONPATH={path}",
            "sh",
            "-c",
            script,
            python,
        ]
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return python
    raise AssertionError("this test wants a Python that nobody may run")


@pytest.mark.machine("setpriv")
def test_as_another_user_than_root(open_folder: Path, terminal: Open) -> None:
    """Wants root, to become nobody by `setpriv`: only root may take a terminal.

    The folder is asked for first: it goes last, when no screen writes into it any more.
    """
    assert os.geteuid() == 0, "this test wants root, to become another user"
    nobody = pwd.getpwnam("nobody")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    script = "id -un; read -rp 'Who? ' x < /dev/tty; [ \"$x\" = me ]"
    path = str(Path(mobius_tui.__file__).parents[1])
    screen = terminal(
        *(*NOBODY, python_for_nobody(path), "-m", "mobius_tui"),
        *("run", str(book(open_folder, script)), "--workdir", str(home)),
        program="setpriv",
        PYTHONPATH=path,
        XDG_STATE_HOME=str(home / "state"),
        HOME=str(home),
    )
    screen.until("Begin")
    press_until(screen, CTRL_G, proposes("1.1"))
    assert "nobody" in press_until(screen, ENTER, outside("Who? "), 2.0)
    screen.press("me\r")
    screen.until("1.1 Step 1 has ended, exit 0")
    [run] = all_runs(home / "state" / "mobius-tui" / "runs")
    wait_for(lambda: status(run, "s1") == "passed")
    host = run.host_pid()
    assert host
    os.kill(host, signal.SIGTERM)
    wait_for(lambda: run.host_pid() is None)
