"""`mobius-tui hosts`: what it lists, asks and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.cli import main
from tests.run.targets.inventories import ANSWER, put_answer

BOOK = """format = 2
[runbook]
id = "hosts"
title = "Hosts"
[targets.web]
title = "Web servers"
hosts = ["web-[1:3]"]
first = ["web-2"]
[targets.all]
inventory = "hosts.ini"
hosts = ["prod"]
[[step]]
id = "up"
run = "uptime"
hosts = "web"
[[step]]
id = "here"
run = "uptime"
[[step]]
id = "all"
run = "date"
hosts = "all"
"""
SSH = """#!/bin/sh
case "$*" in *web-3*) echo "Host key verification failed." >&2; exit 255;; esac
for last; do :; done
exec sh -c "$last"
"""
"""Stands in for ssh: runs its last word here."""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The runbook's file, with an inventory and an ssh of the test's own."""
    env = put_answer(tmp_path, ANSWER)
    monkeypatch.setenv("PATH", env["PATH"])
    ssh = tmp_path / "programs" / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "x.toml"
    path.write_text(BOOK)
    return str(path)


def test_the_hosts_of_each_target_in_their_order(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hosts", book]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Web servers (web): 3 hosts",
        "  web-2  first",
        "  web-1",
        "  web-3",
        "all (all): 4 hosts, of 3 groups",
        "  web-1  [prod web]",
        "  web-2  10.0.0.2:2222  [prod web]",
        "  web-3  [prod web]",
        "  db-1  ops@db-1:22  [prod db]",
    ]
    assert main(["hosts", book, "--step", "all", "--limit", "web:!web-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "all (all): 2 hosts, of 2 groups, limited to web:!web-1",
        "  web-2  10.0.0.2:2222  [prod web]",
        "  web-3  [prod web]",
    ]


def test_who_does_not_answer_is_named_and_counts(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["hosts", book, "--target", "web", "--probe-hosts"]
    assert main(words) == 1
    said = capsys.readouterr()
    head, *rows = said.out.splitlines()
    assert head == "Web servers (web): 3 hosts"
    key = "its host key is not the known one: look at it by hand with `ssh web-3`"
    assert rows == [
        "  web-2  answers",
        "  web-1  answers",
        f"  web-3  unknown key  {key}",
    ]
    assert "web: 2 answers, 1 unknown key" in said.err
    assert main([*words, "--limit", "web-1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["count"] == 1
    assert len(found["sha256"]) == 64
    assert found["hosts"] == [
        {
            "name": "web-1",
            "address": "web-1",
            "groups": [],
            "user": "",
            "port": None,
            "first": False,
            "answer": "answers",
            "detail": "",
        }
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--step", "hree"], "no step `hree`; did you mean `here`?"),
        (["--step", "here"], "`here` runs on this machine"),
        (["--target", "wab"], "no target `wab`; did you mean `web`?"),
        (["--limit", "db-9"], "the target web: `db-9` names no host"),
        (["--limit", "!web-*"], "the target web: `!web-*` leaves no host"),
    ],
)
def test_what_names_no_host_is_refused(
    book: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["hosts", book, *words]) == 2
    assert said in capsys.readouterr().err


def test_a_runbook_without_hosts_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosts", "mobius-rollback"]) == 2
    assert "run on this machine" in capsys.readouterr().err
