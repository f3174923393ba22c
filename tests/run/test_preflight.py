"""What preflight looks for in real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.preflight import problems
from tests.conftest import MakeRunbook


def found(make: MakeRunbook, place: Path, script: str, extra: str = "") -> list[str]:
    book = make(
        f"{extra}[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\n"
        f"title = 'S'\neffect = 'read'\nrun = '''\n{script}\n'''\n"
    )
    return list(problems(book, place, os.environ["PATH"]))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "there.sh").write_text("true\n")
    (folder / "there.sh").chmod(0o755)
    (folder / "plain.sh").write_text("true\n")
    return folder


@pytest.mark.parametrize(
    "script",
    [
        "./gone.sh --now",
        "if ./gone.sh; then echo; fi",
        "true && ./gone.sh",
        "bash ./gone.sh",
        "sudo ./gone.sh",
        "x=$(./gone.sh)",
    ],
)
def test_a_script_that_is_not_there_is_named_with_its_step(
    make_runbook: MakeRunbook, place: Path, script: str
) -> None:
    (problem,) = found(make_runbook, place, script)
    assert problem == f"./gone.sh is not in {place} yet (1.1 would run it)"


@pytest.mark.parametrize(
    "script",
    [
        "./there.sh",
        "bash ./plain.sh",
        "echo ./gone.sh",
        "cp ./there.sh ./gone.sh",
        "cd elsewhere && ./gone.sh",
        '"$HOME/gone.sh"',
        "# ./gone.sh",
    ],
)
def test_what_is_there_or_is_no_command_is_no_problem(
    make_runbook: MakeRunbook, place: Path, script: str
) -> None:
    assert found(make_runbook, place, script) == []


def test_a_script_that_cannot_be_executed(
    make_runbook: MakeRunbook, place: Path
) -> None:
    (problem,) = found(make_runbook, place, "./plain.sh")
    assert "is not executable: chmod +x" in problem


def test_a_missing_directory_and_a_missing_program(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    head = (
        "format = 1\n[runbook]\nid = 'r'\ntitle = 'R'\nrequires = ['no-such-thing']\n"
    )
    said = found(make_runbook, tmp_path / "gone", "./x", head)
    assert said == [
        "no-such-thing is not on PATH; install it",
        f"the directory {tmp_path}/gone is not there; give --workdir",
    ]
