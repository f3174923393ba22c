"""`shell`: nothing is filled in there, and whoever thinks so is told what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.templates import variables_read
from tests.paths import CASES
from tests.runbook.runbook_texts import HEAD, STEP, Decoded, Pointed, found, only

HOST = "[var.host]\ndefault = 'db2'\n"
THROUGH_BASH = """effect = 'read'
shell = ["bash", "-c", 'psql -h "${host}" -f "$0"']
run = 'select count(*) from orders;'
"""


def test_a_template_in_shell_is_an_error_at_its_place() -> None:
    path = CASES / "authoring" / "shell.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    runbook, problems = examine(path)
    assert runbook is None
    assert [problem.line for problem in problems] == [15, 20]
    for problem in problems:
        assert lines[problem.line - 1][problem.column - 1 :].startswith('"${host}"')
        assert "nothing is filled in here" in problem.message
    remedy = """write ["bash", "-c", 'psql -h "${host}" -f "$0"'], where $0 is"""
    assert remedy in problems[0].message


@pytest.mark.parametrize("last", ["-c", "-e", "-u"])
def test_a_template_in_place_of_the_program_is_an_error(
    last: str, pointed: Pointed
) -> None:
    text = f"{HOST}{STEP}shell = [«'${{host}}', '{last}']\nrun = 'x'"
    [(severity, message)] = pointed(text)
    assert severity == "error"
    assert "nothing is filled in here" in message


@pytest.mark.parametrize("action", ["run = 'x'", "check.run"])
def test_what_it_says_to_write_works(action: str, decoded: Decoded) -> None:
    text = f"{HOST}{STEP}{THROUGH_BASH}"
    if action == "check.run":
        shell = """["bash", "-c", 'psql -h "$host" -f "$0"']"""
        text = f"{HOST}{STEP}check.run = {{ script = 'select 1', shell = {shell} }}"
    runbook = decoded(text)
    assert variables_read(only(runbook), runbook) == ("host",)


def test_a_script_for_what_bash_runs_is_no_script_for_bash(tmp_path: Path) -> None:
    assert found(f"{HOST}{STEP}{THROUGH_BASH}", tmp_path) == []


@pytest.mark.parametrize(
    "shell",
    ["""['perl', '-e', 'print "${x}"']""", """['python3']""", """['x', '$${y}']"""],
)
def test_code_of_its_own_is_left_alone(shell: str, tmp_path: Path) -> None:
    assert found(f"timeout = '1m'\nshell = {shell}\nrun = 'x'", tmp_path) == []


def test_a_secret_is_no_argument(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    secret = "[var.host]\nsecret = true\nfrom_env = 'H'\n"
    path.write_text(f"{HEAD}{secret}{STEP}{THROUGH_BASH}", encoding="utf-8")
    [problem] = examine(path)[1]
    assert "a step gets it only by `secrets" in problem.message
