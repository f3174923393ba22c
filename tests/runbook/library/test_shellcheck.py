"""ShellCheck's findings are folded in; without it, or if it is odd, nothing is lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pytest

from mobius_tui.cli import main
from mobius_tui.runbook.library.check_report import check_files, check_items
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.library.shellcheck import ShellCheck, find_shellcheck
from mobius_tui.runbook.lint.external_findings import ExternalFinding, ExternalRequest
from tests.run.running import alive
from tests.runbook.runbook_texts import HEAD, STEP
from tests.waiting import PATIENCE

PYTHON = sys.executable
TOML = f"""{HEAD}[var.target_env]
default = "staging"
{STEP}timeout = '1m'
outputs = ['made']
env = {{ given = 'x' }}
run = '''
echo one "$target_env" "$given"
  echo "$stray" >> "$RUNBOOK_OUTPUT"
'''
check.run = {{ script = 'echo "é" && test -f x', shell = ["sh"] }}
[[phase.step]]
id = 'p'
title = 'P'
timeout = '1m'
shell = ['python3']
run = 'print(1)'
[[phase.step]]
use = 's'
id = 'again'
uses = ['made']
"""


def said(
    index: int, line: int, column: int, code: str, message: str = "m"
) -> ExternalFinding:
    return ExternalFinding(
        index=index, line=line, column=column, code=code, message=message
    )


class Outside:
    """Another program, which says what it was made to say."""

    def __init__(self, *answer: ExternalFinding) -> None:
        self.answer = answer
        self.asked: tuple[ExternalRequest, ...] = ()

    def __call__(
        self, asked: tuple[ExternalRequest, ...]
    ) -> tuple[ExternalFinding, ...]:
        self.asked = asked
        return self.answer


def folded(folder: Path, external: Outside) -> list[tuple[int, int, str]]:
    path = folder / "x.toml"
    path.write_text(TOML, encoding="utf-8")
    runbook, problems = examine(path, thorough=True, external=external)
    assert runbook is not None
    return [(each.line, each.column, each.code) for each in problems]


def test_each_shell_script_is_asked_about_once(tmp_path: Path) -> None:
    external = Outside()
    assert folded(tmp_path, external) == []
    assert [each.dialect for each in external.asked] == ["bash", "sh"]
    assert external.asked[1].script == 'echo "é" && test -f x'


def test_what_our_own_rule_says_of_a_broken_script_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}{STEP}effect = 'read'\nrun = 'echo \"a'\n")
    external = Outside(said(0, 1, 6, "SC1073"), said(0, 1, 8, "SC1072"))
    _, problems = examine(path, thorough=True, external=external)
    assert [each.code for each in problems] == ["syntax-error"]


def test_a_misspelt_name_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    script = 'target=1\nls "$taget" "$target" "$other"'
    path.write_text(f"{HEAD}{STEP}effect = 'read'\nrun = '''\n{script}\n'''\n")
    external = Outside(said(0, 2, 5, "SC2154"), said(0, 2, 24, "SC2154"))
    _, problems = examine(path, thorough=True, external=external)
    assert [each.code for each in problems] == ["misspelt-variable", "SC2154"]


def test_a_finding_stands_at_its_place_in_the_file(tmp_path: Path) -> None:
    external = Outside(
        said(0, 2, 8, "SC2000"), said(1, 1, 13, "SC2001"), said(0, 99, 99, "SC2002")
    )
    lines = TOML.split("\n")
    stray = next(n for n, each in enumerate(lines, 1) if "stray" in each)
    check = next(n for n, each in enumerate(lines, 1) if "check.run" in each)
    test = lines[check - 1].index("test -f") + 1
    assert folded(tmp_path, external) == [
        (stray, 8, "SC2000"),
        (stray + 1, 1, "SC2002"),
        (check, test, "SC2001"),
    ]


def test_what_the_runbook_gives_is_not_unassigned(tmp_path: Path) -> None:
    words = "is referenced but not assigned."
    names = ("target_env", "given", "made", "RUNBOOK_OUTPUT", "stray")
    external = Outside(*(said(0, 1, 1, "SC2154", f"{n} {words}") for n in names))
    assert len(folded(tmp_path, external)) == 1


def test_a_comment_hides_it_for_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    hidden = "echo # lint: ignore=SC2034 it is read by what it sources"
    path.write_text(f"{HEAD}{STEP}effect = 'read'\nrun = '{hidden}'\n")
    external = Outside(said(0, 1, 1, "SC2034"), said(0, 1, 1, "SC2035"))
    _, problems = examine(path, thorough=True, external=external)
    assert [each.code for each in problems] == ["SC2035"]
    text, _ = check_files([path], external=external)
    assert "[SC2035]" in text
    assert "see https://www.shellcheck.net/wiki/SC2035" in text
    [item], _ = check_items([path], external=external)
    assert item["remedy"] == "see https://www.shellcheck.net/wiki/SC2035"


def program(folder: Path, script: str) -> str:
    """A program named like ShellCheck, in Python."""
    path = folder / "shellcheck"
    path.write_text(f"#!{PYTHON} -IS\nimport sys, time, json\n{script}\n")
    path.chmod(0o755)
    return str(path)


ASKED = (
    ExternalRequest(script="echo", dialect="bash"),
    ExternalRequest(script="ls", dialect="sh"),
)


def test_its_answer_is_read(tmp_path: Path) -> None:
    script = """
