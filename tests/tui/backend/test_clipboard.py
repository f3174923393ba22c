"""Copying: every way there is, tried with programs that stand in for the real ones."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.tui.backend import clipboard
from mobius_tui.tui.backend.clipboard import (
    COPY_FILE,
    clipboard_sequence,
    copy_to_clipboard_and_file,
)
from tests.run.running import alive
from tests.waiting import wait_for

TAKES = 'cat > "$TAKEN.$(basename "$0")"; echo "$*" > "$TAKEN.$(basename "$0").words"'
"""Keeps its input and its words."""


class Machine:
    """Programs on a `PATH` of their own, a folder, and a terminal that remembers."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.folder = root / "folder"
        self.folder.mkdir()
        self.bin.mkdir()
        for name in ("cat", "basename", "sleep"):
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)
        self.taken = root / "taken"
        self.sent: list[str] = []
        self.environ = {"PATH": str(self.bin), "TAKEN": str(self.taken)}

    def has(self, name: str, script: str = TAKES) -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def copy(self, text: str, **environ: str) -> clipboard.CopyResult:
        return copy_to_clipboard_and_file(
            text,
            folder=self.folder,
            terminal=self.sent.append,
            environ={**self.environ, **environ},
        )

    def took(self, name: str) -> str:
        return self.taken.with_name(f"taken.{name}").read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("name", "environ", "words"),
    [
        ("tmux", {"TMUX": "/tmp/tmux,1,0"}, "load-buffer -w -"),
        ("wl-copy", {"WAYLAND_DISPLAY": "wayland-0"}, "--type text/plain"),
        ("xclip", {"DISPLAY": ":0"}, "-selection clipboard -in"),
        ("xsel", {"DISPLAY": ":0"}, "--clipboard --input"),
        ("pbcopy", {}, ""),
    ],
)
def test_each_program_takes_it(
    machine: Machine, name: str, environ: dict[str, str], words: str
) -> None:
    machine.has(name)
    copied = machine.copy("one\ntwo ✔\nthree", **environ)
    assert copied.ways == (name,)
    assert machine.took(name) == "one\ntwo ✔\nthree"
    assert machine.took(f"{name}.words").strip() == words
    file = machine.folder / COPY_FILE
    assert copied.words == f"Copied 3 lines by {name}; also in {file}"
    assert file.read_text() == "one\ntwo ✔\nthree"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not machine.sent


def test_inside_tmux_on_a_desktop_both_take_it(machine: Machine) -> None:
    for name in ("tmux", "wl-copy", "xclip"):
        machine.has(name)
    copied = machine.copy("x", TMUX="t", WAYLAND_DISPLAY="w", DISPLAY=":0")
    assert copied.ways == ("tmux", "wl-copy")
    assert copied.words.startswith("Copied 1 line by tmux and wl-copy; also in ")


def test_an_old_tmux_takes_it_for_itself(machine: Machine) -> None:
    machine.has("tmux", f'[ "$2" = - ] || exit 1; {TAKES}')
    copied = machine.copy("x", TMUX="t")
    assert copied.words.startswith("Copied 1 line by tmux (its own buffer: paste with")
    assert machine.took("tmux") == "x"


def test_what_fails_is_passed_over_and_named(machine: Machine) -> None:
    machine.has("xclip", "exit 3")
    machine.bin.joinpath("xsel").write_text("no program")
    machine.bin.joinpath("xsel").chmod(0o755)
    copied = machine.copy("x", DISPLAY=":9")
    assert copied.ways == ("terminal",)
    assert machine.sent == ["x"]
    assert copied.words.startswith("Sent 1 line to the terminal, which does not say")
    assert "(xclip ended with 3; xsel cannot be started: " in copied.words


