"""`mobius-tui check` reads what has the hosts of a runbook, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.cli import main
from tests.run.targets.inventories import put_answer

BOOK = """format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = ["web-1"]
{more}
[[step]]
hosts = "web"
run = "uptime"
"""
ANSWER = {
    "_meta": {"hostvars": {"web-1": {"ansible_become": True}}},
    "all": {"hosts": ["web-1"]},
}


def book(tmp_path: Path, more: str) -> str:
    path = tmp_path / "x.toml"
    path.write_text(BOOK.format(more=more))
    return str(path)


def test_what_ssh_does_not_follow_is_an_error_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", put_answer(tmp_path, ANSWER)["PATH"])
    file = book(tmp_path, 'inventory = "hosts.ini"')
    assert main(["check", file]) == 1
    said = capsys.readouterr().out
    assert f"{file}: error: the target web: the inventory says `ansible_become`" in said
    assert 'ignore_vars = ["ansible_become"]' in said
    assert main(["check", file, "--format", "json"]) == 1
    (item,) = json.loads(capsys.readouterr().out)
    assert item["severity"] == "error"
    more = 'inventory = "hosts.ini"\nignore_vars = ["ansible_become"]'
    assert main(["check", book(tmp_path, more)]) == 0


def test_an_inventory_that_is_a_program_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", put_answer(tmp_path, ANSWER)["PATH"])
    (tmp_path / "hosts.ini").chmod(0o755)
    assert main(["check", book(tmp_path, 'inventory = "hosts.ini"')]) == 0


def test_a_configuration_for_ssh_that_is_not_there_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = book(tmp_path, 'ssh_config = "team.conf"')
    assert main(["check", file]) == 1
    assert "`ssh_config`: team.conf: No such file" in capsys.readouterr().out
    (tmp_path / "team.conf").write_text("Host *\n  ProxyJump bastion\n")
    assert main(["check", file]) == 0
