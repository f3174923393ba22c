from __future__ import annotations

import io
import os
import re
import runpy
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mobius_tui.drill
from mobius_tui.drill.site import Site, ask, await_answer

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Newest = Callable[[Site], Path]

SOURCE = Path(mobius_tui.drill.__file__).parent / "assets" / "site"
ROLLBACK = "scripts/deploy/rollback_dhash.sh"


def rollbacks(site: Site) -> int:
    log = site.root / "run" / "rollbacks.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def spare(site: Site, newest_backup: Newest, tmp_path: Path) -> Path:
    """A copy of the newest backup, to be spoilt."""
    copy = tmp_path / "spare.zip"
    copy.write_bytes(newest_backup(site).read_bytes())
    Path(f"{copy}.sha256").write_bytes(
        Path(f"{newest_backup(site)}.sha256").read_bytes()
    )
    return copy


@pytest.fixture
def _untouched(site: Site) -> Iterator[None]:
    """Whatever the test does, the services go on."""
    marks = sorted((site.root / "run").glob("*.pid"))
    before = [mark.read_text() for mark in marks]
    yield
    assert [mark.read_text() for mark in marks] == before
    assert ask(site, "/health")[0] == 200


@pytest.mark.usefixtures("_untouched")
def test_a_relative_path_fails(site: Site, run: Run, newest_backup: Newest) -> None:
    relative = newest_backup(site).relative_to(site.root)
    count = rollbacks(site)
    words = ("--backup", str(relative), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    assert ended.returncode == 9
    assert "absolute path" in ended.stderr
    assert rollbacks(site) == count + 1


@pytest.mark.usefixtures("_untouched")
@pytest.mark.parametrize("spoil", ["content", "no sum", "empty sum"])
def test_an_unverifiable_backup_is_refused(
    site: Site, run: Run, spare: Path, spoil: str
) -> None:
    if spoil == "content":
        data = bytearray(spare.read_bytes())
        data[len(data) // 2] ^= 1
        spare.write_bytes(data)
    elif spoil == "no sum":
        Path(f"{spare}.sha256").unlink()
    else:
        Path(f"{spare}.sha256").write_text("")
    words = ("--backup", str(spare), "--env", "production", "--force")
    ended = run(site, ROLLBACK, *words)
    assert ended.returncode == 3
    assert "can't be verified" in ended.stderr


@pytest.mark.usefixtures("_untouched")
@pytest.mark.parametrize(
    "words",
    [
        ("--env", "production"),
        ("--env", "staging", "--force"),
        ("--env", "nowhere", "--force"),
        ("--env", "backup", "--force"),
        ("--force",),
        ("--env",),
        ("--env", "production", "--faster"),
    ],
)
def test_a_rollback_that_is_not_meant_is_refused(
    site: Site, run: Run, spare: Path, words: tuple[str, ...]
) -> None:
    ended = run(site, ROLLBACK, "--backup", str(spare), *words)
    assert ended.returncode == 2
    assert "usage" in ended.stderr


def test_a_rollback_restores_and_keeps_what_was_there(
    site: Site, run: Run, newest_backup: Newest
) -> None:
    (site.root / "config" / "production" / "api.json").write_text("{}")
    (site.root / "config" / "production" / "extra.json").write_text("{}")
    (site.root / "app" / "extra.py").write_text("")
    backup = newest_backup(site)
    words = ("--backup", str(backup), "--env", "production", "--force")
    # The real tools of the machine, were they found, would act on the machine.
    ended = run(site, ROLLBACK, *words, PATH=os.environ["PATH"])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.match(r"\[\d\d:\d\d:\d\d\] Rollback of production", ended.stdout)
    assert "] Verifying backup integrity..." in ended.stdout
    await_answer(site, 200, path="/api/health/detailed")
    assert not (site.root / "config" / "production" / "extra.json").exists()
    assert not (site.root / "app" / "extra.py").exists()
    kept = list((site.root / "backups").glob("pre-rollback_production_*.zip"))
    assert len(kept) == 1
    assert "app/extra.py" in zipfile.ZipFile(kept[0]).namelist()
    assert newest_backup(site) == backup, "a broken state must never be the newest"
    assert not list((site.root / "run").glob("rollback.*"))


def test_smoke_tests_tell_the_truth(site: Site, run: Run) -> None:
    smoke = "scripts/deploy/smoke_tests.sh"
    full = run(site, smoke, "--env", "production")
    assert (full.returncode, full.stdout.count("PASS")) == (0, 6)
    quick = run(site, smoke, "--env", "production", "--quick")
    assert (quick.returncode, quick.stdout.count("PASS")) == (0, 2)
    nobody = run(site, smoke, "--env", "staging", "--quick")
    assert (nobody.returncode, nobody.stdout.count("FAIL")) == (1, 2)
    assert run(site, smoke).returncode == 2


def test_a_backup_holds_everything(site: Site, run: Run) -> None:
    stamp = "20200102_030405"
    made = run(site, "scripts/deploy/backup.sh", "--env", "staging", MOBIUS_STAMP=stamp)
    assert made.returncode == 0
    backup = site.root / "backups" / f"dhash_staging_{stamp}.zip"
    names = zipfile.ZipFile(backup).namelist()
    for name in (
        "config/staging/api.json",
        "config/backup/api.json",
        "app/mobius/api.py",
        "app/VERSION",
        "database/mobius.db",
        "metadata.json",
    ):
        assert name in names
    checked = subprocess.run(
        ("sha256sum", "-c", f"{backup.name}.sha256"),
        cwd=backup.parent,
        capture_output=True,
    )
    assert checked.returncode == 0


def test_the_monitor_logs_each_check(site: Site, run: Run) -> None:
    before = set((site.root / "monitor_logs").iterdir())
    monitor = "scripts/deploy/monitor.sh"
    fast = {"MONITOR_INTERVAL": "0.1", "MONITOR_DURATION": "1"}
    assert run(site, monitor, "--env", "production", **fast).returncode == 0
    (log,) = set((site.root / "monitor_logs").iterdir()) - before
    lines = log.read_text().splitlines()
    assert len(lines) >= 5
    for line in lines:
        assert re.fullmatch(r"[\dT:-]+Z\|200\|\d+\|\{.*", line)
    down = run(site, monitor, "--env", "staging", "--duration", "0", **fast)
    assert down.returncode == 1
    assert run(site, monitor, "--env", "staging", "--duration", "x").returncode == 2


def test_there_is_a_monitor_log_from_the_start(site: Site) -> None:
    log = min((site.root / "monitor_logs").glob("monitor_production_*.log"))
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
        ("app/../../out", 0o100644),
        ("/tmp/out", 0o100644),
        ("C:/out", 0o100644),
        ("..\\out", 0o100644),
        ("app/link", 0o120777),
        ("app/pipe", 0o010644),
        ("app/device", 0o020644),
    ],
)
def test_an_archive_that_would_leave_its_folder_is_refused(
    tmp_path: Path, name: str, mode: int
) -> None:
    source, target = tmp_path / "backup.zip", tmp_path / "inner" / "target"
    target.mkdir(parents=True)
    source.write_bytes(_archive(("app/VERSION", 0o100644), (name, mode)))
    module = runpy.run_path(str(SOURCE / "lib" / "archive.py"))
    assert module["extract"](source, target)
    assert list(target.parent.rglob("*")) == [target], "nothing at all is unpacked"
    source.write_bytes(_archive(("app/VERSION", 0o100644), ("app/x", 0)))
    assert module["extract"](source, target) == ""
    assert (target / "app" / "x").is_file()
