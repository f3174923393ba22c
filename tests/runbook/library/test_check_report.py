"""What `check` says about files."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.runbook.library.check_report import check_files, check_items
from mobius_tui.runbook.lint.rule_table import RULES
from tests.paths import TESTS

DATA = TESTS / "runbook" / "data"
BAD = """format = 1
[runbook]
id = "x"
title = "X"
[var.v]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
run = 'true'
timeout = 3
"""


def test_a_valid_file_gets_one_line() -> None:
    path = DATA / "rollback.toml"
    text, code = check_files([path])
    assert text == f"{path}: ok, 5 phases, 8 steps (3 read, 0 change, 1 destroy)"
    assert code == 0
    assert check_items([path]) == ([], 0)


def test_any_error_makes_the_exit_code_two(tmp_path: Path) -> None:
    bad = tmp_path / "x.toml"
    bad.write_text(BAD)
    text, code = check_files([bad, DATA / "rollback.toml"])
    lines = text.split("\n")
    assert code == 2
    unused = f"{bad}:5:1: warning: nobody uses the variable `v` [unused-variable]"
    assert lines[:2] == [unused, "    [var.v]"]
    assert lines[3].startswith("    use it, or take it out")
    assert lines[4] == f"{bad}:9:1: `title` is missing in [[phase.step]]"
    assert lines[-2] == f"{bad}: 2 errors"
    assert ": ok, 5 phases" in lines[-1]


UNDONE = """
format = 2
[runbook]
title = "Undone"
[[step]]
title = "Look"
run = "ls"
[[step]]
title = "Change"
timeout = "1m"
run = "systemctl stop api"
undo = "systemctl start api"
"""


def test_the_counts_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "undone.toml"
    path.write_text(UNDONE)
    verdict = check_files([path])[0].split("\n")[-1]
    counts = "ok, 1 phase, 2 steps (1 read, 1 change, 0 destroy), 1 undo"
    assert verdict == f"{path}: {counts}"


SCRIPT = "effect = 'read'\nrun = '''\n{}sudo ls\n'''\n"
PHASE = (
    "[[phase]]\nid = 'p{0}'\ntitle = 'P'\n[[phase.step]]\nid = 's{0}'\ntitle = 'S'\n"
)


def test_warnings_of_a_kind_are_folded_and_truly_counted(tmp_path: Path) -> None:
    many = SCRIPT.format("echo $x\n" * 170)
    paths = [tmp_path / f"c{number}.toml" for number in range(3)]
    head = "format = 1\n[runbook]\nid = 'm'\ntitle = 'M'\n"
    for number, path in enumerate(paths):
        path.write_text(f"format = 1\n{PHASE.format(number)}{many}")
        head += f"[[phase]]\ninclude = '{path.name}#p{number}'\n"
    main = tmp_path / "m.toml"
    main.write_text(f"{head}{PHASE.format(9)}{SCRIPT.format('')}")
    text, code = check_files([main, *paths])
    lines = text.split("\n")
    assert code == 0
    assert lines[-1].endswith("; 514 warnings: 510 unquoted-variable, 4 prompt")
    shown = [line for line in lines if " warning: " in line]
    assert sum("unquoted-variable" in line for line in shown) == 3 * 5
    assert sum("[prompt]" in line for line in shown) == 4
    folded = [line for line in lines if ": and " in line]
    assert len(folded) == 3
    where = ", ".join(str(line) for line in range(15, 35))
    more = f"and 165 more [unquoted-variable]: line {where} …"
    assert folded[0] == f"{paths[0]}: {more}"
    assert len(check_items([main])[0]) == 514


def test_as_data_each_problem_is_an_item(tmp_path: Path) -> None:
    bad = tmp_path / "x.toml"
    bad.write_text(BAD)
    found, code = check_items([bad, tmp_path / "none.toml"])
    assert code == 2
    assert [(one["line"], one["severity"]) for one in found] == [
        (5, "warning"),
        (9, "error"),
        (12, "error"),
        (0, "error"),
    ]
    assert found[0] == {
        "file": str(bad),
        "line": 5,
        "column": 1,
        "severity": "warning",
        "code": "unused-variable",
        "message": "nobody uses the variable `v`",
        "reason": RULES["unused-variable"].reason,
        "remedy": RULES["unused-variable"].remedy,
    }
    assert set(found[1]) == {"file", "line", "column", "severity", "message"}


def test_the_hosts_of_each_target_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("""format = 2
[runbook]
title = "X"
[targets.web]
hosts = ["web-[01:20]", "!web-07"]
[targets.db]
inventory = "hosts.ini"
hosts = ["db"]
[[step]]
run = "uptime"
hosts = "web"
[[step]]
title = "Play"
playbook = "db.yml"
hosts = "db"
effect = "read"
""")
    text, code = check_files([path])
    assert code == 0
    assert text.endswith(
        "(2 read, 0 change, 0 destroy), web: 19 hosts, db: of hosts.ini"
    )