def test_one_that_hangs_is_ended_with_its_children(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "PROGRAM_TIMEOUT", 0.3)
    machine.has("xclip", 'sleep 600 & echo $! > "$TAKEN.pid"; sleep 600')
    copied = machine.copy("x" * 1_000_000 + "\n", DISPLAY=":0")
    assert copied.ways == ()
    assert "xclip did not answer in 0.3 s" in copied.words
    assert "too long for the terminal" in copied.words
    assert copied.is_copied
    assert copied.file is not None
    assert copied.file.stat().st_size == 1_000_001
    pid = int(machine.took("pid"))
    wait_for(lambda: not alive(pid))


def test_one_that_stays_behind_to_serve_the_text_is_not_waited_for(
    machine: Machine,
) -> None:
    machine.has("xclip", f'{TAKES}; sleep 600 & echo $! > "$TAKEN.pid"')
    copied = machine.copy("x", DISPLAY=":0")
    assert copied.ways == ("xclip",)
    pid = int(machine.took("pid"))
    assert alive(pid)
    os.kill(pid, 9)


def test_the_text_is_sanitized(machine: Machine) -> None:
    machine.has("tmux")
    machine.copy("a\x1b]52;c;eA==\x07\r\nb\u202e\x9b31m", TMUX="t")
    assert machine.took("tmux") == "a␛]52;c;eA==␇\nb<U+202E><U+009B>31m"


def test_no_link_is_written_through(machine: Machine, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (machine.folder / COPY_FILE).symlink_to(precious)
    copied = machine.copy("x")
    assert precious.read_text() == "keep"
    assert copied.file is not None
    assert not copied.file.is_symlink()
    assert [path.name for path in machine.folder.iterdir()] == [COPY_FILE]


def test_without_a_folder_it_says_so(machine: Machine) -> None:
    machine.folder.rmdir()
    copied = machine.copy("x")
    assert copied.is_copied
    assert "; cannot write " in copied.words
    alone = copy_to_clipboard_and_file(
        "x", folder=machine.folder, environ=machine.environ
    )
    assert not alone.is_copied
    assert alone.words.startswith("Not copied: no clipboard is within reach, and can")
    machine.folder.mkdir()
    saved = copy_to_clipboard_and_file(
        "x", folder=machine.folder, environ=machine.environ
    )
    assert saved.words.startswith("No clipboard is within reach; 1 line saved in ")


def test_the_terminals_own_sequence() -> None:
    plain = "\x1b]52;c;w6k=\a"
    assert clipboard_sequence("é", {"TERM": "xterm-256color"}) == plain
    assert clipboard_sequence("é", {"TERM": "screen-256color", "TMUX": "t"}) == plain
    wrapped = "\x1bP" + plain + "\x1b\\"
    assert clipboard_sequence("é", {"TERM": "screen", "STY": "1.tty"}) == wrapped
    assert clipboard_sequence("é", {"TERM": "screen"}) == plain + wrapped


def test_screen_gets_it_in_short_strings() -> None:
    text = "0123456789" * 50
    wrapped = clipboard_sequence(text, {"STY": "1.tty"})
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", wrapped, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == wrapped
    assert max(map(len, pieces)) <= 76
    found = re.fullmatch("\x1b]52;c;(.*)\a", "".join(pieces))
    assert found is not None
    assert base64.b64decode(found[1]).decode() == text


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[str]:
    """A real tmux server; gives its socket."""
    socket = f"{tmp_path}/tmux"
    base = ("tmux", "-S", socket)
    subprocess.run([*base, "-f", "/dev/null", "new-session", "-d", "cat"], check=True)
    yield socket
    subprocess.run([*base, "kill-server"], check=True)


def test_a_real_tmux_takes_it(tmux: str, tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "TMUX": f"{tmux},1,0"}
    copied = copy_to_clipboard_and_file(
        "first\nsecond ✔", folder=tmp_path, environ=environ
    )
    assert copied.ways == ("tmux",)
    shown = subprocess.run(
        ["tmux", "-S", tmux, "show-buffer"],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )
    assert shown.stdout.decode().rstrip("\n") == "first\nsecond ✔"
