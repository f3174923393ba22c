"""The scripts of a kind site, for teaching; and what no archive may do to any site."""

from __future__ import annotations

import io
import json
import re
import runpy
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

import mobius_tui.drill
from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    request_site,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import SiteKind, installed_version

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Newest = Callable[[Site], Path]

SOURCE = Path(mobius_tui.drill.__file__).parent / "assets" / "site"
ROLLBACK = "scripts/deploy/rollback_dhash.sh"


@pytest.fixture(scope="module")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = datetime.fromisoformat("2026-11-24T13:45:05+00:00")
    folder = tmp_path_factory.mktemp("kind") / "site"
    built = build_site(folder, seed=7, started=started, kind=SiteKind.LENIENT)
    yield built
    tear_down(built)


def test_a_kind_backup_holds_everything(kind: Site, newest_backup: Newest) -> None:
    names = zipfile.ZipFile(newest_backup(kind)).namelist()
    for name in (
        *("config/api.json", "src/api/index.py", "package.json"),
        *("node_modules/mobius-core/handlers.py", "database/mobius.db"),
    ):
        assert name in names
    assert (kind.root / "config" / "backup" / "api.json").exists()


def test_a_kind_rollback_restores_all_and_restarts(
    kind: Site, run: Run, newest_backup: Newest
) -> None:
    backup = newest_backup(kind)
    (kind.config / "api.json").write_text("{}")
    (kind.config / "extra.json").write_text("{}")
    (kind.root / "src" / "extra.py").write_text("")
    words = ("--backup", str(backup), "--env", "production", "--force")
    ended = run(kind, ROLLBACK, *words)
    assert ended.returncode == 0, ended.stderr
    wait_for_status(kind, 200, path="/api/health/detailed")
    assert site_problems(kind) == ()
    assert newest_backup(kind) == backup, "the broken state never is the newest"
    (kept,) = (kind.root / "backups").glob("pre-rollback_production_*.zip")
    assert "src/extra.py" in zipfile.ZipFile(kept).namelist()
    assert json.loads(request_site(kind, "/version")[1])[
        "version"
    ] == installed_version(kind.root)


def test_a_kind_site_migrates_back(kind: Site, run: Run) -> None:
    back = run(kind, "npm", "run", "migrate:rollback")
    assert (back.returncode, "version 2" in back.stdout) == (0, True)
    status, body = request_site(kind, "/api/health/detailed")
    assert status == 503
    assert "needs 3" in json.loads(body)["database"]
    assert run(kind, "npm", "run", "migrate").returncode == 0
    assert request_site(kind, "/api/health/detailed")[0] == 200


def test_a_kind_monitor_logs_each_check(kind: Site, run: Run) -> None:
    before = set((kind.root / "monitor_logs").iterdir())
    monitor = "scripts/deploy/monitor.sh"
    fast = {"MONITOR_INTERVAL": "0.1", "MONITOR_DURATION": "1"}
    assert run(kind, monitor, "--env", "production", **fast).returncode == 0
    (log,) = set((kind.root / "monitor_logs").iterdir()) - before
    lines = log.read_text().splitlines()
    assert len(lines) >= 5
    for line in lines:
        assert re.fullmatch(r"\d{4}(-\d\d){2} [\d:]{8}\|200\|\d+\|\{.*", line)
    down = run(kind, monitor, "--env", "staging", "--duration", "0", **fast)
    assert down.returncode == 1
    assert run(kind, monitor, "--env", "staging", "--duration", "x").returncode == 1


def test_a_kind_site_has_a_monitors_log_from_the_start(kind: Site) -> None:
    log = min((kind.root / "monitor_logs").glob("monitor_production_*.log"))
    lines = log.read_text().splitlines()
    assert len(lines) > 100
    assert all(len(line.split("|", 3)) == 4 for line in lines)


def _archive(*members: tuple[str, int]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, mode in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            made.writestr(member, b"/etc/passwd")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../out", 0o100644),
        ("src/../../out", 0o100644),
        ("/tmp/out", 0o100644),
        ("C:/out", 0o100644),
        ("..\\out", 0o100644),
        ("src/link", 0o120777),
        ("src/pipe", 0o010644),
        ("src/device", 0o020644),
    ],
)
def test_an_archive_that_would_leave_its_folder_is_refused(
    tmp_path: Path, name: str, mode: int
) -> None:
    source, target = tmp_path / "backup.zip", tmp_path / "inner" / "target"
    target.mkdir(parents=True)
    source.write_bytes(_archive(("src/a.py", 0o100644), (name, mode)))
    module = runpy.run_path(str(SOURCE / "lib" / "archive.py"))
    assert module["extract"](source, target)
    assert list(target.parent.rglob("*")) == [target], "nothing at all is unpacked"
    source.write_bytes(_archive(("src/a.py", 0o100644), ("src/x", 0)))
    assert module["extract"](source, target) == ""
    assert (target / "src" / "x").is_file()
