"""Of what tools print when they fail, the line that says why."""

from __future__ import annotations

import pytest

from mobius_tui.run.checks.error_lines import error_line, last_meaningful

PYTHON = [
    "Traceback (most recent call last):",
    '  File "backup.py", line 3, in <module>',
    '    open("/srv/none")',
    "FileNotFoundError: [Errno 2] No such file or directory: '/srv/none'",
    "cleaning up",
]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (PYTHON, PYTHON[3]),
        (["KeyError: 'a'", "bye"], "KeyError: 'a'"),
        (["psycopg2.OperationalError: refused", "-"], None),
        (["KeyboardInterrupt", "bye"], "KeyboardInterrupt"),
        (["/tmp/x.sh: line 3: foo: command not found", "bye"], None),
        (["bash: line 1: cd: /none: No such file or directory", ""], None),
        (["fatal: not a git repository", "hint: run git init"], None),
        (["error: failed to push some refs", "hint: fetch first"], None),
        (["error[E0382]: use of moved value", "  --> src/main.rs"], None),
        (["E: Unable to locate package nothing", "done"], None),
        (["npm ERR! code ENOENT", "log is in /tmp/x"], None),
        (["2026-11-24 13:45:05 ERROR the backup is broken", "INFO bye"], None),
        (["[ERROR] the backup is broken", "[INFO] bye"], None),
        (["nginx: [emerg] bind() failed", "nginx: test failed"], None),
        (["[core:error] no such file", "bye"], None),
        (["curl: (7) error: refused", "bye"], None),
        (["Error: first", "Error: second", "bye"], "Error: second"),
    ],
)
def test_an_error_is_known_by_its_form(lines: list[str], told: str | None) -> None:
    assert error_line(lines) == (lines[0] if told is None else told)


@pytest.mark.parametrize(
    "line",
    [
        "0 errors",
        "no error",
        "the error log is clean",
        "terror: no",
        "errors: 0",
        "[errors]",
        "",
    ],
)
def test_what_only_speaks_of_errors_is_none(line: str) -> None:
    assert error_line([line]) is None


def test_what_says_nothing_is_passed_over() -> None:
    lines = [
        "the lock is held",
        "+ rm -f /tmp/lock",
        "++ date",
        "-----",
        "    ^^^^",
        "",
    ]
    assert last_meaningful(lines) == "the lock is held"
    assert last_meaningful(["-----", ""]) == "-----"
    assert last_meaningful([]) == ""


def test_a_flood_is_looked_at_from_its_end() -> None:
    assert error_line(["error: long ago", *["x"] * 1000]) is None
    assert error_line(["x" * 1_000_000 + " error: y"]) is None
