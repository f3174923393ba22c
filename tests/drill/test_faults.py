from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site import Site, ask

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Newest = Callable[[Site], Path]


def test_every_fault_has_its_name_and_answers() -> None:
    assert "bad-release" in FAULTS
    for name, fault in FAULTS.items():
        assert fault.name == name
        answers = tomllib.loads(fault.answers.read_text())
        for value in answers.values():
            values = value if isinstance(value, list) else [value]
            assert all(isinstance(each, str) and each for each in values)


def test_bad_release_breaks_and_a_rollback_repairs(
    site: Site, run: Run, newest_backup: Newest
) -> None:
    good = json.loads(ask(site, "/version")[1])["version"]
    FAULTS["bad-release"].inject(site)
    for path in ("/health", "/version", "/api/version", "/api/health/detailed", "/"):
        assert ask(site, path)[0] == 500
    log = run(site, "journalctl", "-u", "mobius-api", "-n", "50").stdout
    assert "KeyError: 'session_store'" in log
    smoke = ("scripts/deploy/smoke_tests.sh", "--env", "production", "--quick")
    assert run(site, *smoke).returncode == 1
    backup = str(newest_backup(site))
    words = ("--backup", backup, "--env", "production", "--force")
    ended = run(site, "scripts/deploy/rollback_dhash.sh", *words)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    status, body = ask(site, "/health")
    assert status == 200
    assert json.loads(body)["version"] == good
    assert run(site, *smoke).returncode == 0
