"""`until`, `for`, and what else format 2 brought to checks."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.decode.decode_checks import check_paths
from mobius_tui.runbook.model.check_kinds import HttpCheck, PortCheck, TlsCheck
from mobius_tui.runbook.model.runbook_diff import part_digest
from mobius_tui.runbook.model.step_text import check_in_words
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml
from tests.runbook.runbook_texts import Decoded, Examine, Pointed

HEAD = "format = 2\n[runbook]\ntitle = 'X'\n[[step]]\ntitle = 'S'\n"


def test_until_is_a_check_with_a_deadline(decoded: Decoded) -> None:
    short = "until = { http = 'http://x', every = '2s', for = '10m' }"
    long = "check.http = { url = 'http://x', every = '2s', for = '10m' }"
    (check,), (same,) = (decoded(f"{HEAD}{t}").steps()[0].checks for t in (short, long))
    assert check == same
    assert check_in_words(check) == "GET http://x = 200, within 10m, every 2s"


def test_until_comes_before_the_other_checks(decoded: Decoded) -> None:
    text = f"{HEAD}check.port = 'x:1'\nuntil = {{ http = 'http://x', for = '1m' }}"
    checks = decoded(text).steps()[0].checks
    assert [type(check) for check in checks] == [HttpCheck, PortCheck]
    document = parse_toml("x.toml", text.encode(), Findings())
    step = TomlTable(document).tables("step")[0]
    assert check_paths(step) == [("until", "http"), ("check", "port")]


def test_a_row_within_a_deadline_is_said(decoded: Decoded) -> None:
    text = "until = { port = 'x:1', consecutive = 3, attempts = 9, for = '1m' }"
    (check,) = decoded(HEAD + text).steps()[0].checks
    words = "x:1 open, 3 in a row, 9 looks at most, within 1m, every 5s"
    assert check_in_words(check) == words


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("«until = { port = 'x:1' }", "`until` wants `for`, such as"),
        ("until = { port = 'x:1', «for = 'x' }", "`for` is a duration"),
        ("until = { port = 'x:1', «for = '1ms' }", "`for` is from 100ms to 720h"),
        (
            "check.port = { at = 'x:1', «for = '5s', consecutive = 3 }",
            "`for` ends before `consecutive` looks",
        ),
        (
            "run = 'x'\ncheck.output = { match = 'x', «for = '5s' }",
            "it is looked at once",
        ),
        ("until = { «timr = 'x', for = '5s' }", "unknown key `timr`"),
        ("until = { «tcp = 'x', for = '5s' }", "here that is `port"),
        ("check.http = { url = 'http://x', «status = [] }", "`status` is empty"),
        (
            "check.http = { url = 'http://x', status = [200, «99] }",
            "a status is a number from 100 to 599",
        ),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    pointed: Pointed, check: str, words: str
) -> None:
    (_, said), *_ = pointed(HEAD + check)
    assert words in said


def test_several_statuses(decoded: Decoded) -> None:
    text = "check.http = { url = 'http://x', status = [200, 204] }"
    (check,) = decoded(HEAD + text).steps()[0].checks
    assert isinstance(check, HttpCheck)
    assert check.status == (200, 204)
    assert check.condition == "GET http://x = 200 or 204"
    (one,) = decoded(HEAD + text.replace(", 204", "")).steps()[0].checks
    assert one == HttpCheck(url="http://x")


def test_a_name_for_tls(decoded: Decoded) -> None:
    text = "check.tls = { at = '10.0.0.7:443', name = 'x.example' }"
    (check,) = decoded(HEAD + text).steps()[0].checks
    assert check == TlsCheck(at="10.0.0.7:443", server_name="x.example")
    words = "certificate of 10.0.0.7:443 for x.example valid for 0 days"
    assert check.condition == words


def test_digests_of_older_versions_stay() -> None:
    assert part_digest(TlsCheck(at="x:1")) == "5039151a9c2cea6a"
    assert part_digest(HttpCheck(url="http://x")) == "b1859b95e59f7e59"


@pytest.mark.parametrize(
    "text",
    [
        "until = { port = { at = 'x:1' } }",
        "check.port = { at = 'x:1', for = '1m' }",
        "check.tls = { at = 'x:1', name = 'x' }",
        "check.http = { url = 'http://x', status = [200] }",
    ],
)
def test_format_1_has_none_of_it(examined: Examine, text: str) -> None:
    head = "format = 1\n[runbook]\nid='x'\ntitle='X'\n[[phase]]\nid='p'\ntitle='P'\n"
    step = f"[[phase.step]]\nid = 's'\ntitle = 'S'\nrun = 'true'\n{text}\n"
    _, problems = examined(head + step)
    assert "is of format 2; `mobius-tui upgrade FILE`" in problems[0].message
