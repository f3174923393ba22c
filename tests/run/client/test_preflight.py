"""What preflight looks for in real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.client.preflight import (
    missing_sources,
    preflight_problems,
    unset_variables,
)
from mobius_tui.runbook.library.check_report import check_files
from mobius_tui.runbook.library.loader import load
from tests.conftest import MakeRunbook


def found(make: MakeRunbook, place: Path, script: str, extra: str = "") -> list[str]:
    book = make(
        f"{extra}[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\n"
        f"title = 'S'\neffect = 'read'\nrun = '''\n{script}\n'''\n"
    )
    return list(preflight_problems(book, place, os.environ["PATH"]))


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


WAITS = """
[var.token]
from_env = "MY_TOKEN"
secret = true
[var.typed]
secret = true
[var.host]
from_env = "MY_HOST"
[var.asked]
ask = true
from_env = "ASKED"
[var.usual]
from_env = "USUAL"
default = "x"
[var.found]
from_env = "FOUND"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "find"
title = "Find"
run = 'echo found=1 >> "$RUNBOOK_OUTPUT"'
outputs = ["found"]
[[phase.step]]
id = "use"
title = "Use"
run = 'echo "$T $host $asked $usual $found"'
secrets = { T = "token", U = "typed" }
[[phase.step]]
id = "again"
title = "Again"
run = "true"
secrets = { T = "token" }
"""


def test_what_a_step_would_wait_for_in_vain_is_said_before_it_begins(
    make_runbook: MakeRunbook,
) -> None:
    book = make_runbook(WAITS)
    later = "in a run that has begun, set it and resume"
    assert list(unset_variables(book, {"asked", "usual"})) == [
        f"set MY_TOKEN: 1.2, 1.3 wait for it; {later}",
        "give --var typed=VALUE, or a `from_env` to [var.typed]: 1.2 waits for it",
        f"set MY_HOST: 1.2 waits for it; {later}",
    ]
    assert not list(unset_variables(book, {"token", "typed", "host", "usual"}))
    said, _ = check_files([book.path])
    assert said.endswith("; set before a run: MY_TOKEN, MY_HOST")


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("./gone.sh", ["./gone.sh is not in {place}"]),
        ("./there.sh", []),
        ("no-such-thing", ["no-such-thing is not on PATH"]),
        ("cd tools && ./list", []),
        ("(cd tools; bin/list) | sort", []),
        ("cd tools && /gone/list", ["/gone/list is not in {place}"]),
        ("cd tools && no-such-thing", ["no-such-thing is not on PATH"]),
        ("~/bin/list", []),
        ("~nobody/bin/list", []),
    ],
)
def test_a_program_that_gives_a_value_and_is_not_there(
    make_runbook: MakeRunbook, place: Path, script: str, missing: list[str]
) -> None:
    book = make_runbook(
        f"format = 2\n[runbook]\ntitle = 'R'\n[var.v]\nfrom_run = '{script}'\n"
        "[[step]]\nrun = 'touch \"$v\"'\n"
    )
    found = missing_sources(book, (), place, os.environ["PATH"])
    ends = "; [var.v] gets its value by it"
    assert list(found) == [each.format(place=place) + ends for each in missing]


def test_the_client_of_a_sql_check(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_text(
        "format = 2\n[runbook]\ntitle = 'R'\n[[step]]\ntitle = 'S'\n"
        "check.sql = { url = 'mysql://', query = 'select 1', is = 1 }\n"
    )
    problems = preflight_problems(load(path), tmp_path, str(tmp_path))
    assert list(problems) == ["mysql or mariadb is not on PATH; install it"]
