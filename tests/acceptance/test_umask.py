"""With no umask at all, nobody else can write in a folder that the program makes."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import mobius_tui

PACKAGE = Path(mobius_tui.__file__).parent
BOOK = """
format = 2
[runbook]
title = "T"
[targets.all]
hosts = ["one"]
[[step]]
id = "here"
run = "mkdir open; umask"
effect = "read"
"""
COMMANDS = (
    ("library", "--plain"),
    ("run", "book.toml", "--plain", "--auto", "--yes"),
    ("runs",),
    ("report", "RUN", "-o", "report.md"),
    ("export", "RUN", "-o", "run.tar.gz"),
    ("verify", "RUN"),
    ("stats",),
    ("doctor",),
    ("completions", "bash", "--install"),
    ("new", "another.toml"),
    ("drill", "mobius-rollback", "--auto", "--plain", "--yes", "--seed", "7"),
)


def open_folders(home: Path) -> list[str]:
    """The folders in which others may write, but for what a script made itself."""
    found = []
    for folder, names, _ in os.walk(home):
        for name in names:
            mode = Path(folder, name).lstat().st_mode
            if mode & (stat.S_IWGRP | stat.S_IWOTH) and name != "open":
                found.append(str(Path(folder, name).relative_to(home)))
    return found


def test_no_folder_is_open_for_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "book.toml").write_text(BOOK)
    base = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    env = {**base, "HOME": str(home), "TERM": "dumb", "TMPDIR": str(home / "tmp")}
    env["PYTHONPATH"] = str(PACKAGE.parent)
    (home / "tmp").mkdir(mode=0o700)
    said = {}
    for words in COMMANDS:
        runs = home / ".local" / "state" / "mobius-tui" / "runs"
        run = next(iter(sorted(runs.glob("*"))), Path("none")).name
        named = [run if word == "RUN" else word for word in words]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "mobius_tui", *named],
            cwd=home,
            env=env,
            umask=0,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said[words] = done
        assert open_folders(home) == [], (words, done.stderr)
    assert "passed: 1.1" in said[COMMANDS[1]].stdout
    assert (home / "open").stat().st_mode & 0o777 == 0o777, "a script's is its own"
    assert said[COMMANDS[-1]].returncode in (0, 1), said[COMMANDS[-1]].stderr


def test_every_folder_is_made_with_a_mode() -> None:
    """`parents=True` makes those above as the umask says: `make_folders` does not."""
    bare = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Attribute
            ):
                continue
            given = {each.arg for each in node.keywords}
            makes = node.func.attr in ("mkdir", "makedirs")
            if makes and ("mode" not in given or "parents" in given):
                bare.append(f"{path.name}:{node.lineno}")
    assert bare == []
