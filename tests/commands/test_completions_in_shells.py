"""The completions in real shells: TAB is pressed, and the screen is read."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pexpect
import pyte
import pytest

from mobius_tui.commands.completions import ASSETS, COMPLETION_PLACES
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.runbook_files import own_folder
from tests.commands.support.test_completed_names import HOSTILE
from tests.program import PROGRAM
from tests.run.running import end_child
from tests.waiting import PATIENCE

COMPLETED = (
    ("repo", "report "),
    ("run mi", "run mine "),
    ("run --var a=b mobius-q", "--var a=b mobius-quick "),
    ("--ascii check mine mobius-pr", "check mine mobius-prevention "),
    ("report --format=js", "report --format=json "),
    ("drill --fault flap", "--fault flapping "),
    ("review 2026-11-2", "review 2026-11-22T10-00-00-story "),
    ("run mine --profile st", "--profile staging "),
    ("run --workdir . 'mine' --profile=pr", "--profile=production "),
    (r"run ./a\ b.toml --profile o", "--profile only-here "),
    ("annotate 2026-11-22 --step lo", "--step look-at-it "),
    ("undo story --to re", "--to restart "),
    ("upgrade ./a", r"upgrade ./a\ b.toml "),
    (r"run ./\$", r"run ./\$\(touch\ hacked\).toml "),
)
"""What is typed after the program, and what it is then."""

RUNBOOK = """
[runbook]
[profile.staging]
[profile.production]
[profile."$(touch hacked)"]
[[phase]]
[[phase.step]]
title = "Look at it"
[[phase.step]]
id = "restart"
[[phase.step]]
id = "restart; touch hacked"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with hostile files; hostile runbooks and runs are in the library."""
    folder = tmp_path / "here"
    folder.mkdir()
    for name in ("a b", "$(touch hacked)"):
        (folder / f"{name}.toml").write_text("[profile.only-here]\n")
    own_folder().mkdir(parents=True)
    for name in ("mine", *HOSTILE):
        (own_folder() / f"{name}.toml").write_text(RUNBOOK)
    for name in ("22T10-00-00-story", "23T10-00-00-$(touch hacked)"):
        copies = runs_root() / f"2026-11-{name}" / "runbook"
        copies.mkdir(parents=True)
        (copies / "story.toml").write_text(RUNBOOK)
    return folder


class Terminal:
    """A shell at a prompt, on a screen that is read."""

    def __init__(self, shell: str, *options: str, cwd: Path) -> None:
        env = {**os.environ, "TERM": "xterm", "PS1": "> ", "HOME": str(cwd.parent)}
        env["INPUTRC"] = "/dev/null"
        env["PATH"] = "/usr/local/bin:/usr/bin:/bin"  # our program is not on it
        self.screen = pyte.Screen(200, 60)
        self.stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            shell, [*options], env=env, cwd=cwd, encoding="utf-8", dimensions=(60, 200)
        )
        self.child.delaybeforesend = None

    def press(self, keys: str, shows: str) -> None:
        """Type something, and wait until a line of the screen ends with some words."""
        self.child.send(keys)
        deadline = time.monotonic() + PATIENCE
        while not self.line().endswith(shows):
            assert time.monotonic() < deadline, "\n".join(self.screen.display).rstrip()
            with suppress(pexpect.TIMEOUT):
                self.stream.feed(self.child.read_nonblocking(10_000, timeout=0.1))

    def line(self) -> str:
        """What stands before the cursor."""
        return self.screen.display[self.screen.cursor.y][: self.screen.cursor.x]


@contextmanager
def terminal(shell: str, *options: str, cwd: Path) -> Iterator[Terminal]:
    opened = Terminal(shell, *options, cwd=cwd)
    try:
        yield opened
    finally:
        end_child(opened.child)


def complete_all(opened: Terminal) -> None:
    """Complete each line, and take it back."""
    for typed, completed in COMPLETED:
        opened.press(f"{PROGRAM} {typed}", typed)
        opened.press("\t", completed)
        opened.press("\x15", "> ")


def test_bash_completes(here: Path) -> None:
    file = ASSETS / COMPLETION_PLACES["bash"].asset
    with terminal("bash", "--norc", "--noprofile", "-i", cwd=here) as opened:
        opened.press(f"bind 'set bell-style none'; source {file}; clear\r", "> ")
        complete_all(opened)
    assert sorted(path.name for path in here.iterdir()) == [
        "$(touch hacked).toml",
        "a b.toml",
    ]


@pytest.mark.machine("zsh")
@pytest.mark.parametrize("way", ["installed", "sourced"])
def test_zsh_completes(here: Path, way: str) -> None:
    source = (
        f"source {ASSETS / COMPLETION_PLACES['zsh'].asset}; "
        if way == "sourced"
        else ""
    )
    folder = f"fpath=({ASSETS} $fpath); " if way == "installed" else ""
    start = f"{folder}autoload -Uz compinit && compinit -u -D; {source}clear\r"
    with terminal("zsh", "-f", "-i", cwd=here) as opened:
        opened.press("setopt no_beep no_prompt_sp; PS1='> '; clear\r", "> ")
        opened.press(start, "> ")
        complete_all(opened)
    assert sorted(path.name for path in here.iterdir()) == [
        "$(touch hacked).toml",
        "a b.toml",
    ]


@pytest.mark.machine("fish")
def test_fish_completes(here: Path) -> None:
    """It gives what completes the last word, without a terminal."""
    script = f"source {ASSETS / COMPLETION_PLACES['fish'].asset}; complete -C $argv[1]"
    for typed, completed in COMPLETED:
        done = subprocess.run(
            ["fish", "--no-config", "-c", script, f"{PROGRAM} {typed}"],
            capture_output=True,
            text=True,
            check=True,
            cwd=here,
        )
        found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
        [last] = [name.replace("\\", "") for name in found]
        assert completed.replace("\\", "").endswith(f"{last} ")
    assert sorted(path.name for path in here.iterdir()) == [
        "$(touch hacked).toml",
        "a b.toml",
    ]
