"""`sql` checks: what a file may say, and what is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.check_kinds import SqlCheck
from tests.runbook.runbook_texts import Decoded, Examine, Pointed

HEAD = "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\ntitle = 'S'\n"


def test_a_check(decoded: Decoded) -> None:
    text = 'check.sql = { file = \'a.db\', query = """select\n 1""", is = \'> 0\' }'
    (check,) = decoded(HEAD + text).steps()[0].checks
    assert check == SqlCheck(file="a.db", query="select\n 1", is_=("> 0",))
    assert check.condition == "`select 1` in a.db gives > 0"


ASKED = "query = 'select 1', is = 1"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("«sql = { file = 'x', is = 1 }", "`query` is missing"),
        ("«sql = { file = 'x', query = 'select 1' }", "`is` is missing"),
        (f"«sql = {{ {ASKED} }}", "wants `url`, or `file` for SQLite"),
        (f"sql = {{ «url = 'h', {ASKED} }}", "begins with postgresql://"),
        (f"sql = {{ «url = 'mysql://a:b@h', {ASKED} }}", "secrets = { MYSQL_PWD"),
        ("sql = { file = 'x', «query = ' ', is = 1 }", "`query` is empty"),
        (f"sql = {{ file = 'x', {ASKED}, «database = 'x' }}", "here that is `url`"),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    pointed: Pointed, sql: str, words: str
) -> None:
    (_, said), *_ = pointed(f"{HEAD}check = {{ {sql} }}")
    assert words in said


@pytest.mark.parametrize(
    ("query", "does"),
    [
        ("select count(*) from x where a > 3", ""),
        ("delete from x", "`delete from x` destroys, and a check only reads"),
        ("select 1; update x set a = 1 where b", "changes something"),
        ("select * from ${x} where a = '${x}'", ""),
    ],
)
def test_a_query_that_does_more_than_read(
    tmp_path: Path, query: str, does: str
) -> None:
    path = tmp_path / "x.toml"
    check = f"check.sql = {{ file = 'x', query = \"{query}\", is = 1 }}"
    path.write_text(f"{HEAD}{check}\n[var.x]\ndefault = 'y'\n")
    _, problems = examine(path, thorough=True)
    said = [each.message for each in problems if each.code == "effect-too-low"]
    assert len(said) == bool(does)
    assert does in "".join(said)


def test_it_is_of_format_2(examined: Examine) -> None:
    head = "format = 1\n[runbook]\nid='x'\ntitle='X'\n[[phase]]\nid='p'\ntitle='P'\n"
    step = "[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    check = "check.sql = { file = 'x', query = 'select 1', is = 1 }"
    _, problems = examined(head + step + check)
    assert "`sql` is of format 2" in problems[0].message