shell = [a for a in sys.argv if a.startswith('--shell=')][0][8:]
comment = {'file': sys.argv[-1], 'line': 1, 'column': 2, 'code': 2034,
           'message': shell + ' ' + open(sys.argv[-1]).read()}
wrong = [('line', '1'), ('code', 1), ('file', 'x'), ('file', '9'), ('message', None)]
odd = [1, {}, *({**comment, key: value} for key, value in wrong)]
print(json.dumps({'comments': [comment, *odd]}))
sys.exit(1)"""
    shellcheck = ShellCheck(program(tmp_path, script))
    assert shellcheck(ASKED) == (
        said(0, 1, 2, "SC2034", "bash echo\n"),
        said(1, 1, 2, "SC2034", "sh ls\n"),
    )
    assert shellcheck.problem == ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(4)", "older than 0.7"),
        ("print('no JSON')", "left out"),
        ("print('[]')", "older than 0.7"),
        ("print('{\"comments\": 3}')", "older than 0.7"),
        ("print('[' * 100_000)", "left out"),
        ("sys.stdout.buffer.write(b'\\xff')", "left out"),
        ("while True: print('x' * 65536)", "does not stop talking"),
    ],
)
def test_an_odd_one_is_left_out_and_that_is_told(
    script: str, words: str, tmp_path: Path
) -> None:
    shellcheck = ShellCheck(program(tmp_path, script))
    assert shellcheck(ASKED) == ()
    assert words in shellcheck.problem
    assert shellcheck(ASKED) == ()


@pytest.mark.parametrize("first", ["", "import os; os.fork()", "sys.stdout.close()"])
def test_one_that_hangs_is_killed_with_all_that_it_began(
    first: str, tmp_path: Path
) -> None:
    path = program(tmp_path, f"{first}\ntime.sleep(600)")
    shellcheck = ShellCheck(path, limit=0.5)
    assert shellcheck(ASKED) == ()
    assert shellcheck.problem
    left = [p for p in psutil.process_iter(["cmdline"]) if path in _words(p)]
    psutil.wait_procs(left, timeout=PATIENCE)  # killed, which takes the kernel a moment
    assert not any(alive(process.pid) for process in left)


def _words(process: psutil.Process) -> list[str]:
    words: list[str] = process.info["cmdline"] or []
    return words


def test_one_that_cannot_be_started_is_left_out(tmp_path: Path) -> None:
    shellcheck = ShellCheck(str(tmp_path / "none"))
    assert shellcheck(ASKED) == ()
    assert "left out" in shellcheck.problem


def test_check_goes_on_without_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TOML)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_shellcheck() is None
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().err == ""
    program(tmp_path, "sys.exit(3)")
    assert main(["check", str(path), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == []
    assert told.err.startswith("mobius-tui: ")
    assert "is left out" in told.err


@pytest.mark.machine("shellcheck")
def test_the_real_one_finds_what_is_wrong_and_nothing_in_ours(tmp_path: Path) -> None:
    shellcheck = find_shellcheck()
    assert shellcheck is not None, "wants ShellCheck: pip install '.[lint]'"
    path = tmp_path / "x.toml"
    path.write_text(TOML, encoding="utf-8")
    _, problems = examine(path, thorough=True, external=shellcheck)
    assert [(each.code, each.text.strip()[:5]) for each in problems] == [
        ("SC2154", "echo ")
    ]
    for each in bundled_runbooks():
        _, problems = examine(each, thorough=True, external=shellcheck)
        assert [problem.render() for problem in problems] == []
    assert shellcheck.problem == ""
