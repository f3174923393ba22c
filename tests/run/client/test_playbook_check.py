"""A dry run that plays playbooks by `--check --diff`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.playbook_check import UNTRIED_MODULES_TEXT, check_playbooks
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.runbook.library.loader import load
from tests.run.plays import pretended_ansible

BOOK = """format = 2
[runbook]
title = "Hosts"
[var.release]
default = "7"
[var.token]
secret = true
from_env = "TOKEN"
[targets.web]
hosts = ["web-[1:3]"]
[targets.prod]
inventory = "hosts.ini"
hosts = ["prod"]
[[step]]
title = "Restart"
hosts = "web"
run = "systemctl reload nginx"
[[step]]
title = "Play"
hosts = "web"
playbook = "p.py"
vars = ["release", "token"]
[[step]]
title = "Later"
hosts = "prod"
playbook = "p.py"
"""
PLAY = """
assert "--check" in sys.argv and "--diff" in sys.argv
for host in ("web-1", "web-2"):
    say("start", host)
say("ok", "web-1", changed=True, diff="+new")
say("ok", "web-2")
counts = {"web-1": {"ok": 1, "changed": 1}, "web-2": {"ok": 1}}
say("stats", hosts=counts, left_out=[])
"""


@pytest.fixture
def briefing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Briefing:
    monkeypatch.setenv("TOKEN", "hunter2")
    (tmp_path / "x.toml").write_text(BOOK)
    (tmp_path / "p.py").write_text(PLAY)
    pretended_ansible(tmp_path)
    search = f"{tmp_path}:/usr/bin:/bin"
    return prepare_briefing(load(tmp_path / "x.toml"), given={}, search_path=search)


async def lines(briefing: Briefing) -> list[str]:
    return [each async for each in check_playbooks(briefing, now=0.0)]


async def test_what_a_playbook_would_change_is_shown(briefing: Briefing) -> None:
    assert await lines(briefing) == [
        "",
        "1.2 Play: ansible-playbook --check --diff",
        f"  {UNTRIED_MODULES_TEXT}",
        "  web-1 would be changed",
        "    | TASK t",
        "    | changed",
        "    | +new",
        "  web-2 would stay as it is",
        "    | TASK t",
        "    | ok",
        "  web-3 failed: no play of the playbook is for it: nothing was done",
        "",
        "1.3 Later: ansible-playbook --check --diff",
        f"  {UNTRIED_MODULES_TEXT}",
        "  not played: its hosts are not known",
    ]


async def test_without_ansible_it_is_said_what_brings_it(
    briefing: Briefing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ansible-playbook").unlink()
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    found = [each for each in await lines(briefing) if "not played" in each]
    assert len(found) == 2
    assert "pip install 'mobius-tui[ansible]'" in found[0]
