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
    ServiceCheck,
    SqlCheck,
)
from mobius_tui.runbook.model.probes import Probe, is_loopback
from mobius_tui.runbook.model.runbook_diff import diff_runbooks, part_digest
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


WEB = "[targets.web]\nhosts = ['web-[1:150]']\n[targets.db]\nhosts = ['db-[1:51]']\n"
UNIT = "check.service = 'nginx'\n"


def test_a_probe_of_hosts(decoded: Decoded) -> None:
    runbook = decoded(f"{HEAD}{UNIT}hosts = 'web'\n[health]\n{WEB}")
    assert runbook.health is not None
    assert runbook.health.hosts_every == "15s"
    (probe,) = runbook.health.host_probes
    assert (probe.hosts, probe.check) == (
        "web",
        ServiceCheck(names=("nginx",), repeat=Repeat(timeout="4s")),
    )
    by_process = f"{HEAD}check.process = 'x'\nhosts = 'web'\n{WEB}"
    assert decoded(by_process).probes()[0].hosts == "web"


def test_digests_of_what_has_no_hosts_are_what_they_were(decoded: Decoded) -> None:
    here, there = decoded(HEAD + UNIT), decoded(f"{HEAD}{UNIT}hosts = 'web'\n{WEB}")
    assert part_digest(here.probes()[0]) == "e0ab9ded0ee50b83"
    assert part_digest(there.probes()[0]) != part_digest(here.probes()[0])
    slower = "[health]\nhosts_every = '1m'\n"
    assert diff_runbooks(here, decoded(f"{HEAD}{UNIT}{slower}")) == ()
    changed = decoded(f"{HEAD}{UNIT}hosts = 'web'\n{slower}{WEB}")
    assert [each.kind for each in diff_runbooks(there, changed)] == ["edited"]


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (f"{UNIT}«hosts = 'wbe'", "no target `wbe`; did you mean `web`"),
        (f"{UNIT}«hosts = ' '", "is the name of a target"),
        ("url = 'http://x'\n«hosts = 'web'", "is for a probe with `check.service`"),
        ("check.port = 'x:1'\n«hosts = 'web'", "is for a probe with `check.service`"),
        (f"{UNIT}hosts = 'web'\n«timeout = '1s'", "a probe with `hosts` has no"),
        (
            f"{UNIT}hosts = 'web'\n[[health.probe]]\nid = 'q'\n{UNIT}«hosts = 'db'",
            "probes look at 201 hosts, those of `db` among them; 200 are the most",
        ),
        (f"{UNIT}hosts = 'web'\n[health]\n«hosts_every = '9s'", "is from 10s to 1h"),
    ],
)
def test_what_is_wrong_with_a_probe_of_hosts_is_shown_at_its_place(
    examined: Examine, probe: str, words: str
) -> None:
    line = HEAD.count("\n") + probe.partition("«")[0].count("\n") + 1
    _, problems = examined(f"{HEAD}{probe.replace('«', '')}\n{WEB}")
    assert any(words in each.message and each.line == line for each in problems)


def test_a_target_that_a_probe_alone_uses_is_used(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}{UNIT}hosts = 'web'\n{WEB}")
    _, problems = examine(path, thorough=True)
    unused = [e.message for e in problems if e.code == "unused-target"]
    assert unused == ["nothing uses the target `db`"]


def test_a_probe_of_hosts_has_no_latency_and_no_timeout_to_warn_of(
    tmp_path: Path,
) -> None:
    health = "[health]\nevery = '1s'\n[health.trigger]\np95_latency = {}\n"
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}{UNIT}hosts = 'web'\n{health}{WEB}")
    _, problems = examine(path, thorough=True)
    codes = {each.code for each in problems}
    assert not codes & {"slow-probe", "trigger-never-fires", "no-witness"}


def test_format_1_has_none(examined: Examine) -> None:
    text = "[[phase]]\nid='p'\ntitle='P'\n[[phase.step]]\nid='s'\ntitle='S'\nrun='x'\n"
    probe = "[[health.probe]]\nid = 'p'\ncheck.port = { at = 'x:1' }\n"
    _, problems = examined(text + probe)
    assert any("`check` is of format 2" in each.message for each in problems)
