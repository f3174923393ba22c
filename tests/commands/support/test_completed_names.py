"""The names that a shell asks for at every TAB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.runbook_files import bundled_runbooks, own_folder

HOSTILE = (
    *("a b", "$(touch hacked)", "`touch hacked`", "x\ny", "x\n", "\x1b]0;evil\x07"),
    *("-rf", "it's", '"q"', "~", "*", "a;touch hacked", "\u202eab", "\u3164", "a\tb"),
    *("{a,b}", "!!", "a&b", "a|b", "#a", "a=b", "a:b", "a\\b", "\udcff"),
)
"""Names that a shell, or a terminal, takes for something else."""


def own_runbook(name: str, text: str = "[runbook]\n") -> None:
    own_folder().mkdir(parents=True, exist_ok=True)
    (own_folder() / f"{name}.toml").write_text(text)


def printed(kind: str, capsys: pytest.CaptureFixture[str], *line: str) -> list[str]:
    assert main(["names", kind, *line]) == 0
    return capsys.readouterr().out.splitlines()


def test_runbooks_are_those_that_run_finds_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own_runbook("mine")
    own_runbook("mobius-quick")
    own_runbook("My_own.v2")
    own_runbook("part", 'format = 1\n[[phase]]\nid = "a"\n')
    (own_folder() / "folder.toml").mkdir()
    bundled = [path.stem for path in bundled_runbooks()]
    assert printed("runbooks", capsys) == sorted(["My_own.v2", "mine", *bundled])


def test_runs_are_listed_newest_first_with_those_that_are_shared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed("runs", capsys) == []
    shared = tmp_path / "shared" / f"mobius-tui-{os.getuid()}" / "team"
    for folder, day in ((runs_root(), 21), (runs_root(), 23), (shared, 22)):
        (folder / f"2026-11-{day}T10-00-00-r").mkdir(parents=True)
    (runs_root() / "2026-11-24T10-00-00-file").touch()
    (runs_root() / "2026-11-25T10-00-00-link").symlink_to(shared)
    (runs_root() / "notes").mkdir()
    days = [name[8:10] for name in printed("runs", capsys)]
    assert days == ["23", "22", "21"]


def test_what_a_shell_could_take_for_something_else_is_never_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in HOSTILE:
        own_runbook(name)
        (runs_root() / f"2026-11-21T10-00-00-{name}").mkdir(parents=True)
    bundled = [path.stem for path in bundled_runbooks()]
    assert printed("runbooks", capsys) == bundled
    assert printed("runs", capsys) == ["2026-11-21T10-00-00--rf"]


@pytest.mark.parametrize("words", [[], ["faults"], ["runs", "more"]])
def test_other_kinds_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["names", *words]) == 2
    assert "`names profiles` or `names steps`" in capsys.readouterr().err


PROFILES = """
[runbook]
[profile.staging]
[profile."touch hacked"]
[[phase]]
include = "part.toml#a"
"""


def test_profiles_are_those_of_the_runbook_on_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    own_runbook("mine", PROFILES)
    own_runbook("part", "[profile.of-the-part]\n")
    own_runbook("broken", "[profile.x]\n[[")
    Path("here.toml").write_text("[profile.here]\n")
    found = ["of-the-part", "staging"]
    assert printed("profiles", capsys, "run", "--plain", "mine", "--profile") == found
    assert printed("profiles", capsys, "run", "./here.toml", "--profile") == ["here"]
    bundled = printed("profiles", capsys, "drill", "--inject-cmd", "x", "--profile")
    assert bundled == printed("profiles", capsys, "run", "mobius-rollback") != []
    for line in (
        (),
        ("run",),
        ("run", "broken"),
        ("run", "nowhere.toml"),
        ("run", "."),
    ):
        assert printed("profiles", capsys, *line) == []


def test_steps_are_those_of_the_run_on_the_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = '[[step]]\ntitle = "Look"\n[[phase]]\n[[phase.step]]\nid = "a"\n'
    for name in ("21T10-00-00-r", "22T10-00-00-r"):
        copies = runs_root() / f"2026-11-{name}" / "runbook"
        copies.mkdir(parents=True)
        (copies / "r.toml").write_text(text + '[[phase.step]]\nid = "; touch"\n')
        (copies / "part.toml").write_text(text.replace('"a"', '"b"'))
    (runs_root() / "2026-11-21T10-00-00-r" / "journal.jsonl").touch()
    steps = ["look", "b", "a"]
    assert printed("steps", capsys, "undo", "2026-11-21T10-00-00-r", "--to") == steps
    assert printed("steps", capsys, "approve", "11-22", "--step") == steps
    folder = str(runs_root() / "2026-11-21T10-00-00-r")
    assert printed("steps", capsys, "annotate", folder, "--step") == steps
    for line in ((), ("undo",), ("undo", "2026"), ("undo", "none"), ("undo", "")):
        assert printed("steps", capsys, *line) == []


@pytest.mark.parametrize("kind", ["runbooks", "profiles"])
def test_it_imports_next_to_nothing(kind: str) -> None:
    """The parser alone would take as long again as all of it does."""
    own_runbook("mine", "[runbook]\n[profile.mine]\n")
    words = ["names", kind, "run", "mine"][: 4 if kind == "profiles" else 2]
    script = f"from mobius_tui.cli import main; main({words})"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    heavy = {"argparse", "dataclasses", "inspect", "json", "subprocess", "asyncio"}
    heavy |= {"hashlib", "mobius_tui.sanitize", "mobius_tui.runbook.toml.problem"}
    if kind == "runbooks":
        heavy |= {"typing", "tomllib"}
    assert "mine" in done.stdout.split()
    assert not loaded & heavy
