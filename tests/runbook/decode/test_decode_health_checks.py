"""Probes that look by a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.planning.variables import probe_variable_names
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.check_kinds import (
    Check,
    DnsCheck,
    FileCheck,
    PortCheck,
    Repeat,
    RunCheck,
    SqlCheck,
)
from mobius_tui.runbook.model.probes import Probe, is_loopback
from tests.runbook.runbook_texts import Decoded, Examine

HEAD = (
    "format = 2\n[runbook]\ntitle = 'X'\n[var.host]\ndefault = 'h'\n"
    "[[step]]\nrun = 'systemctl status x'\n[[health.probe]]\nid = 'p'\n"
)


def test_a_probe_by_a_check(decoded: Decoded) -> None:
    text = "check = { port = '${host}:1' }\ntimeout = '2s'\ntrigger = false"
    (probe,) = decoded(HEAD + text).probes()
    check = PortCheck(at="${host}:1", repeat=Repeat(timeout="2s"))
    assert probe == Probe(id="p", check=check, timeout="2s", trigger=False)
    assert probe_variable_names(probe) == ("host",)
    by_script = Probe(id="q", check=RunCheck(script="x=1; echo ${x} ${host}"))
    assert probe_variable_names(by_script) == ()


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ("«check = {}", "a check names a kind"),
        ("«check = { http = 'http://x' }", "for `http` it has `url`"),
        ("«check = { port = ['x:1', 'y:1'] }", "a probe looks by one of port, tls"),
        ("run = 'x'\n«check = { output = 'x' }", "a probe looks by one of"),
        ("«check = { port = 'x:1', every = '1s' }", "every `every` of [health]"),
        ("check = { port = 'x:1' }\n«url = 'http://x'", "this has a check"),
        ("check = { port = 'x:1' }\n«error_rate = { at = '/x' }", "this has a check"),
        ("check = { port = «'${nobody}:1' }", "`nobody` is used and never defined"),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    examined: Examine, probe: str, words: str
) -> None:
    line = HEAD.count("\n") + probe.partition("«")[0].count("\n") + 1
    _, problems = examined(HEAD + probe.replace("«", ""))
    assert any(words in each.message and each.line == line for each in problems)


def test_what_a_probe_runs_only_reads(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        f"{HEAD}check = {{ run = 'rm -rf /srv/x' }}\n[var.pw]\nsecret = true\n"
        "[[health.probe]]\nid = 'q'\ncheck = { run = 'test $pw = x' }\n"
    )
    _, problems = examine(path, thorough=True)
    said = " ".join(each.message for each in problems)
    assert "`pw` is a secret" in said
    path.write_text(path.read_text().replace("$pw", "$host"))
    _, problems = examine(path, thorough=True)
    said = " ".join(each.message for each in problems)
    assert "`rm -rf /srv/x` destroys, and a check only reads" in said


@pytest.mark.parametrize(
    ("check", "is_here"),
    [
        (PortCheck(at="127.0.0.1:1"), True),
        (PortCheck(at="db:1"), False),
        (DnsCheck(name="x", at="[::1]:53"), True),
        (DnsCheck(name="x"), True),
        (SqlCheck(query="", is_=(), url="mysql://me@db:1/x"), False),
        (SqlCheck(query="", is_=(), file="x"), True),
        (RunCheck(script="x"), True),
        (FileCheck(path="x"), True),
    ],
)
def test_whom_a_check_asks(check: Check, is_here: bool) -> None:
    assert is_loopback(Probe(id="p", check=check).asked_url) is is_here


def test_format_1_has_none(examined: Examine) -> None:
    text = "[[phase]]\nid='p'\ntitle='P'\n[[phase.step]]\nid='s'\ntitle='S'\nrun='x'\n"
    probe = "[[health.probe]]\nid = 'p'\ncheck.port = { at = 'x:1' }\n"
    _, problems = examined(text + probe)
    assert any("`check` is of format 2" in each.message for each in problems)
